-- What signs the cursors of lists, the same on every node: 32 bytes from three random ids, made once.
CREATE TABLE platform (
    is_the_one    boolean PRIMARY KEY DEFAULT true CHECK (is_the_one),
    cursor_secret bytea NOT NULL CHECK (length(cursor_secret) = 32)
);
INSERT INTO platform (cursor_secret)
    VALUES (sha256(uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid())));
GRANT SELECT ON platform TO payments_app;
