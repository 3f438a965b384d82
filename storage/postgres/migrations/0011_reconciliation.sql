-- When an entry's event happened, where that is not when it was posted: what comes after its month was closed, and what processors settled.
ALTER TABLE journal_entries ADD COLUMN effective_at timestamptz;
COMMENT ON COLUMN journal_entries.effective_at IS 'Null: when it was posted.';
