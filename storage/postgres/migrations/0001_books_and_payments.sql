-- The whole state of the system. Everything here is owned by payments_owner; the nodes log in as payments_app, which may read all
-- of it, add to it, and change only the rows that carry a current state. What is history it can never change or delete.
-- Amounts are bigint minor units; times are UTC; text keys use the C collation, so that their order is the order of their bytes.

CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% refused on %', TG_ARGV[0], TG_TABLE_NAME USING ERRCODE = 'integrity_constraint_violation';
END $$;

-- ------------------------------------------------------------------------------------------------------------------- merchants

CREATE TABLE merchants (
    id          text COLLATE "C" PRIMARY KEY CHECK (id ~ '^mer_[0-9a-hjkmnp-tv-z]{26}$'),
    name        text NOT NULL,
    mode        text NOT NULL CHECK (mode IN ('test', 'live')),
    salt        bytea NOT NULL CHECK (length(salt) = 32),
    fee_basis_points integer NOT NULL CHECK (fee_basis_points BETWEEN 0 AND 10000),
    fee_fixed   bigint NOT NULL CHECK (fee_fixed >= 0),
    event_seq   bigint NOT NULL DEFAULT 0,
    created_at  timestamptz NOT NULL
) WITH (fillfactor = 70);
COMMENT ON COLUMN merchants.salt IS 'Turns idempotency keys into ids. Made with the merchant and never changed: a changed salt would charge again.';

CREATE TRIGGER merchants_guard BEFORE UPDATE ON merchants FOR EACH ROW
    WHEN (new.id <> old.id OR new.mode <> old.mode OR new.salt <> old.salt OR new.event_seq < old.event_seq)
    EXECUTE FUNCTION refuse('a change of a merchant''s identity');

CREATE TABLE api_keys (
    hash        bytea PRIMARY KEY CHECK (length(hash) = 32),
    merchant_id text COLLATE "C" REFERENCES merchants,
    scopes      text[] NOT NULL CHECK (scopes <@ ARRAY['read', 'write', 'ledger', 'operator']),
    hint        text NOT NULL,
    created_at  timestamptz NOT NULL,
    revoked_at  timestamptz,
    CHECK (merchant_id IS NOT NULL OR scopes = ARRAY['operator'])
);
COMMENT ON COLUMN api_keys.hash IS 'SHA-256 of the secret key, which is kept nowhere. A key without a merchant is an operator''s.';

-- --------------------------------------------------------------------------------------------------------------------- batches

CREATE TABLE ledger_writers (
    no          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    node        text NOT NULL,
    started_at  timestamptz NOT NULL
);
COMMENT ON TABLE ledger_writers IS 'One row per incarnation of a committer''s connection: each writes a hash chain of its own.';

-- The first statement of a batch inserts its number: a retry after a lost connection meets it, and then knows that it was committed.
CREATE TABLE ledger_batches (
    writer      bigint NOT NULL,
    n           bigint NOT NULL CHECK (n > 0),
    PRIMARY KEY (writer, n)
);

-- The last one seals it: what was answered to whom, and the hash over everything that the batch wrote.
CREATE TABLE ledger_seals (
    writer      bigint NOT NULL,
    n           bigint NOT NULL,
    prev_hash   bytea NOT NULL CHECK (length(prev_hash) = 32),
    hash        bytea NOT NULL CHECK (length(hash) = 32),
    verdicts    smallint[] NOT NULL,
    details     text[] NOT NULL,
    sealed_at   timestamptz NOT NULL,
    PRIMARY KEY (writer, n)
);

CREATE TABLE ledger_checkpoints (
    no          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    taken_at    timestamptz NOT NULL,
    document    text NOT NULL,
    signature   bytea NOT NULL
);
COMMENT ON TABLE ledger_checkpoints IS 'Signed heads of all chains, exported as files too: a chain alone cannot show that its tail was cut.';

-- -------------------------------------------------------------------------------------------------------------------- payments

CREATE TABLE payments (
    merchant_id       text COLLATE "C" NOT NULL REFERENCES merchants,
    id                uuid NOT NULL,
    mode              text NOT NULL CHECK (mode IN ('test', 'live')),
    version           bigint NOT NULL CHECK (version > 0),
    status            text NOT NULL CHECK (status IN ('processing', 'succeeded', 'declined', 'failed')),
    currency          text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    amount            bigint NOT NULL CHECK (amount BETWEEN 1 AND 1000000000000),
    fee               bigint NOT NULL CHECK (fee BETWEEN 0 AND amount),
    captured          bigint NOT NULL,
    refunded          bigint NOT NULL CHECK (refunded >= 0),
    refunds_in_flight bigint NOT NULL CHECK (refunds_in_flight >= 0),
    gateway           text NOT NULL,
    payment_method    text NOT NULL,
    reference         text,
    description       text,
    created_at        timestamptz NOT NULL,
    updated_at        timestamptz NOT NULL,
    next_action_at    timestamptz,
    event_seq         bigint NOT NULL CHECK (event_seq >= 0),
    PRIMARY KEY (merchant_id, id),
    CONSTRAINT captured_never_exceeds_authorized CHECK (captured BETWEEN 0 AND amount),
    CONSTRAINT refunds_never_exceed_captured CHECK (refunded + refunds_in_flight <= captured),
    CONSTRAINT captured_when_succeeded CHECK ((status = 'succeeded') = (captured > 0)),
    -- Nothing is in flight without a next action: what nobody would look at again could be lost for ever.
    CONSTRAINT open_payments_have_a_next_action CHECK ((status = 'processing' OR refunds_in_flight > 0) = (next_action_at IS NOT NULL))
) WITH (fillfactor = 80);

