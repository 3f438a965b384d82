-- Months that have left: their partitions are files elsewhere, and what the books need of them stays here. One row a month, signed by the key of the checkpoints.
CREATE TABLE archives (
    month       date PRIMARY KEY CHECK (extract(day FROM month) = 1),
    archived_at timestamptz NOT NULL,
    archived_by text NOT NULL,
    document    text NOT NULL,
    signature   bytea NOT NULL,
    key_id      text NOT NULL
);
COMMENT ON COLUMN archives.document IS 'Canonical JSON: the files with their digests, the digest of the month''s rows in archived_accounts, how many rows ever left, and the heads of all chains at its end.';
COMMENT ON COLUMN archives.key_id IS 'SHA-256 of the public key that the signature is to be checked with.';
CREATE TRIGGER history BEFORE UPDATE OR DELETE OR TRUNCATE ON archives FOR EACH STATEMENT EXECUTE FUNCTION refuse('a change of history');

-- What an account's postings of a month that has left came to. Its last number is the key: whoever looks for the posting before the first one that is kept finds it at once.
CREATE TABLE archived_accounts (
    account_no  bigint NOT NULL REFERENCES accounts,
    seq         bigint NOT NULL,
    month       date NOT NULL CHECK (extract(day FROM month) = 1),
    first       bigint NOT NULL CHECK (first BETWEEN 1 AND seq),
    opening     bigint NOT NULL,
    balance     bigint NOT NULL,
    posted_at   timestamptz NOT NULL,
    first_entry uuid NOT NULL,
    settled     bigint NOT NULL,
    corrected   bigint NOT NULL,
    PRIMARY KEY (account_no, seq)
);
COMMENT ON COLUMN archived_accounts.month IS 'The month (UTC) of the postings. The first partition of a database may hold several.';
COMMENT ON COLUMN archived_accounts.posted_at IS 'Of the last posting.';
COMMENT ON COLUMN archived_accounts.first_entry IS 'The entry of the first posting.';
COMMENT ON COLUMN archived_accounts.settled IS 'What of it was posted by settlement files; corrected: by resolutions of breaks.';
CREATE INDEX archived_accounts_of_month ON archived_accounts (month);
CREATE TRIGGER history BEFORE UPDATE OR DELETE OR TRUNCATE ON archived_accounts FOR EACH STATEMENT EXECUTE FUNCTION refuse('a change of history');
GRANT SELECT ON archives, archived_accounts TO payments_app;

-- The months that lie here, by table: those of the partitions that are attached, or, while a detachment was broken off, still are in part.
CREATE FUNCTION kept_months() RETURNS TABLE (parent text, month date) LANGUAGE sql STABLE SET search_path = payments, pg_temp AS $$
    SELECT p.relname::text, to_date(right(c.relname, 7), 'YYYY_MM') FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid JOIN pg_class p ON p.oid = i.inhparent
    WHERE i.inhparent IN ('postings'::regclass, 'payment_audit'::regclass, 'payout_audit'::regclass, 'events'::regclass, 'evidence'::regclass)
$$;

-- The first month before this one that lies here with any row. A database begins with an empty one, which nobody can write to, and which is in nobody's way.
CREATE FUNCTION month_kept_before(this date) RETURNS date LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = payments, pg_temp AS $$
DECLARE
    part record;
    has_rows boolean;
BEGIN
    FOR part IN SELECT k.parent || to_char(k.month, '_YYYY_MM') AS name, k.month FROM kept_months() k WHERE k.month < this ORDER BY k.month LOOP
        EXECUTE format('SELECT EXISTS (SELECT FROM %I)', part.name) INTO has_rows;
        IF has_rows THEN
            RETURN part.month;
        END IF;
    END LOOP;
    RETURN NULL;
END $$;

-- Months leave in their order, and only closed ones.
CREATE FUNCTION check_archive() RETURNS trigger LANGUAGE plpgsql SET search_path = payments, pg_temp AS $$
BEGIN
    IF new.month >= (SELECT month FROM books) OR NOT EXISTS (SELECT FROM period_closings WHERE month >= new.month) THEN
        RAISE EXCEPTION '% is not closed', to_char(new.month, 'YYYY-MM') USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    IF new.month <= (SELECT max(month) FROM archives) OR month_kept_before(new.month) IS NOT NULL THEN
        RAISE EXCEPTION 'months are archived in their order' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN new;
END $$;
CREATE TRIGGER archives_in_order BEFORE INSERT ON archives FOR EACH ROW EXECUTE FUNCTION check_archive();

-- The only way by which this program removes a partition: archived, and detached.
CREATE FUNCTION drop_archived(parent text, first date) RETURNS void LANGUAGE plpgsql SET search_path = payments, pg_temp AS $$
DECLARE
    part text := parent || to_char(first, '_YYYY_MM');
BEGIN
    IF NOT EXISTS (SELECT FROM archives WHERE month = first) OR EXISTS (SELECT FROM kept_months() k WHERE k.parent = drop_archived.parent AND k.month = first) THEN
        RAISE EXCEPTION '% is not archived and detached', part USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    EXECUTE format('DROP TABLE IF EXISTS %I', part);
END $$;
REVOKE EXECUTE ON FUNCTION drop_archived FROM PUBLIC;

