-- Payouts: money on its way from the platform's bank to merchants'.
CREATE TABLE payout_settings (
    merchant_id       text COLLATE "C" NOT NULL REFERENCES merchants,
    currency          text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    schedule          text NOT NULL CHECK (schedule IN ('manual', 'daily', 'weekly', 'monthly')),
    minimum           bigint NOT NULL CHECK (minimum BETWEEN 1 AND 1000000000000),
    delay_days        integer NOT NULL CHECK (delay_days BETWEEN 0 AND 365),
    reserve           bigint NOT NULL CHECK (reserve BETWEEN 0 AND 1000000000000),
    destination       text NOT NULL,
    holder            text NOT NULL,
    scheduled_through date NOT NULL,
    changed_by        uuid NOT NULL REFERENCES api_keys (id),
    changed_at        timestamptz NOT NULL,
    PRIMARY KEY (merchant_id, currency)
);
COMMENT ON COLUMN payout_settings.destination IS 'An IBAN.';
COMMENT ON COLUMN payout_settings.scheduled_through IS 'The latest day of the schedule that was looked at: a payout was made then, or there was too little.';

CREATE TABLE payouts (
    merchant_id    text COLLATE "C" NOT NULL REFERENCES merchants,
    id             uuid NOT NULL,
    mode           text NOT NULL CHECK (mode IN ('test', 'live')),
    version        bigint NOT NULL CHECK (version > 0),
    status         text NOT NULL CHECK (status IN ('pending', 'sent', 'paid', 'failed', 'returned')),
    currency       text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    amount         bigint NOT NULL CHECK (amount BETWEEN 1 AND 1000000000000),
    bank           text NOT NULL,
    destination    text NOT NULL,
    holder         text NOT NULL,
    description    text,
    scheduled_for  date,
    fingerprint    text NOT NULL,
    created_at     timestamptz NOT NULL,
    updated_at     timestamptz NOT NULL,
    attempt        integer NOT NULL CHECK (attempt > 0),
    attempt_kind   text NOT NULL CHECK (attempt_kind IN ('send', 'query')),
    claimed_at     timestamptz NOT NULL,
    answer         text,
    sends          integer NOT NULL CHECK (sends BETWEEN 1 AND attempt),
    proven_unsent  integer NOT NULL CHECK (proven_unsent BETWEEN 0 AND sends),
    first_sent_at  timestamptz NOT NULL,
    last_sent_at   timestamptz NOT NULL,
    next_action_at timestamptz,
    paid_at        timestamptz,
    bank_reference text,
    code           text,
    PRIMARY KEY (merchant_id, id),
    -- Nothing is in transit without a next action; what is paid may have one, as it may come back; what ended has none.
    CONSTRAINT open_payouts_have_a_next_action CHECK (CASE
        WHEN status IN ('pending', 'sent') THEN next_action_at IS NOT NULL WHEN status = 'paid' THEN true ELSE next_action_at IS NULL END),
    CONSTRAINT paid_when_paid CHECK ((paid_at IS NOT NULL) = (status IN ('paid', 'returned'))),
    -- Unknown is never guessed: failed means that the bank said no, or that every single send is proven to have had no effect.
    CONSTRAINT payout_failed_only_by_evidence CHECK (status <> 'failed' OR answer IN ('declined', 'expired') OR proven_unsent = sends)
) WITH (fillfactor = 80);
CREATE INDEX payouts_due ON payouts (next_action_at) WHERE next_action_at IS NOT NULL;
CREATE INDEX payouts_of_merchant ON payouts (merchant_id, created_at, id);
CREATE UNIQUE INDEX payouts_by_id ON payouts (id);
CREATE UNIQUE INDEX payouts_of_a_day ON payouts (merchant_id, currency, scheduled_for) WHERE scheduled_for IS NOT NULL;

CREATE TRIGGER payouts_guard BEFORE UPDATE ON payouts FOR EACH ROW
    WHEN (new.version <> old.version + 1
        OR NOT (CASE old.status
            WHEN 'pending' THEN new.status IN ('pending', 'sent', 'paid', 'failed') WHEN 'sent' THEN new.status IN ('sent', 'paid', 'failed')
            WHEN 'paid' THEN new.status IN ('paid', 'returned') ELSE false END)
        OR new.amount <> old.amount OR new.currency <> old.currency OR new.mode <> old.mode OR new.bank <> old.bank OR new.destination <> old.destination
        OR new.fingerprint <> old.fingerprint OR new.attempt < old.attempt OR new.sends < old.sends OR new.created_at <> old.created_at
        OR new.first_sent_at <> old.first_sent_at OR (old.paid_at IS NOT NULL AND new.paid_at <> old.paid_at))
    EXECUTE FUNCTION refuse('a change that no transition of a payout makes');
CREATE TRIGGER history BEFORE DELETE OR TRUNCATE ON payouts FOR EACH STATEMENT EXECUTE FUNCTION refuse('a change of history');

-- One row per state change, numbered by the version that it made: gapless per payout.
CREATE TABLE payout_audit (
    merchant_id  text COLLATE "C" NOT NULL,
    payout_id    uuid NOT NULL,
    version      bigint NOT NULL,
    at           timestamptz NOT NULL,
    action       text NOT NULL,
    status       text NOT NULL,
    attempt      integer NOT NULL,
    attempt_kind text NOT NULL,
    answer       text,
    code         text,
    amount       bigint NOT NULL,
    currency     text NOT NULL,
    decided_by   uuid REFERENCES api_keys (id),
    reason       text,
    writer       bigint NOT NULL,
    batch        bigint NOT NULL,
    position     integer NOT NULL,
    PRIMARY KEY (merchant_id, payout_id, version),
    CHECK ((decided_by IS NULL) = (reason IS NULL))
);
COMMENT ON COLUMN payout_audit.decided_by IS 'The operator who told what the bank''s statement says, and why.';
CREATE TRIGGER history BEFORE UPDATE OR DELETE OR TRUNCATE ON payout_audit FOR EACH STATEMENT EXECUTE FUNCTION refuse('a change of history');

-- What of an account's growth is younger than an instant: charges and captures that were posted later. As many index lookups as the account has
-- postings since then, and as its number has bits.
CREATE FUNCTION young_captures(account bigint, latest bigint, since timestamptz) RETURNS bigint LANGUAGE sql STABLE SET search_path = payments AS $$
    SELECT coalesce(sum(-p.amount), 0)::bigint
    FROM postings p JOIN journal_entries e ON e.id = p.entry_id
    WHERE p.account_no = account AND p.seq > coalesce(posted_until(account, latest, since), 0) AND p.seq <= latest AND e.kind IN ('charge', 'capture') AND p.amount < 0
$$;

GRANT SELECT, INSERT ON payouts, payout_audit, payout_settings TO payments_app;
GRANT UPDATE ON payouts TO payments_app;
GRANT UPDATE (schedule, minimum, delay_days, reserve, destination, holder, scheduled_through, changed_by, changed_at) ON payout_settings TO payments_app;
