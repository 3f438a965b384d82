-- What processors tell by themselves and what operators decide: an inbox of evidence, customers' actions, disputes, refunds that come back,
-- and payments that go on to another processor.

DROP TRIGGER payments_guard ON payments;
ALTER TABLE payments
    ADD COLUMN routes text,
    ADD COLUMN return_url text,
    ADD COLUMN action_url text,
    ADD COLUMN refunds_reversed bigint NOT NULL DEFAULT 0 CHECK (refunds_reversed >= 0),
    ADD COLUMN disputed bigint NOT NULL DEFAULT 0 CHECK (disputed >= 0);
UPDATE payments SET routes = gateway;
ALTER TABLE payments
    ALTER COLUMN routes SET NOT NULL, ALTER COLUMN refunds_reversed DROP DEFAULT, ALTER COLUMN disputed DROP DEFAULT,
    ADD CONSTRAINT gateway_is_a_route CHECK (gateway = ANY (string_to_array(routes, ','))),
    ADD CONSTRAINT action_only_while_required CHECK (action_url IS NULL OR status = 'requires_action'),
    ADD CONSTRAINT disputed_never_exceeds_captured CHECK (disputed <= captured),
    ADD CONSTRAINT reversed_never_exceeds_refunded CHECK (refunds_reversed <= refunded),
    DROP CONSTRAINT refunds_never_exceed_captured,
    ADD CONSTRAINT refunds_never_exceed_captured CHECK (refunded - refunds_reversed + refunds_in_flight <= captured),
    DROP CONSTRAINT payments_status_check,
    ADD CONSTRAINT payments_status_check
        CHECK (status IN ('processing', 'requires_action', 'authorized', 'succeeded', 'declined', 'failed', 'canceled')),
    DROP CONSTRAINT open_payments_have_a_next_action,
    ADD CONSTRAINT open_payments_have_a_next_action CHECK (CASE
        WHEN status IN ('processing', 'requires_action') OR captures_in_flight > 0 OR refunds_in_flight > 0 THEN next_action_at IS NOT NULL
        WHEN status <> 'authorized' THEN next_action_at IS NULL
        ELSE true END);

CREATE TRIGGER payments_guard BEFORE UPDATE ON payments FOR EACH ROW
    WHEN (new.version <> old.version + 1
        OR (new.status <> old.status AND NOT (old.status IN ('processing', 'requires_action')
            OR (old.status = 'authorized' AND new.status IN ('succeeded', 'canceled'))))
        -- A payment goes on to another processor only while nothing of it can have happened at the one before.
        OR (new.gateway <> old.gateway AND NOT (old.status IN ('processing', 'requires_action') AND new.status = 'processing'))
        OR new.amount <> old.amount OR new.currency <> old.currency OR new.mode <> old.mode OR new.capture <> old.capture
        OR new.fee_basis_points <> old.fee_basis_points OR new.fee_fixed <> old.fee_fixed OR new.fee_returned_on_refund <> old.fee_returned_on_refund
        OR new.routes <> old.routes OR new.refunded < old.refunded OR new.captured < old.captured OR new.refunds_reversed < old.refunds_reversed
        OR new.event_seq < old.event_seq OR new.created_at <> old.created_at)
    EXECUTE FUNCTION refuse('a change that no transition makes');

DROP TRIGGER operations_guard ON operations;
ALTER TABLE operations
    ADD COLUMN processor_fee bigint NOT NULL DEFAULT 0 CHECK (processor_fee >= 0),
    ADD COLUMN about uuid,
    DROP CONSTRAINT operations_kind_check,
    ADD CONSTRAINT operations_kind_check
        CHECK (kind IN ('charge', 'authorize', 'capture', 'void', 'refund', 'dispute', 'dispute_won', 'dispute_lost', 'refund_failure')),
    DROP CONSTRAINT operations_attempt_kind_check,
    DROP CONSTRAINT operations_attempt_check,
    DROP CONSTRAINT operations_check,
    -- What we ask for has attempts; what the processor did by itself has none, is about something, and is decided when we hear of it.
    ADD CONSTRAINT attempts_of_what_we_ask_for CHECK (CASE attempt_kind
        WHEN 'notice' THEN kind IN ('dispute', 'dispute_won', 'dispute_lost', 'refund_failure') AND attempt = 0 AND sends = 0 AND about IS NOT NULL
            AND status = 'succeeded'
        ELSE kind IN ('charge', 'authorize', 'capture', 'void', 'refund') AND attempt_kind IN ('send', 'query') AND attempt > 0
            AND sends BETWEEN 1 AND attempt AND about IS NULL END),
    ADD CONSTRAINT processor_fees_of_disputes CHECK (processor_fee = 0 OR kind IN ('dispute', 'dispute_won', 'dispute_lost')),
    DROP CONSTRAINT fees_of_what_moved_money,
    ADD CONSTRAINT fees_of_what_moved_money
        CHECK (fee = 0 OR (status = 'succeeded' AND kind IN ('charge', 'capture', 'refund', 'refund_failure')));
