-- What keeps the cost of a question the same whatever the history.

-- Payments that did not end well are few among many; so are those of one amount. Open ones are found by the index of due ones.
CREATE INDEX payments_by_status ON payments (merchant_id, status, created_at DESC, id DESC) WHERE status NOT IN ('processing', 'requires_action', 'succeeded');
CREATE INDEX payments_by_amount ON payments (merchant_id, amount, created_at DESC, id DESC) WHERE created_at > 'epoch';

-- Payouts, and entries of reconciliation, among all entries.
CREATE INDEX journal_entries_payouts ON journal_entries (merchant_id, posted_at) WHERE kind = 'payout';
CREATE INDEX journal_entries_of_reconciliation ON journal_entries (posted_at) WHERE kind IN ('settlement', 'break_resolution');

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

-- What only ever grows lies in months: postings, audit trails, events, and evidence as it came. Payments, operations and the ids of entries do not: a key is good
-- for ever. The month is the books', not a clock's: a batch writes into the month that the books are at, which it reads under their lock, and whoever turns to the
-- next month holds that lock alone. So everything of a month was written before everything of the next: along each writer's chain, each account, each payment and
-- each merchant. No row can have a time outside of the books' month, so there is no partition for such rows.
--
-- Unique keys must hold the time, and so hold only within a month. Across months numbers are held by the rows that a batch has locked and their guards (versions,
-- accounts' and merchants' numbers) and by check_postings; the audit counts them.
ALTER TABLE books ADD COLUMN month date NOT NULL DEFAULT '1970-01-01' CHECK (extract(day FROM month) = 1);
COMMENT ON COLUMN books.month IS 'The month (UTC) that is being written; 1970-01 before the first batch.';
DROP TRIGGER books_guard ON books;
UPDATE books SET month = coalesce(
    (SELECT date_trunc('month', greatest(
        max(sealed_at), (SELECT max(last_posted_at) FROM accounts), (SELECT fixed_until FROM books) + interval '1 microsecond') AT TIME ZONE 'UTC')::date FROM ledger_seals),
    '1970-01-01');
CREATE TRIGGER books_guard BEFORE UPDATE ON books FOR EACH ROW
    WHEN (new.fixed_until < old.fixed_until OR new.fixed_until > clock_timestamp() OR new.month < old.month OR new.month > clock_timestamp() AT TIME ZONE 'UTC')
    EXECUTE FUNCTION refuse('a fixed point or a month that goes back, or is not over');

ALTER TABLE postings RENAME TO postings_before;
CREATE TABLE postings (
    account_no    bigint NOT NULL,
    seq           bigint NOT NULL CHECK (seq > 0),
    entry_id      uuid NOT NULL,
    line          smallint NOT NULL,
    currency      text NOT NULL,
    amount        bigint NOT NULL CHECK (amount <> 0),
    balance_after bigint NOT NULL,
    posted_at     timestamptz NOT NULL,
    CONSTRAINT postings_key PRIMARY KEY (account_no, seq, posted_at)
) PARTITION BY RANGE (posted_at);
COMMENT ON COLUMN postings.posted_at IS 'Its entry''s.';

ALTER TABLE payment_audit RENAME TO payment_audit_before;
CREATE TABLE payment_audit (
    LIKE payment_audit_before, written_at timestamptz NOT NULL, CONSTRAINT payment_audit_key PRIMARY KEY (merchant_id, payment_id, version, written_at)
) PARTITION BY RANGE (written_at);
COMMENT ON COLUMN payment_audit.written_at IS 'Its batch''s sealed_at: a time in the month that the books were at.';

ALTER TABLE payout_audit RENAME TO payout_audit_before;
CREATE TABLE payout_audit (
    LIKE payout_audit_before INCLUDING COMMENTS, written_at timestamptz NOT NULL,
    CONSTRAINT payout_audit_key PRIMARY KEY (merchant_id, payout_id, version, written_at),
    FOREIGN KEY (decided_by) REFERENCES api_keys (id),
    CONSTRAINT decided_with_a_reason CHECK ((decided_by IS NULL) = (reason IS NULL))
) PARTITION BY RANGE (written_at);

