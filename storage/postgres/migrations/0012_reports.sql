-- Reports: jobs that write a file. The file is kept in pieces, so that any node can serve it and none has to hold it.
CREATE TABLE reports (
    id             uuid PRIMARY KEY,
    merchant_id    text COLLATE "C" REFERENCES merchants,
    request        text NOT NULL,
    type           text NOT NULL,
    from_at        timestamptz,
    to_at          timestamptz,
    as_of          timestamptz NOT NULL,
    currency       text CHECK (currency ~ '^[A-Z]{3}$'),
    account        text,
    columns        text[] NOT NULL,
    format         text NOT NULL CHECK (format IN ('csv', 'json', 'ndjson')),
    status         text NOT NULL CHECK (status IN ('pending', 'running', 'succeeded', 'failed', 'canceled', 'deleted')),
    attempt        integer NOT NULL CHECK (attempt >= 0),
    progress       integer NOT NULL CHECK (progress BETWEEN 0 AND 100),
    rows           bigint CHECK (rows >= 0),
    bytes          bigint CHECK (bytes >= 0),
    digest         bytea CHECK (length(digest) = 32),
    code           text,
    created_at     timestamptz NOT NULL,
    finished_at    timestamptz,
    next_action_at timestamptz,
    CHECK ((status = 'failed') = (code IS NOT NULL)),
    CHECK ((status IN ('pending', 'running')) = (finished_at IS NULL)),
    CHECK ((status IN ('succeeded', 'deleted')) = (digest IS NOT NULL)),
    CHECK ((digest IS NULL) = (rows IS NULL) AND (digest IS NULL) = (bytes IS NULL)),
    CHECK ((status IN ('succeeded', 'deleted')) = (progress = 100)),
    -- What is open, and a file that is kept, is looked at again: the one to be written, the other to be deleted.
    CHECK ((status IN ('pending', 'running', 'succeeded')) = (next_action_at IS NOT NULL))
) WITH (fillfactor = 80);
COMMENT ON COLUMN reports.merchant_id IS 'Null: of the whole platform, an operator''s.';
COMMENT ON COLUMN reports.as_of IS 'The last instant that it tells of: the books were fixed there when it was asked for.';
COMMENT ON COLUMN reports.digest IS 'SHA-256 of the file.';
CREATE INDEX reports_due ON reports (next_action_at) WHERE next_action_at IS NOT NULL;
CREATE INDEX reports_newest ON reports (merchant_id, created_at DESC, id DESC);

CREATE TRIGGER reports_guard BEFORE UPDATE ON reports FOR EACH ROW
    WHEN (NOT CASE old.status
            WHEN 'pending' THEN new.status IN ('running', 'failed', 'canceled')
            WHEN 'running' THEN new.status IN ('running', 'succeeded', 'failed', 'canceled')
            WHEN 'succeeded' THEN new.status = 'deleted'
            ELSE false END
        OR new.attempt < old.attempt OR new.id <> old.id OR new.merchant_id IS DISTINCT FROM old.merchant_id OR new.request <> old.request
        OR (old.digest IS NOT NULL AND (new.digest <> old.digest OR new.rows <> old.rows OR new.bytes <> old.bytes)))
    EXECUTE FUNCTION refuse('a change that no report makes');
CREATE TRIGGER history BEFORE DELETE OR TRUNCATE ON reports FOR EACH STATEMENT EXECUTE FUNCTION refuse('a change of history');

CREATE TABLE report_chunks (
    report_id uuid NOT NULL REFERENCES reports,
    attempt   integer NOT NULL,
    n         integer NOT NULL CHECK (n >= 0),
    data      bytea NOT NULL CHECK (length(data) BETWEEN 1 AND 1048576),
    PRIMARY KEY (report_id, attempt, n)
);

-- A piece is written only by the attempt that runs, and a file that is there loses none.
CREATE FUNCTION check_report_chunk() RETURNS trigger LANGUAGE plpgsql SET search_path = payments AS $$
BEGIN
    IF TG_OP = 'INSERT' AND NOT EXISTS (SELECT FROM reports WHERE id = new.report_id AND status = 'running' AND attempt = new.attempt) THEN
        RAISE EXCEPTION 'the report is not being written by this attempt' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    IF TG_OP = 'DELETE' AND EXISTS (SELECT FROM reports WHERE id = old.report_id AND status = 'succeeded' AND attempt = old.attempt) THEN
        RAISE EXCEPTION 'the report''s file is there' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN CASE WHEN TG_OP = 'INSERT' THEN new ELSE old END;
END $$;
CREATE TRIGGER chunks_of_reports BEFORE INSERT OR DELETE ON report_chunks FOR EACH ROW EXECUTE FUNCTION check_report_chunk();
CREATE TRIGGER history BEFORE UPDATE OR TRUNCATE ON report_chunks FOR EACH STATEMENT EXECUTE FUNCTION refuse('a change of a report''s file');

GRANT SELECT, INSERT ON reports TO payments_app;
GRANT UPDATE (status, attempt, progress, rows, bytes, digest, code, finished_at, next_action_at) ON reports TO payments_app;
GRANT SELECT, INSERT, DELETE ON report_chunks TO payments_app;
