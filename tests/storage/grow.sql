-- A hundred days of one merchant with a thousand payments each, and what comes with them. Nothing that the system itself would write is checked here, and no
-- trigger runs: only sizes and the spread of values matter.
SET session_replication_role = replica;
SET search_path = payments;
CREATE FUNCTION pg_temp.id(name text) RETURNS uuid LANGUAGE sql IMMUTABLE AS $$ SELECT encode(substr(sha256(name::bytea), 1, 16), 'hex')::uuid $$;

SELECT make_month(month::date, quote_literal(month::date)) FROM generate_series(date '2026-02-01', date '2026-05-01', interval '1 month') AS month;

CREATE TEMP TABLE made AS
    SELECT i, pg_temp.id('pay' || i) AS payment, pg_temp.id('op' || i) AS operation, pg_temp.id('entry' || i) AS entry,
        timestamptz '2026-02-01 00:00:00+00' + (i - 1) * interval '86.4 seconds' AS at, i % 2500 = 7 AS is_open
    FROM generate_series(1, 100000) AS i;

INSERT INTO merchants (id, name, mode, salt, fee_basis_points, fee_fixed, event_seq, created_at)
    VALUES ('mer_0000000000000000000000000b', 'Grown', 'live', decode(repeat('00', 32), 'hex'), 0, 100, 200000, '2026-01-31');
INSERT INTO api_keys (hash, merchant_id, scopes, hint, created_at, id)
    VALUES (sha256('grown'), NULL, '{operator}', 'x', '2026-01-31', pg_temp.id('key'));

INSERT INTO payments (merchant_id, id, mode, version, status, currency, amount, fee, captured, refunded, refunds_in_flight, gateway, payment_method, reference,
        created_at, updated_at, next_action_at, event_seq, capture, captures_in_flight, fee_basis_points, fee_fixed, fee_returned_on_refund, customer, routes,
        refunds_reversed, disputed)
    SELECT 'mer_0000000000000000000000000b', payment, 'live', 2, CASE WHEN is_open THEN 'processing' ELSE 'succeeded' END, 'EUR', 1000 + i % 500,
        CASE WHEN is_open THEN 0 ELSE 100 END, CASE WHEN is_open THEN 0 ELSE 1000 + i % 500 END, 0, 0, 'grown', 'tok', 'order ' || i, at, at, CASE WHEN is_open THEN at END, 2, 'automatic',
        0, 0, 100, false, 'customer ' || i % 10000, 'grown', 0, 0
    FROM made;
INSERT INTO operations (merchant_id, payment_id, id, kind, status, amount, fingerprint, created_at, position, attempt, attempt_kind, claimed_at, sends,
        proven_unsent, first_sent_at, last_sent_at, next_action_at, processor_reference, is_final_capture, fee, processor_fee)
    SELECT 'mer_0000000000000000000000000b', payment, operation, 'charge', CASE WHEN is_open THEN 'pending' ELSE 'succeeded' END, 1000 + i % 500, 'v1', at, 0, 1, 'send', at, 1,
        0, at, at, CASE WHEN is_open THEN at END, 'ext_' || i, false, CASE WHEN is_open THEN 0 ELSE 100 END, 0
    FROM made;
INSERT INTO payment_audit (merchant_id, payment_id, version, at, action, status, operation_id, operation_status, attempt, attempt_kind, writer, batch, position,
        amount, currency, written_at)
    SELECT 'mer_0000000000000000000000000b', payment, version, at, CASE version WHEN 1 THEN 'charge_claimed' ELSE 'approved' END,
        CASE version WHEN 1 THEN 'processing' ELSE 'succeeded' END, operation, CASE version WHEN 1 THEN 'pending' ELSE 'succeeded' END, 1, 'send', 999, i, version, 1000, 'EUR', at
    FROM made, generate_series(1, 2) AS version;
INSERT INTO events (merchant_id, seq, payment_id, payment_seq, type, operation_id, version, at, written_at)
    SELECT 'mer_0000000000000000000000000b', 2 * (i - 1) + n, payment, n, CASE n WHEN 1 THEN 'payment.requires_action' ELSE 'payment.succeeded' END, operation, n, at, at
    FROM made, generate_series(1, 2) AS n;

INSERT INTO accounts (no, id, merchant_id, currency, grows_by_debit, balance, seq, last_posted_at) OVERRIDING SYSTEM VALUE
    SELECT 1000000 + line, id, CASE line WHEN 1 THEN 'mer_0000000000000000000000000b' END, 'EUR', line = 0, 100000 * amount, 100000, (SELECT max(at) FROM made)
    FROM (VALUES (0, 'gateway:grown:receivable:EUR', 1000), (1, 'merchant:mer_0000000000000000000000000b:balance:EUR', -900), (2, 'platform:fees:EUR', -100))
        AS a (line, id, amount);
INSERT INTO journal_entries (id, kind, merchant_id, payment_id, operation_id, posted_at, writer, batch, position)
    SELECT entry, 'charge', 'mer_0000000000000000000000000b', payment, operation, at, 999, i, 2 FROM made;
INSERT INTO postings (account_no, seq, entry_id, line, currency, amount, balance_after, posted_at)
    SELECT 1000000 + line, i, entry, line, 'EUR', amount, i * amount, at
    FROM made, (VALUES (0, 1000), (1, -900), (2, -100)) AS a (line, amount);
INSERT INTO ledger_batches (writer, n) SELECT 999, i FROM made;
INSERT INTO ledger_seals (writer, n, prev_hash, hash, verdicts, details, sealed_at)
    SELECT 999, i, sha256('a'), sha256('b'), '{0}', '{""}', at FROM made;
