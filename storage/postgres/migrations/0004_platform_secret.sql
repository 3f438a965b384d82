-- What signs the cursors of lists and turns operators' idempotency keys into ids, the same on every node: 32 bytes from three random
-- ids, made once and never changed.
CREATE TABLE platform (
    is_the_one boolean PRIMARY KEY DEFAULT true CHECK (is_the_one),
    secret     bytea NOT NULL CHECK (length(secret) = 32)
);
INSERT INTO platform (secret)
    VALUES (sha256(uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid())));
GRANT SELECT ON platform TO payments_app;
