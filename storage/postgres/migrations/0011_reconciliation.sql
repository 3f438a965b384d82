-- When an entry's event happened, where that is not when it was posted: what comes after its month was closed, and what processors settled.
ALTER TABLE journal_entries ADD COLUMN effective_at timestamptz;
COMMENT ON COLUMN journal_entries.effective_at IS 'Null: when it was posted.';

-- A file is matched page by page, in the order of import, and posted once all of it is.
DROP TRIGGER settlement_files_guard ON settlement_files;
ALTER TABLE settlement_files
    ADD COLUMN covers_until timestamptz,
    ADD COLUMN matched_through integer NOT NULL DEFAULT 0,
    ADD COLUMN matched_at timestamptz,
    ADD COLUMN reconciled_at timestamptz,
    ADD CONSTRAINT matched_once_imported CHECK (imported_at IS NOT NULL OR (matched_through = 0 AND matched_at IS NULL)),
    ADD CONSTRAINT reconciled_once_matched CHECK (matched_at IS NOT NULL OR reconciled_at IS NULL);
COMMENT ON COLUMN settlement_files.covers_until IS 'Until then the processor''s files are complete: what was booked before and none tells of is missing there.';
COMMENT ON COLUMN settlement_files.matched_through IS 'The last line that is matched.';
COMMENT ON COLUMN settlement_files.reconciled_at IS 'When its entries were posted, and what it leaves missing was found.';
CREATE TRIGGER settlement_files_guard BEFORE UPDATE ON settlement_files FOR EACH ROW
    WHEN (new.gateway <> old.gateway OR new.name <> old.name OR new.format <> old.format OR new.digest <> old.digest
        OR (old.imported_at IS NOT NULL AND (new.lines <> old.lines OR new.imported_at <> old.imported_at))
        OR (old.covers_until IS NOT NULL AND new.covers_until <> old.covers_until) OR new.matched_through < old.matched_through
        OR (old.matched_at IS NOT NULL AND (new.matched_at <> old.matched_at OR new.matched_through <> old.matched_through))
        OR (old.reconciled_at IS NOT NULL AND new.reconciled_at <> old.reconciled_at))
    EXECUTE FUNCTION refuse('a change of an imported file');
CREATE INDEX settlement_files_open ON settlement_files (gateway, id) WHERE imported_at IS NOT NULL AND reconciled_at IS NULL;
CREATE INDEX settlement_lines_by_id ON settlement_lines (line_id);

-- What a line was judged to be, and what it is posted as: minor units, debit +. A line that was a break is judged once more when what it is about
-- comes to be known.
CREATE TABLE settlement_matches (
    file               bigint NOT NULL,
    line               integer NOT NULL,
    round              smallint NOT NULL CHECK (round IN (1, 2)),
    operation_id       uuid,
    accounts_for       boolean NOT NULL,
    is_paid            boolean NOT NULL,
    presented_currency text NOT NULL,
    receivable         bigint NOT NULL,
    suspense_presented bigint NOT NULL,
    fx_presented       bigint NOT NULL,
    currency           text NOT NULL,
    fx                 bigint NOT NULL,
    fees               bigint NOT NULL,
    suspense           bigint NOT NULL,
    in_transit         bigint NOT NULL,
    bank               bigint NOT NULL,
    PRIMARY KEY (file, line, round),
    FOREIGN KEY (file, line) REFERENCES settlement_lines,
    CHECK (receivable + suspense_presented + fx_presented = 0),
    CHECK (fx + fees + suspense + in_transit + bank = 0),
    CHECK (NOT accounts_for OR operation_id IS NOT NULL)
);
COMMENT ON COLUMN settlement_matches.is_paid IS 'It moved what it tells of to the bank.';
-- An operation is settled once, whatever files say.
CREATE UNIQUE INDEX settlement_matches_accounts_for_key ON settlement_matches (operation_id) WHERE accounts_for;
CREATE TRIGGER history BEFORE UPDATE OR DELETE OR TRUNCATE ON settlement_matches FOR EACH STATEMENT EXECUTE FUNCTION refuse('a change of history');