ALTER TABLE events RENAME TO events_before;
CREATE TABLE events (
    LIKE events_before, written_at timestamptz NOT NULL,
    CONSTRAINT events_key PRIMARY KEY (merchant_id, seq, written_at), CONSTRAINT events_of_payment UNIQUE (merchant_id, payment_id, payment_seq, written_at)
) PARTITION BY RANGE (written_at);

-- The inbox remembers for ever what came, so that nothing is taken for new twice; how it was told is kept beside it.
CREATE TABLE evidence (
    source   text COLLATE "C" NOT NULL,
    event_id text COLLATE "C" NOT NULL,
    month    date NOT NULL,
    body     bytea,
    PRIMARY KEY (source, event_id, month)
) PARTITION BY RANGE (month);
COMMENT ON TABLE evidence IS 'What is in the inbox, as it came, signature checked. May hold personal data: it can be erased, and the digest in the inbox stays.';
ALTER TABLE inbox ADD COLUMN month date;
COMMENT ON COLUMN inbox.month IS 'Where its evidence lies.';

-- Makes a month's partitions. Each has guards of its own, for statements that name it and not its table; nobody but the owner has any right on it.
CREATE FUNCTION make_month(first date, from_bound text) RETURNS void LANGUAGE plpgsql SET search_path = payments, pg_temp SET timezone = 'UTC' AS $$
DECLARE
    parent text;
    part text;
BEGIN
    -- One at a time; a number that nobody else locks.
    PERFORM pg_advisory_xact_lock(7020105270815157109);
    FOREACH parent IN ARRAY ARRAY['postings', 'payment_audit', 'payout_audit', 'events', 'evidence'] LOOP
        part := parent || to_char(first, '_YYYY_MM');
        CONTINUE WHEN to_regclass(part) IS NOT NULL;
        EXECUTE format('CREATE TABLE %I (LIKE %I INCLUDING ALL)', part, parent);
        EXECUTE format('CREATE TRIGGER history BEFORE %s ON %I FOR EACH STATEMENT EXECUTE FUNCTION refuse(''a change of history'')',
            CASE parent WHEN 'evidence' THEN 'DELETE OR TRUNCATE' ELSE 'UPDATE OR DELETE OR TRUNCATE' END, part);
        EXECUTE format('ALTER TABLE %I ATTACH PARTITION %I FOR VALUES FROM (%s) TO (%L)', parent, part, from_bound, (first + interval '1 month')::date);
    END LOOP;
END $$;
REVOKE EXECUTE ON FUNCTION make_month FROM PUBLIC;

-- Turns the books to a month, or to the one that is by the database's clock where that is earlier; never back. The partitions are made first, before
-- anybody has to wait.
CREATE FUNCTION turn_books(to_month date) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = payments, pg_temp AS $$
DECLARE
    target date := date_trunc('month', least(to_month::timestamp, clock_timestamp() AT TIME ZONE 'UTC'));
BEGIN
    IF target > (SELECT month FROM books) THEN
        PERFORM make_month(target, quote_literal(target));
        PERFORM lock_books_alone();
        UPDATE books SET month = target WHERE month < target;
    END IF;
END $$;

-- Whatever was there becomes the first partition.
SELECT make_month(month, 'MINVALUE') FROM books;
INSERT INTO postings SELECT p.*, e.posted_at FROM postings_before p JOIN journal_entries e ON e.id = p.entry_id;
INSERT INTO payment_audit SELECT a.*, s.sealed_at FROM payment_audit_before a JOIN ledger_seals s ON s.writer = a.writer AND s.n = a.batch;
INSERT INTO payout_audit SELECT a.*, s.sealed_at FROM payout_audit_before a JOIN ledger_seals s ON s.writer = a.writer AND s.n = a.batch;
INSERT INTO events SELECT e.*, a.written_at FROM events_before e
    JOIN payment_audit a ON a.merchant_id = e.merchant_id AND a.payment_id = e.payment_id AND a.version = e.version;
