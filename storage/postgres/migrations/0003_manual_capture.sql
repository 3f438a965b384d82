-- Payments that are authorized first and captured later, fees that follow what was captured, and what merchants keep with a payment.

ALTER TABLE merchants ADD COLUMN fee_returned_on_refund boolean NOT NULL DEFAULT false;
GRANT UPDATE (fee_returned_on_refund) ON merchants TO payments_app;

DROP TRIGGER payments_guard ON payments;
ALTER TABLE payments
    ADD COLUMN capture text NOT NULL DEFAULT 'automatic' CHECK (capture IN ('automatic', 'manual')),
    ADD COLUMN captures_in_flight bigint NOT NULL DEFAULT 0 CHECK (captures_in_flight >= 0),
    ADD COLUMN authorized_until timestamptz,
    ADD COLUMN fee_basis_points integer NOT NULL DEFAULT 0 CHECK (fee_basis_points BETWEEN 0 AND 10000),
    ADD COLUMN fee_fixed bigint NOT NULL DEFAULT 0 CHECK (fee_fixed >= 0),
    ADD COLUMN fee_returned_on_refund boolean NOT NULL DEFAULT false,
    ADD COLUMN customer text,
    ADD COLUMN statement_descriptor text,
    ADD COLUMN metadata jsonb;

-- Until now a payment had one charge over its whole amount and a fee that was fixed with it: terms of just that fee say the same.
UPDATE payments SET fee_fixed = fee, fee = CASE WHEN captured > 0 THEN fee ELSE 0 END;
ALTER TABLE payments
    ALTER COLUMN capture DROP DEFAULT, ALTER COLUMN captures_in_flight DROP DEFAULT, ALTER COLUMN fee_basis_points DROP DEFAULT,
    ALTER COLUMN fee_fixed DROP DEFAULT, ALTER COLUMN fee_returned_on_refund DROP DEFAULT;

ALTER TABLE payments
    DROP CONSTRAINT payments_status_check,
    ADD CONSTRAINT payments_status_check CHECK (status IN ('processing', 'authorized', 'succeeded', 'declined', 'failed', 'canceled')),
    DROP CONSTRAINT captured_never_exceeds_authorized,
    ADD CONSTRAINT captured_never_exceeds_authorized CHECK (captured >= 0 AND captured + captures_in_flight <= amount),
    DROP CONSTRAINT captured_when_succeeded,
    ADD CONSTRAINT captured_when_succeeded CHECK (CASE status WHEN 'succeeded' THEN captured > 0 WHEN 'authorized' THEN captured < amount ELSE captured = 0 END),
    ADD CONSTRAINT captured_only_while_authorized CHECK (captures_in_flight = 0 OR status = 'authorized'),
    ADD CONSTRAINT authorized_only_when_manual CHECK (capture = 'manual' OR status NOT IN ('authorized', 'canceled')),
    ADD CONSTRAINT held_only_while_authorized CHECK (authorized_until IS NULL OR status = 'authorized'),
    DROP CONSTRAINT payments_check,
    ADD CONSTRAINT fee_never_exceeds_captured CHECK (fee BETWEEN 0 AND captured),
    -- Nothing is in flight without a next action. An authorization may have one besides: when the processor lets go of it.
    DROP CONSTRAINT open_payments_have_a_next_action,
    ADD CONSTRAINT open_payments_have_a_next_action CHECK (CASE
        WHEN status = 'processing' OR captures_in_flight > 0 OR refunds_in_flight > 0 THEN next_action_at IS NOT NULL
        WHEN status <> 'authorized' THEN next_action_at IS NULL
        ELSE true END);

CREATE TRIGGER payments_guard BEFORE UPDATE ON payments FOR EACH ROW
    WHEN (new.version <> old.version + 1
        OR (new.status <> old.status AND NOT (old.status = 'processing' OR (old.status = 'authorized' AND new.status IN ('succeeded', 'canceled'))))
        OR new.amount <> old.amount OR new.currency <> old.currency OR new.mode <> old.mode OR new.capture <> old.capture
        OR new.fee_basis_points <> old.fee_basis_points OR new.fee_fixed <> old.fee_fixed OR new.fee_returned_on_refund <> old.fee_returned_on_refund
        OR new.gateway <> old.gateway OR new.refunded < old.refunded OR new.captured < old.captured
        OR new.event_seq < old.event_seq OR new.created_at <> old.created_at)
    EXECUTE FUNCTION refuse('a change that no transition makes');

-- Lists, newest first. The condition holds for every payment, and only lists state it: a lookup by merchant and id, planned while the table
-- is empty, would else take this index for as good as the primary key, and read along all of a merchant's payments for one.
CREATE INDEX payments_newest ON payments (merchant_id, created_at DESC, id DESC) WHERE created_at > 'epoch';
CREATE INDEX payments_by_reference ON payments (merchant_id, reference) WHERE reference IS NOT NULL;
CREATE INDEX payments_by_customer ON payments (merchant_id, customer, created_at DESC) WHERE customer IS NOT NULL;

DROP TRIGGER operations_guard ON operations;
ALTER TABLE operations
    ADD COLUMN is_final_capture boolean NOT NULL DEFAULT false,
    ADD COLUMN fee bigint NOT NULL DEFAULT 0,
    ADD COLUMN metadata jsonb,
    DROP CONSTRAINT operations_kind_check,
    ADD CONSTRAINT operations_kind_check CHECK (kind IN ('charge', 'authorize', 'capture', 'void', 'refund')),
    ADD CONSTRAINT only_captures_are_final CHECK (kind = 'capture' OR NOT is_final_capture),
    ADD CONSTRAINT fees_of_what_moved_money CHECK (fee = 0 OR (status = 'succeeded' AND kind IN ('charge', 'capture', 'refund')));
UPDATE operations o SET fee = p.fee FROM payments p
    WHERE p.merchant_id = o.merchant_id AND p.id = o.payment_id AND o.kind = 'charge' AND o.status = 'succeeded' AND p.fee <> 0;
ALTER TABLE operations ALTER COLUMN is_final_capture DROP DEFAULT, ALTER COLUMN fee DROP DEFAULT;

CREATE TRIGGER operations_guard BEFORE UPDATE ON operations FOR EACH ROW
    WHEN (old.status <> 'pending' OR new.amount <> old.amount OR new.kind <> old.kind OR new.fingerprint <> old.fingerprint
        OR new.is_final_capture <> old.is_final_capture OR new.attempt < old.attempt OR new.sends < old.sends)
    EXECUTE FUNCTION refuse('a change of a final or another operation');
