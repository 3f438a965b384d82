-- A foreign key looks for its row once for every row that is written, by a query of its own, and locks it. Batches write hundreds: each statement now looks
-- for all of its rows at once, and what is referred to is never deleted.
CREATE FUNCTION check_merchants_exist() RETURNS trigger LANGUAGE plpgsql SET search_path = payments AS $$
DECLARE
    orphan text;
BEGIN
    SELECT a.merchant_id INTO orphan FROM added a WHERE NOT EXISTS (SELECT FROM merchants m WHERE m.id = a.merchant_id) LIMIT 1;
    IF orphan IS NOT NULL THEN
        RAISE EXCEPTION 'there is no merchant %', orphan USING ERRCODE = 'foreign_key_violation', CONSTRAINT = TG_TABLE_NAME || '_merchant_id_fkey';
    END IF;
    RETURN NULL;
END $$;

CREATE FUNCTION check_payments_exist() RETURNS trigger LANGUAGE plpgsql SET search_path = payments AS $$
DECLARE
    orphan uuid;
BEGIN
    SELECT a.id INTO orphan FROM added a WHERE NOT EXISTS (SELECT FROM payments p WHERE p.merchant_id = a.merchant_id AND p.id = a.payment_id) LIMIT 1;
    IF orphan IS NOT NULL THEN
        RAISE EXCEPTION 'the operation % has no payment', orphan USING ERRCODE = 'foreign_key_violation', CONSTRAINT = 'operations_merchant_id_payment_id_fkey';
    END IF;
    RETURN NULL;
END $$;

ALTER TABLE payments DROP CONSTRAINT payments_merchant_id_fkey;
ALTER TABLE operations DROP CONSTRAINT operations_merchant_id_payment_id_fkey;
ALTER TABLE own_entries DROP CONSTRAINT own_entries_merchant_id_fkey;
CREATE TRIGGER payments_have_a_merchant AFTER INSERT ON payments REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION check_merchants_exist();
CREATE TRIGGER entries_have_a_merchant AFTER INSERT ON own_entries REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION check_merchants_exist();
CREATE TRIGGER operations_have_a_payment AFTER INSERT ON operations REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION check_payments_exist();
CREATE TRIGGER kept BEFORE DELETE OR TRUNCATE ON merchants FOR EACH STATEMENT EXECUTE FUNCTION refuse('a deletion');
CREATE TRIGGER kept BEFORE DELETE OR TRUNCATE ON payments FOR EACH STATEMENT EXECUTE FUNCTION refuse('a deletion');
CREATE TRIGGER kept BEFORE DELETE OR TRUNCATE ON operations FOR EACH STATEMENT EXECUTE FUNCTION refuse('a deletion');