-- Evidence of a month is not erased between its export and its leaving: the files would not be what was signed.
CREATE FUNCTION check_evidence_is_here() RETURNS trigger LANGUAGE plpgsql SET search_path = payments AS $$
BEGIN
    IF EXISTS (SELECT FROM archives WHERE month = old.month) THEN
        RAISE EXCEPTION 'the evidence of % is archived', to_char(old.month, 'YYYY-MM') USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN new;
END $$;
CREATE TRIGGER evidence_is_here BEFORE UPDATE ON evidence FOR EACH ROW EXECUTE FUNCTION check_evidence_is_here();

-- Whatever would need what has left says so, and gives no answer that is short of it. The message is the newest month that has left. Volatile, so that no planner tries it.
CREATE FUNCTION refuse_archived() RETURNS bigint LANGUAGE plpgsql VOLATILE SET search_path = payments AS $$
BEGIN
    RAISE EXCEPTION '%', (SELECT to_char(max(month), 'YYYY-MM') FROM archives) USING ERRCODE = 'PA410';
END $$;

-- The number behind which postings are about to be read: a number that is archived is refused.
CREATE FUNCTION kept_behind(account bigint, number bigint) RETURNS bigint LANGUAGE sql STABLE SET search_path = payments AS $$
    SELECT CASE WHEN number < (SELECT v.seq FROM archived_accounts v WHERE v.account_no = account ORDER BY v.seq DESC LIMIT 1) THEN refuse_archived() ELSE number END
$$;

-- An account's balance behind a posting, kept or the last one of a month that has left; null: it has none of that number.
CREATE FUNCTION balance_behind(account bigint, number bigint) RETURNS bigint LANGUAGE sql STABLE SET search_path = payments AS $$
    SELECT coalesce(
        (SELECT p.balance_after FROM postings p WHERE p.account_no = account AND p.seq = number),
        (SELECT v.balance FROM archived_accounts v WHERE v.account_no = account AND v.seq = number))
$$;

-- The entry that an account began with.
CREATE FUNCTION first_entry(account bigint) RETURNS uuid LANGUAGE sql STABLE SET search_path = payments AS $$
    SELECT coalesce(
        (SELECT v.first_entry FROM archived_accounts v WHERE v.account_no = account ORDER BY v.seq LIMIT 1),
        (SELECT p.entry_id FROM postings p WHERE p.account_no = account AND p.seq = 1))
$$;

-- As before, from the first posting that is kept on. An instant before the end of what has left, or none, is refused for accounts that were posted to until then.
CREATE OR REPLACE FUNCTION posted_until(account bigint, latest bigint, at timestamptz) RETURNS bigint LANGUAGE sql STABLE SET search_path = payments AS $$
    WITH RECURSIVE archived AS (
        SELECT v.seq FROM archived_accounts v WHERE v.account_no = account ORDER BY v.seq DESC LIMIT 1),
    start AS (
        SELECT CASE
            WHEN NOT EXISTS (SELECT FROM archived) THEN 0
            WHEN at IS NULL OR at < (SELECT (max(month) + interval '1 month') AT TIME ZONE 'UTC' - interval '1 microsecond' FROM archives) THEN refuse_archived()
            ELSE (SELECT seq FROM archived) END AS low),
    search (low, high) AS (
        SELECT s.low, latest FROM start s
        UNION ALL
        SELECT CASE WHEN p.posted_at <= at THEN m.middle ELSE s.low END, CASE WHEN p.posted_at <= at THEN s.high ELSE m.middle - 1 END
        FROM search s
        CROSS JOIN LATERAL (SELECT (s.low + s.high + 1) / 2 AS middle) m
        JOIN postings p ON p.account_no = account AND p.seq = m.middle
        WHERE s.low < s.high)
    SELECT low FROM search WHERE low = high
$$;

-- As before. Where the instant lies in what has left, all that was left of the balance at its end counts as young: less is paid out for a while, and never too much.
CREATE OR REPLACE FUNCTION young_captures(account bigint, latest bigint, since timestamptz) RETURNS bigint LANGUAGE sql STABLE SET search_path = payments AS $$
    WITH archived AS (
        SELECT v.seq, v.balance FROM archived_accounts v
        WHERE v.account_no = account AND since < (SELECT (max(month) + interval '1 month') AT TIME ZONE 'UTC' - interval '1 microsecond' FROM archives)
        ORDER BY v.seq DESC LIMIT 1),
    start AS (
        SELECT CASE WHEN EXISTS (SELECT FROM archived) THEN (SELECT seq FROM archived) ELSE coalesce(posted_until(account, latest, since), 0) END AS seq)
    SELECT (coalesce((SELECT greatest(-balance, 0) FROM archived), 0) + coalesce(sum(-p.amount) FILTER (WHERE e.kind IN ('charge', 'capture') AND p.amount < 0), 0))::bigint
    FROM start s JOIN postings p ON p.account_no = account AND p.seq > s.seq AND p.seq <= latest JOIN journal_entries e ON e.id = p.entry_id
$$;

-- As before. The posting before a batch's first one may have left; it is looked for there only when it is not here.
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
       OR batch.before IS DISTINCT FROM CASE
           WHEN batch.first = 1 THEN 0
           WHEN previous.seq IS NOT NULL THEN previous.balance_after
           ELSE (SELECT v.balance FROM archived_accounts v WHERE v.account_no = batch.account_no AND v.seq = batch.first - 1) END
    LIMIT 1;
    IF culprit IS NOT NULL THEN
        RAISE EXCEPTION 'postings do not continue account %', culprit USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NULL;
END $$;