DROP TRIGGER inbox_guard ON inbox;
UPDATE inbox SET month = (SELECT month FROM books);
INSERT INTO evidence SELECT source, event_id, month, body FROM inbox;
DO $$
DECLARE
    lost text;
BEGIN
    SELECT name INTO lost FROM (VALUES
        ('postings', (SELECT count(*) FROM postings_before) - (SELECT count(*) FROM postings)),
        ('payment_audit', (SELECT count(*) FROM payment_audit_before) - (SELECT count(*) FROM payment_audit)),
        ('payout_audit', (SELECT count(*) FROM payout_audit_before) - (SELECT count(*) FROM payout_audit)),
        ('events', (SELECT count(*) FROM events_before) - (SELECT count(*) FROM events))) AS moved (name, missing) WHERE missing <> 0;
    IF lost IS NOT NULL THEN
        RAISE EXCEPTION 'rows of % belong to no batch: run `payments verify` of the program before this one, and see what it says', lost;
    END IF;
END $$;
DROP TABLE postings_before, payment_audit_before, payout_audit_before, events_before;
ALTER TABLE inbox ALTER COLUMN month SET NOT NULL, DROP COLUMN body;

CREATE UNIQUE INDEX postings_of_entry ON postings (entry_id, line, posted_at);
CREATE TRIGGER history BEFORE UPDATE OR DELETE OR TRUNCATE ON postings FOR EACH STATEMENT EXECUTE FUNCTION refuse('a change of history');
CREATE TRIGGER history BEFORE UPDATE OR DELETE OR TRUNCATE ON payment_audit FOR EACH STATEMENT EXECUTE FUNCTION refuse('a change of history');
CREATE TRIGGER history BEFORE UPDATE OR DELETE OR TRUNCATE ON payout_audit FOR EACH STATEMENT EXECUTE FUNCTION refuse('a change of history');
CREATE TRIGGER history BEFORE UPDATE OR DELETE OR TRUNCATE ON events FOR EACH STATEMENT EXECUTE FUNCTION refuse('a change of history');
CREATE TRIGGER history BEFORE DELETE OR TRUNCATE ON evidence FOR EACH STATEMENT EXECUTE FUNCTION refuse('a change of history');
CREATE TRIGGER evidence_guard BEFORE UPDATE ON evidence FOR EACH ROW
    WHEN (new.source <> old.source OR new.event_id <> old.event_id OR new.month <> old.month OR new.body IS NOT NULL)
    EXECUTE FUNCTION refuse('a change of evidence');
CREATE TRIGGER inbox_guard BEFORE UPDATE ON inbox FOR EACH ROW
    WHEN (new.source <> old.source OR new.event_id <> old.event_id OR new.received_at <> old.received_at OR new.news <> old.news OR new.digest <> old.digest
        OR new.month <> old.month OR (old.state = 'applied' AND new.state <> 'applied'))
    EXECUTE FUNCTION refuse('a change of evidence');
GRANT SELECT, INSERT ON postings, payment_audit, payout_audit, events, evidence TO payments_app;
GRANT UPDATE (body) ON evidence TO payments_app;

-- The posting before a batch's first one lies in the month of when the account was posted to before: one lookup, however many months there are.
ALTER TABLE accounts ADD COLUMN previous_posted_at timestamptz NOT NULL DEFAULT '-infinity';
COMMENT ON COLUMN accounts.previous_posted_at IS 'Its last_posted_at before its latest batch.';
GRANT UPDATE (previous_posted_at) ON accounts TO payments_app;

CREATE OR REPLACE FUNCTION check_postings() RETURNS trigger LANGUAGE plpgsql SET search_path = payments AS $$
DECLARE
    culprit text;