INSERT INTO ledger_writers (no, node, started_at) OVERRIDING SYSTEM VALUE VALUES (999, 'grown', '2026-01-31');

INSERT INTO inbox (source, event_id, received_at, news, digest, state, next_try_at, merchant_id, payment_id, version, settled_at, reason, month)
    SELECT 'grown', 'evt_' || i, at, '{"kind": "approved", "gateway": "grown"}', sha256('x'),
        CASE i % 5000 WHEN 1 THEN 'received' WHEN 2 THEN 'flagged' ELSE 'applied' END, CASE i % 5000 WHEN 1 THEN at END, 'mer_0000000000000000000000000b', payment,
        CASE WHEN i % 5000 NOT IN (1, 2) THEN 2 END, CASE WHEN i % 5000 <> 1 THEN at END, CASE i % 5000 WHEN 2 THEN 'strange' END, date_trunc('month', at AT TIME ZONE 'UTC')
    FROM made;
INSERT INTO evidence (source, event_id, month, body) SELECT source, event_id, month, 'x' FROM inbox WHERE source = 'grown';

-- Half of it is settled; the file of the last day is still to be matched.
INSERT INTO settlement_files (id, gateway, name, format, digest, begun_at, begun_by, lines, imported_at, covers_until, matched_through, matched_at, reconciled_at)
    OVERRIDING SYSTEM VALUE
    SELECT 1000 + n, 'grown', 'day' || n || '.csv', 'simulator', sha256(('file' || n)::bytea), '2026-06-01', 'test', 1000, '2026-06-01',
        timestamptz '2026-02-01 00:00:00+00' + n * interval '1 day', CASE WHEN n < 99 THEN 1001 ELSE 0 END, CASE WHEN n < 99 THEN timestamptz '2026-06-01' END,
        CASE WHEN n < 99 THEN timestamptz '2026-06-01' END
    FROM generate_series(50, 99) AS n;
INSERT INTO settlement_lines (file, line, line_id, kind, type, at, currency, gross, fee, presented_currency, presented, reference, processor_reference)
    SELECT 1000 + (i - 1) / 1000, 2 + (i - 1) % 1000, 'line ' || i, 'capture', 'charge', at, 'EUR', 1000 + i % 500, 0, 'EUR', 1000 + i % 500, NULL, 'ext_' || i
    FROM made WHERE i > 50000;
INSERT INTO settlement_matches (file, line, round, operation_id, accounts_for, is_paid, presented_currency, receivable, suspense_presented, fx_presented,
        currency, fx, fees, suspense, in_transit, bank)
    SELECT 1000 + (i - 1) / 1000, 2 + (i - 1) % 1000, 1, operation, true, false, 'EUR', -1000, 1000, 0, 'EUR', 0, 0, -1000, 1000, 0
    FROM made WHERE i > 50000 AND i <= 99000;
INSERT INTO reconciliation_breaks (id, gateway, kind, file, line, operation_id, at, currency, amount, opened_at, is_open)
    SELECT pg_temp.id('break' || i), 'grown', 'missing_at_us', 1000 + (i - 1) / 1000, 2 + (i - 1) % 1000, operation, at, 'EUR', 1000, at, i % 1000 = 3
    FROM made WHERE i > 50000 AND i <= 80000;
INSERT INTO break_resolutions (break_id, resolution, reason, resolved_by, resolved_at, posts, posted_at)
    SELECT pg_temp.id('break' || i), 'write_off', 'lost', 'test', at, true, CASE WHEN i < 79990 THEN at END
    FROM made WHERE i > 50000 AND i <= 80000 AND i % 1000 <> 3;

INSERT INTO payout_settings (merchant_id, currency, schedule, minimum, delay_days, reserve, destination, holder, scheduled_through, changed_by, changed_at)
    VALUES ('mer_0000000000000000000000000b', 'EUR', 'daily', 1, 1, 0, 'DE89370400440532013000', 'Grown', '2026-05-01', pg_temp.id('key'), '2026-02-01');
INSERT INTO payouts (merchant_id, id, mode, version, status, currency, amount, bank, destination, holder, fingerprint, created_at, updated_at, attempt,
        attempt_kind, claimed_at, sends, proven_unsent, first_sent_at, last_sent_at, next_action_at, paid_at)
    SELECT 'mer_0000000000000000000000000b', pg_temp.id('payout' || i), 'live', 2, CASE WHEN i % 1000 = 1 THEN 'pending' ELSE 'paid' END, 'EUR', 1, 'grown',
        'DE89370400440532013000', 'Grown', 'v1', at, at, 1, 'send', at, 1, 0, at, at, CASE WHEN i % 1000 = 1 THEN at END, CASE WHEN i % 1000 <> 1 THEN at END
    FROM made WHERE i <= 20000;
INSERT INTO payout_audit (merchant_id, payout_id, version, at, action, status, attempt, attempt_kind, amount, currency, writer, batch, position, written_at)
    SELECT 'mer_0000000000000000000000000b', pg_temp.id('payout' || i), version, at, CASE version WHEN 1 THEN 'payout_claimed' ELSE 'paid' END,
        CASE version WHEN 1 THEN 'pending' ELSE 'paid' END, 1, 'send', 1, 'EUR', 999, i, version + 2, at
    FROM made, generate_series(1, 2) AS version WHERE i <= 20000;
INSERT INTO reports (id, merchant_id, request, type, as_of, columns, format, status, attempt, progress, rows, bytes, digest, created_at, finished_at)
    SELECT pg_temp.id('report' || i), 'mer_0000000000000000000000000b', 'v1', 'payments', at, '{}', 'csv', 'deleted', 1, 100, 1, 1, sha256('x'), at, at
    FROM made WHERE i <= 20000;