CREATE TABLE reconciliation_breaks (
    id           uuid PRIMARY KEY,
    gateway      text COLLATE "C" NOT NULL,
    kind         text NOT NULL CHECK (kind IN ('missing_at_us', 'outcome_unknown', 'missing_at_processor', 'amount_differs', 'currency_differs', 'fee_differs',
        'duplicate', 'wrong_period', 'unknown_type', 'ledger_differs')),
    file         bigint,
    line         integer,
    operation_id uuid,
    at           timestamptz NOT NULL,
    currency     text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    amount       bigint NOT NULL,
    opened_at    timestamptz NOT NULL,
    owner        text,
    FOREIGN KEY (file, line) REFERENCES settlement_lines,
    UNIQUE (file, line, kind),
    CHECK ((kind = 'missing_at_processor') = (file IS NULL) AND (file IS NULL) = (line IS NULL)),
    CHECK (kind <> 'missing_at_processor' OR operation_id IS NOT NULL)
);
COMMENT ON COLUMN reconciliation_breaks.at IS 'When it happened: at the processor, or here for what is missing there.';
COMMENT ON COLUMN reconciliation_breaks.amount IS 'Minor units of what waits in suspense, or for what is missing at the processor on the receivable; + is more than we can explain.';
CREATE INDEX reconciliation_breaks_newest ON reconciliation_breaks (opened_at, id);
CREATE INDEX reconciliation_breaks_of_operation ON reconciliation_breaks (operation_id) WHERE kind = 'missing_at_processor';
CREATE TRIGGER breaks_guard BEFORE UPDATE ON reconciliation_breaks FOR EACH ROW
    WHEN (row(new.id, new.gateway, new.kind, new.file, new.line, new.operation_id, new.at, new.currency, new.amount, new.opened_at)
        IS DISTINCT FROM row(old.id, old.gateway, old.kind, old.file, old.line, old.operation_id, old.at, old.currency, old.amount, old.opened_at))
    EXECUTE FUNCTION refuse('a change of a break');
CREATE TRIGGER history BEFORE DELETE OR TRUNCATE ON reconciliation_breaks FOR EACH STATEMENT EXECUTE FUNCTION refuse('a change of history');

-- How breaks ended: who, why, and what was posted. The row is the decision; its entry follows, until it is posted.
CREATE TABLE break_resolutions (
    break_id    uuid PRIMARY KEY REFERENCES reconciliation_breaks,
    resolution  text NOT NULL CHECK (resolution IN ('matched', 'receivable', 'fees', 'write_off', 'accepted')),
    reason      text NOT NULL CHECK (length(reason) > 0),
    resolved_by text NOT NULL,
    resolved_at timestamptz NOT NULL,
    posts       boolean NOT NULL,
    posted_at   timestamptz,
    CHECK (posts OR posted_at IS NULL),
    CHECK (resolution <> 'accepted' OR NOT posts)
);
CREATE INDEX break_resolutions_unposted ON break_resolutions (break_id) WHERE posts AND posted_at IS NULL;
CREATE TRIGGER resolutions_guard BEFORE UPDATE ON break_resolutions FOR EACH ROW
    WHEN (row(new.break_id, new.resolution, new.reason, new.resolved_by, new.resolved_at, new.posts)
        IS DISTINCT FROM row(old.break_id, old.resolution, old.reason, old.resolved_by, old.resolved_at, old.posts) OR old.posted_at IS NOT NULL)
    EXECUTE FUNCTION refuse('a change of history');
CREATE TRIGGER history BEFORE DELETE OR TRUNCATE ON break_resolutions FOR EACH STATEMENT EXECUTE FUNCTION refuse('a change of history');

-- What processors may keep of a charge, by contract: basis points of what was settled, and a fixed part in minor units.
CREATE TABLE processor_terms (
    gateway      text COLLATE "C" NOT NULL,
    currency     text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    basis_points integer NOT NULL CHECK (basis_points BETWEEN 0 AND 10000),
    fixed        bigint NOT NULL CHECK (fixed >= 0),
    PRIMARY KEY (gateway, currency)
);

-- Lines that do not name our operation are found by the processor's own id of it.
CREATE INDEX operations_settled_by_reference ON operations (processor_reference) WHERE kind IN ('capture', 'refund') AND processor_reference IS NOT NULL;
CREATE INDEX operations_disputes ON operations (created_at) WHERE kind IN ('dispute', 'dispute_won');

GRANT UPDATE (covers_until, matched_through, matched_at, reconciled_at) ON settlement_files TO payments_app;
GRANT SELECT, INSERT ON settlement_matches, reconciliation_breaks, break_resolutions TO payments_app;
GRANT UPDATE (owner) ON reconciliation_breaks TO payments_app;
GRANT UPDATE (posted_at) ON break_resolutions TO payments_app;
GRANT SELECT, INSERT, UPDATE ON processor_terms TO payments_app;
