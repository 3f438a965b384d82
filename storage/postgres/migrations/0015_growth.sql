-- What keeps the cost of a question the same whatever the history.

-- Payments that did not end well are few among many; so are those of one amount. Open ones are found by the index of due ones.
CREATE INDEX payments_by_status ON payments (merchant_id, status, created_at DESC, id DESC) WHERE status NOT IN ('processing', 'requires_action', 'succeeded');
CREATE INDEX payments_by_amount ON payments (merchant_id, amount, created_at DESC, id DESC) WHERE created_at > 'epoch';

-- Payouts among all entries.
CREATE INDEX journal_entries_payouts ON journal_entries (merchant_id, posted_at) WHERE kind = 'payout';

-- A break is open until it has a resolution. Open ones are few among all that ever were.
ALTER TABLE reconciliation_breaks ADD COLUMN is_open boolean NOT NULL DEFAULT true;
UPDATE reconciliation_breaks b SET is_open = false FROM break_resolutions r WHERE r.break_id = b.id;
CREATE INDEX reconciliation_breaks_open ON reconciliation_breaks (opened_at, id) WHERE is_open;
CREATE FUNCTION end_break() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = payments AS $$
BEGIN
    UPDATE reconciliation_breaks SET is_open = false WHERE id = new.break_id;
    RETURN NULL;
END $$;
CREATE TRIGGER resolutions_end_breaks AFTER INSERT ON break_resolutions FOR EACH ROW EXECUTE FUNCTION end_break();