BEGIN
    SELECT entry_id::text INTO culprit FROM added GROUP BY entry_id, currency HAVING sum(amount) <> 0 LIMIT 1;
    IF culprit IS NOT NULL THEN
        RAISE EXCEPTION 'entry % does not balance', culprit USING ERRCODE = 'integrity_constraint_violation';
    END IF;

    SELECT a.id INTO culprit
    FROM (SELECT account_no, currency,
                 min(seq) AS first, max(seq) AS last, count(*) AS lines, sum(amount) AS moved,
                 min(balance_after - amount) FILTER (WHERE is_first) AS before, min(balance_after) FILTER (WHERE is_last) AS after,
                 bool_and(continues) AS unbroken
          FROM (SELECT account_no, currency, seq, amount, balance_after,
                       lag(seq) OVER w IS NULL AS is_first, lead(seq) OVER w IS NULL AS is_last,
                       lag(balance_after) OVER w IS NULL OR lag(balance_after) OVER w + amount = balance_after AS continues
                FROM added WINDOW w AS (PARTITION BY account_no ORDER BY seq)) line
          GROUP BY account_no, currency) batch
    JOIN accounts a ON a.no = batch.account_no
    LEFT JOIN postings previous ON previous.account_no = batch.account_no AND previous.seq = batch.first - 1 AND previous.posted_at = a.previous_posted_at
    WHERE a.seq <> batch.last OR a.balance <> batch.after OR a.currency <> batch.currency OR NOT batch.unbroken
       OR batch.last - batch.first + 1 <> batch.lines OR batch.before + batch.moved <> batch.after
       OR batch.before <> CASE WHEN batch.first = 1 THEN 0 ELSE previous.balance_after END
       OR (batch.first > 1 AND previous.seq IS NULL)
    LIMIT 1;
    IF culprit IS NOT NULL THEN
        RAISE EXCEPTION 'postings do not continue account %', culprit USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER postings_balance AFTER INSERT ON postings REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION check_postings();

-- Besides what is fixed: months that the books have turned from, and those that they are not at yet.
CREATE OR REPLACE FUNCTION check_not_fixed() RETURNS trigger LANGUAGE plpgsql SET search_path = payments AS $$
DECLARE
    culprit text;
BEGIN
    PERFORM lock_books();
    SELECT a.id::text INTO culprit FROM added a
        WHERE a.posted_at <= (SELECT greatest(fixed_until, month::timestamp AT TIME ZONE 'UTC' - interval '1 microsecond') FROM books) LIMIT 1;
    IF culprit IS NOT NULL THEN
        RAISE EXCEPTION 'entry % is posted where the books are fixed', culprit USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NULL;
END $$;

-- What is posted behind the end of a month is posted to a later one.
CREATE OR REPLACE FUNCTION fix_books(until timestamptz) RETURNS timestamptz LANGUAGE plpgsql SET search_path = payments AS $$
DECLARE
    instant timestamptz;
BEGIN
    PERFORM turn_books(((coalesce(until, clock_timestamp()) + interval '1 microsecond') AT TIME ZONE 'UTC')::date);
    PERFORM lock_books_alone();
    instant := coalesce(until, clock_timestamp());
    UPDATE books SET fixed_until = instant WHERE fixed_until < instant;
    RETURN instant;
END $$;

CREATE OR REPLACE FUNCTION posted_until(account bigint, latest bigint, at timestamptz) RETURNS bigint LANGUAGE sql STABLE SET search_path = payments AS $$
    WITH RECURSIVE search (low, high) AS (
        SELECT 0::bigint, latest
        UNION ALL
        SELECT CASE WHEN p.posted_at <= at THEN m.middle ELSE s.low END, CASE WHEN p.posted_at <= at THEN s.high ELSE m.middle - 1 END
        FROM search s
        CROSS JOIN LATERAL (SELECT (s.low + s.high + 1) / 2 AS middle) m
        JOIN postings p ON p.account_no = account AND p.seq = m.middle
        WHERE s.low < s.high)
    SELECT low FROM search WHERE low = high
$$;