CREATE INDEX payments_due ON payments (next_action_at) WHERE next_action_at IS NOT NULL;

CREATE TRIGGER payments_guard BEFORE UPDATE ON payments FOR EACH ROW
    WHEN (new.version <> old.version + 1
        OR (old.status <> 'processing' AND new.status <> old.status)
        OR new.amount <> old.amount OR new.fee <> old.fee OR new.currency <> old.currency OR new.mode <> old.mode
        OR new.gateway <> old.gateway OR new.refunded < old.refunded OR new.captured < old.captured
        OR new.event_seq < old.event_seq OR new.created_at <> old.created_at)
    EXECUTE FUNCTION refuse('a change that no transition makes');

CREATE TABLE operations (
    merchant_id         text COLLATE "C" NOT NULL,
    payment_id          uuid NOT NULL,
    id                  uuid NOT NULL,
    kind                text NOT NULL CHECK (kind IN ('charge', 'refund')),
    status              text NOT NULL CHECK (status IN ('pending', 'succeeded', 'declined', 'failed')),
    amount              bigint NOT NULL CHECK (amount > 0),
    fingerprint         text NOT NULL,
    reason              text,
    created_at          timestamptz NOT NULL,
    position            integer NOT NULL,
    attempt             integer NOT NULL CHECK (attempt > 0),
    attempt_kind        text NOT NULL CHECK (attempt_kind IN ('send', 'query')),
    claimed_at          timestamptz NOT NULL,
    answer              text,
    sends               integer NOT NULL CHECK (sends BETWEEN 1 AND attempt),
    proven_unsent       integer NOT NULL CHECK (proven_unsent BETWEEN 0 AND sends),
    first_sent_at       timestamptz NOT NULL,
    last_sent_at        timestamptz NOT NULL,
    next_action_at      timestamptz,
    processor_reference text,
    code                text,
    PRIMARY KEY (merchant_id, payment_id, id),
    FOREIGN KEY (merchant_id, payment_id) REFERENCES payments,
    CHECK ((status = 'pending') = (next_action_at IS NOT NULL)),
    -- Unknown is never guessed: failed means that every single send is proven to have had no effect.
    CONSTRAINT failed_only_when_proven_unsent CHECK (status <> 'failed' OR proven_unsent = sends)
) WITH (fillfactor = 80);

CREATE TRIGGER operations_guard BEFORE UPDATE ON operations FOR EACH ROW
    WHEN (old.status <> 'pending' OR new.amount <> old.amount OR new.kind <> old.kind OR new.fingerprint <> old.fingerprint
        OR new.attempt < old.attempt OR new.sends < old.sends)
    EXECUTE FUNCTION refuse('a change of a final or another operation');

-- One row per state change, numbered by the version that it made: gapless per payment.
CREATE TABLE payment_audit (
    merchant_id    text COLLATE "C" NOT NULL,
    payment_id     uuid NOT NULL,
    version        bigint NOT NULL,
    at             timestamptz NOT NULL,
    action         text NOT NULL,
    status         text NOT NULL,
    operation_id   uuid NOT NULL,
    operation_status text NOT NULL,
    attempt        integer NOT NULL,
    attempt_kind   text NOT NULL,
    answer         text,
    code           text,
    writer         bigint NOT NULL,
    batch          bigint NOT NULL,
    position       integer NOT NULL,
    amount         bigint NOT NULL,
    currency       text NOT NULL,
    PRIMARY KEY (merchant_id, payment_id, version)
);

-- What merchants are told. Numbered per merchant and per payment without a gap, from rows that the transaction holds locked:
-- a slow transaction can never be overtaken by a cursor.
CREATE TABLE events (
    merchant_id    text COLLATE "C" NOT NULL,
    seq            bigint NOT NULL,
    payment_id     uuid NOT NULL,
    payment_seq    bigint NOT NULL,
    type           text NOT NULL,
    operation_id   uuid NOT NULL,
    version        bigint NOT NULL,
    at             timestamptz NOT NULL,
    PRIMARY KEY (merchant_id, seq),
    UNIQUE (merchant_id, payment_id, payment_seq)
);

-- ---------------------------------------------------------------------------------------------------------------------- ledger