ALTER TABLE operations ALTER COLUMN processor_fee DROP DEFAULT;

CREATE TRIGGER operations_guard BEFORE UPDATE ON operations FOR EACH ROW
    WHEN (old.status <> 'pending' OR new.amount <> old.amount OR new.kind <> old.kind OR new.fingerprint <> old.fingerprint
        OR new.is_final_capture <> old.is_final_capture OR new.attempt < old.attempt OR new.sends < old.sends
        OR new.processor_fee <> old.processor_fee OR new.about IS DISTINCT FROM old.about)
    EXECUTE FUNCTION refuse('a change of a final or another operation');

-- Webhooks name our reference, or, where processors do not keep it (disputes), their own of what a payment begins with.
CREATE UNIQUE INDEX operations_by_id ON operations (id);
CREATE INDEX operations_by_processor_reference ON operations (processor_reference)
    WHERE kind IN ('charge', 'authorize') AND processor_reference IS NOT NULL;

-- Evidence that nobody asked for, as it came: stored before it is answered, and kept until it is understood.
CREATE TABLE inbox (
    source      text COLLATE "C" NOT NULL,
    event_id    text COLLATE "C" NOT NULL,
    received_at timestamptz NOT NULL,
    news        jsonb NOT NULL,
    body        bytea,
    digest      bytea NOT NULL CHECK (length(digest) = 32),
    state       text NOT NULL CHECK (state IN ('received', 'applied', 'nothing_new', 'flagged')),
    reason      text,
    tries       integer NOT NULL DEFAULT 0,
    next_try_at timestamptz,
    merchant_id text COLLATE "C",
    payment_id  uuid,
    version     bigint,
    settled_at  timestamptz,
    PRIMARY KEY (source, event_id),
    CHECK ((state = 'received') = (next_try_at IS NOT NULL)),
    CHECK ((state = 'received') = (settled_at IS NULL)),
    CHECK ((state = 'applied') = (version IS NOT NULL))
);
COMMENT ON COLUMN inbox.body IS 'As it came, signature checked. May hold personal data: it can be erased, and the digest stays.';
COMMENT ON COLUMN inbox.version IS 'The version of the payment that it made.';
CREATE INDEX inbox_due ON inbox (next_try_at) WHERE next_try_at IS NOT NULL;
CREATE INDEX inbox_flagged ON inbox (received_at) WHERE state = 'flagged';
CREATE INDEX inbox_of_payment ON inbox (merchant_id, payment_id) WHERE payment_id IS NOT NULL;

CREATE TRIGGER inbox_guard BEFORE UPDATE ON inbox FOR EACH ROW
    WHEN (new.source <> old.source OR new.event_id <> old.event_id OR new.received_at <> old.received_at OR new.news <> old.news OR new.digest <> old.digest
        OR (new.body IS DISTINCT FROM old.body AND new.body IS NOT NULL) OR (old.state = 'applied' AND new.state <> 'applied'))
    EXECUTE FUNCTION refuse('a change of evidence');
CREATE TRIGGER history BEFORE DELETE OR TRUNCATE ON inbox FOR EACH STATEMENT EXECUTE FUNCTION refuse('a change of history');

-- What operators decided about operations that nobody else could: who, what, why. The last one that is needed goes to the inbox.
CREATE TABLE operation_decisions (
    id           uuid PRIMARY KEY,
    merchant_id  text COLLATE "C" NOT NULL,
    payment_id   uuid NOT NULL,
    operation_id uuid NOT NULL,
    outcome      text NOT NULL CHECK (outcome IN ('done', 'declined')),
    reason       text NOT NULL,
    decided_by   uuid NOT NULL REFERENCES api_keys (id),
    decided_at   timestamptz NOT NULL,
    needed       integer NOT NULL CHECK (needed IN (1, 2)),
    request      text NOT NULL,
    UNIQUE (operation_id, decided_by)
);
COMMENT ON COLUMN operation_decisions.needed IS 'How many operators had to agree, by the limit of that day.';
CREATE TRIGGER history BEFORE UPDATE OR DELETE OR TRUNCATE ON operation_decisions FOR EACH STATEMENT EXECUTE FUNCTION refuse('a change of history');

-- Processors that operators closed for new payments.
CREATE TABLE gateway_drains (
    gateway    text COLLATE "C" PRIMARY KEY,
    is_drained boolean NOT NULL,
    reason     text,
    changed_by uuid NOT NULL REFERENCES api_keys (id),
    changed_at timestamptz NOT NULL
);

GRANT SELECT, INSERT ON inbox, operation_decisions, gateway_drains TO payments_app;
GRANT UPDATE (state, reason, tries, next_try_at, merchant_id, payment_id, version, settled_at, body) ON inbox TO payments_app;
GRANT UPDATE ON gateway_drains TO payments_app;
