-- Entries that merchants' own services post between the merchants' own accounts, and their reversals.
CREATE TABLE own_entries (
    entry_id    uuid PRIMARY KEY,
    merchant_id text COLLATE "C" NOT NULL REFERENCES merchants,
    fingerprint text NOT NULL,
    description text,
    metadata    jsonb,
    reverses    uuid CHECK (reverses <> entry_id),
    CONSTRAINT own_entries_reverses_key UNIQUE (reverses)
);
CREATE TRIGGER history BEFORE UPDATE OR DELETE OR TRUNCATE ON own_entries FOR EACH STATEMENT EXECUTE FUNCTION refuse('a change of history');

-- Through the nodes, only minimums of merchants' own accounts are set.
DROP TRIGGER accounts_guard ON accounts;
CREATE TRIGGER accounts_guard BEFORE UPDATE ON accounts FOR EACH ROW
    WHEN (new.id <> old.id OR new.seq < old.seq OR new.last_posted_at < old.last_posted_at OR (new.balance <> old.balance AND new.seq = old.seq)
        OR (new.minimum IS DISTINCT FROM old.minimum AND split_part(old.id, ':', 3) NOT IN ('assets', 'liabilities') AND current_user = 'payments_app'))
    EXECUTE FUNCTION refuse('a change of a balance without a posting, or of a limit that is not its merchant''s to set');

GRANT SELECT, INSERT ON own_entries TO payments_app;
GRANT UPDATE (minimum) ON accounts TO payments_app;