CREATE TABLE accounts (
    no             bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id             text COLLATE "C" NOT NULL UNIQUE,
    merchant_id    text COLLATE "C" REFERENCES merchants,
    currency       text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    grows_by_debit boolean NOT NULL,
    minimum        bigint,
    balance        bigint NOT NULL DEFAULT 0,
    seq            bigint NOT NULL DEFAULT 0 CHECK (seq >= 0),
    last_posted_at timestamptz NOT NULL DEFAULT '-infinity',
    CHECK (right(id, 4) = ':' || currency),
    CHECK (seq > 0 OR balance = 0)
) WITH (fillfactor = 50);
COMMENT ON COLUMN accounts.balance IS 'Debit +, credit -. Always the sum of the account''s postings.';
COMMENT ON COLUMN accounts.minimum IS 'What a requested decrease must leave, as the owner reads the balance; null: no limit.';
CREATE INDEX accounts_of_merchant ON accounts (merchant_id, id) WHERE merchant_id IS NOT NULL;

CREATE TRIGGER accounts_guard BEFORE UPDATE ON accounts FOR EACH ROW
    WHEN (new.id <> old.id OR new.seq < old.seq OR new.last_posted_at < old.last_posted_at OR (new.balance <> old.balance AND new.seq = old.seq))
    EXECUTE FUNCTION refuse('a change of a balance without a posting');

CREATE TABLE journal_entries (
    id           uuid PRIMARY KEY,
    kind         text NOT NULL,
    merchant_id  text COLLATE "C" NOT NULL,
    payment_id   uuid,
    operation_id uuid,
    posted_at    timestamptz NOT NULL,
    writer       bigint NOT NULL,
    batch        bigint NOT NULL,
    position     integer NOT NULL
);
CREATE INDEX journal_entries_of_payment ON journal_entries (payment_id) WHERE payment_id IS NOT NULL;

CREATE TABLE postings (
    account_no    bigint NOT NULL,
    seq           bigint NOT NULL CHECK (seq > 0),
    entry_id      uuid NOT NULL,
    line          smallint NOT NULL,
    currency      text NOT NULL,
    amount        bigint NOT NULL CHECK (amount <> 0),
    balance_after bigint NOT NULL,
    PRIMARY KEY (account_no, seq)
);
CREATE UNIQUE INDEX postings_of_entry ON postings (entry_id, line);

-- I2, in the database: whatever one statement adds must balance entry by entry and currency by currency, must continue each account's
-- sequence and running balance without a gap, and must end where the account's row says it ends.
CREATE FUNCTION check_postings() RETURNS trigger LANGUAGE plpgsql SET search_path = payments AS $$
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
    LEFT JOIN postings previous ON previous.account_no = batch.account_no AND previous.seq = batch.first - 1
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

-- History has no way back, not even for its owner's ordinary statements.
CREATE TRIGGER history BEFORE UPDATE OR DELETE OR TRUNCATE ON postings FOR EACH STATEMENT EXECUTE FUNCTION refuse('a change of history');
CREATE TRIGGER history BEFORE UPDATE OR DELETE OR TRUNCATE ON journal_entries FOR EACH STATEMENT EXECUTE FUNCTION refuse('a change of history');
CREATE TRIGGER history BEFORE UPDATE OR DELETE OR TRUNCATE ON payment_audit FOR EACH STATEMENT EXECUTE FUNCTION refuse('a change of history');
CREATE TRIGGER history BEFORE UPDATE OR DELETE OR TRUNCATE ON events FOR EACH STATEMENT EXECUTE FUNCTION refuse('a change of history');
CREATE TRIGGER history BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger_batches FOR EACH STATEMENT EXECUTE FUNCTION refuse('a change of history');
CREATE TRIGGER history BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger_seals FOR EACH STATEMENT EXECUTE FUNCTION refuse('a change of history');

-- ------------------------------------------------------------------------------------------------------------------- reminders

-- Reminders of the embedded engine. They are hints: next_action_at is the truth.
CREATE TABLE embedded_reminders (
    grain_type text COLLATE "C" NOT NULL,
    grain_key  text COLLATE "C" NOT NULL,
    name       text COLLATE "C" NOT NULL,
    first_tick timestamptz NOT NULL,
    next_tick  timestamptz NOT NULL,
    period     interval NOT NULL,
    PRIMARY KEY (grain_type, grain_key, name)
);
CREATE INDEX embedded_reminders_due ON embedded_reminders (next_tick);

-- ---------------------------------------------------------------------------------------------------------------------- rights

GRANT USAGE ON SCHEMA payments TO payments_app;
GRANT SELECT ON ALL TABLES IN SCHEMA payments TO payments_app;
GRANT INSERT ON merchants, api_keys, ledger_writers, ledger_batches, ledger_seals, ledger_checkpoints, payments, operations, payment_audit, events,
    accounts, journal_entries, postings TO payments_app;
GRANT UPDATE (name, fee_basis_points, fee_fixed, event_seq) ON merchants TO payments_app;
GRANT UPDATE (revoked_at) ON api_keys TO payments_app;
GRANT UPDATE ON payments, operations TO payments_app;
GRANT UPDATE (balance, seq, last_posted_at) ON accounts TO payments_app;
GRANT INSERT, UPDATE, DELETE ON embedded_reminders TO payments_app;
