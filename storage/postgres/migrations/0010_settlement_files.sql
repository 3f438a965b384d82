-- Processors' settlement files. A file is staged line by line, in transactions of their own, and counts only once it is imported as a whole.
CREATE TABLE settlement_files (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    gateway     text COLLATE "C" NOT NULL,
    name        text COLLATE "C" NOT NULL,
    format      text NOT NULL,
    digest      bytea NOT NULL CHECK (length(digest) = 32),
    begun_at    timestamptz NOT NULL,
    begun_by    text NOT NULL,
    lines       integer CHECK (lines >= 0),
    imported_at timestamptz,
    UNIQUE (gateway, name),
    UNIQUE (gateway, digest),
    CHECK ((lines IS NULL) = (imported_at IS NULL))
);
COMMENT ON COLUMN settlement_files.digest IS 'SHA-256 of the file: a name is given to one content, and a content to one name, once.';
COMMENT ON COLUMN settlement_files.imported_at IS 'Null while it is staged: then it does not count, and whoever imports it anew removes it.';

CREATE TRIGGER settlement_files_guard BEFORE UPDATE ON settlement_files FOR EACH ROW
    WHEN (old.imported_at IS NOT NULL OR new.gateway <> old.gateway OR new.name <> old.name OR new.format <> old.format OR new.digest <> old.digest)
    EXECUTE FUNCTION refuse('a change of an imported file');
CREATE TRIGGER settlement_files_stay BEFORE DELETE ON settlement_files FOR EACH ROW WHEN (old.imported_at IS NOT NULL)
    EXECUTE FUNCTION refuse('a change of history');
CREATE TRIGGER history BEFORE TRUNCATE ON settlement_files FOR EACH STATEMENT EXECUTE FUNCTION refuse('a change of history');

CREATE TABLE settlement_lines (
    file                bigint NOT NULL REFERENCES settlement_files ON DELETE CASCADE,
    line                integer NOT NULL CHECK (line > 1),
    line_id             text COLLATE "C" NOT NULL,
    kind                text NOT NULL CHECK (kind IN ('capture', 'refund', 'refund_failure', 'dispute', 'dispute_reversal', 'fee', 'payout', 'unknown')),
    type                text NOT NULL,
    at                  timestamptz NOT NULL,
    currency            text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    gross               bigint NOT NULL,
    fee                 bigint NOT NULL,
    presented_currency  text NOT NULL CHECK (presented_currency ~ '^[A-Z]{3}$'),
    presented           bigint NOT NULL,
    reference           text,
    processor_reference text,
    batch               text,
    PRIMARY KEY (file, line)
);
COMMENT ON COLUMN settlement_lines.gross IS 'Minor units of the currency in which the processor settles, + is more for us; fee: + is a cost.';

-- Lines are added while their file is staged, and vanish only with a file that was never imported.
CREATE FUNCTION check_staged() RETURNS trigger LANGUAGE plpgsql SET search_path = payments AS $$
BEGIN
    -- Shared, which the update that imports the file waits for; the foreign key's own lock would let it pass.
    PERFORM FROM settlement_files WHERE id IN (SELECT DISTINCT file FROM added) ORDER BY id FOR SHARE;
    IF EXISTS (SELECT FROM settlement_files WHERE id IN (SELECT DISTINCT file FROM added) AND imported_at IS NOT NULL) THEN
        RAISE EXCEPTION 'the file is imported already' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER lines_of_staged_files AFTER INSERT ON settlement_lines REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION check_staged();
CREATE TRIGGER history BEFORE UPDATE OR TRUNCATE ON settlement_lines FOR EACH STATEMENT EXECUTE FUNCTION refuse('a change of history');

GRANT SELECT, INSERT, DELETE ON settlement_files TO payments_app;
GRANT UPDATE (lines, imported_at) ON settlement_files TO payments_app;
GRANT SELECT, INSERT ON settlement_lines TO payments_app;
