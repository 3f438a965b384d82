-- The fixed point of the books: up to it nothing is ever posted again, so that whatever is computed as of then is the same for ever.
-- Every batch holds the lock of the books shared, from before it reads the fixed point until it commits; who moves the fixed point holds it
-- alone, and so waits for the batches in flight. A lock of its own, and not the row's: rows locked shared by ever new batches may make who
-- wants them alone wait without end.
CREATE TABLE books (
    is_the_one  boolean PRIMARY KEY DEFAULT true CHECK (is_the_one),
    fixed_until timestamptz NOT NULL
);
INSERT INTO books (fixed_until) VALUES ('epoch');
CREATE TRIGGER books_guard BEFORE UPDATE ON books FOR EACH ROW WHEN (new.fixed_until < old.fixed_until OR new.fixed_until > clock_timestamp())
    EXECUTE FUNCTION refuse('a fixed point that goes back, or is not over');
CREATE TRIGGER history BEFORE DELETE OR TRUNCATE ON books FOR EACH STATEMENT EXECUTE FUNCTION refuse('a change of history');

-- A number that nobody else locks.
CREATE FUNCTION lock_books() RETURNS void LANGUAGE sql AS $$ SELECT pg_advisory_xact_lock_shared(7020105270815157108) $$;
CREATE FUNCTION lock_books_alone() RETURNS void LANGUAGE sql AS $$ SELECT pg_advisory_xact_lock(7020105270815157108) $$;

-- Moves the fixed point on to an instant, which must be over, or to now (null), or leaves it where it is further already; and says as of when
-- the books can be read.
CREATE FUNCTION fix_books(until timestamptz) RETURNS timestamptz LANGUAGE plpgsql SET search_path = payments AS $$
DECLARE
    instant timestamptz;
BEGIN
    PERFORM lock_books_alone();
    instant := coalesce(until, clock_timestamp());
    UPDATE books SET fixed_until = instant WHERE fixed_until < instant;
    RETURN instant;
END $$;

-- What writers do by themselves, the database demands of everybody.
CREATE FUNCTION check_not_fixed() RETURNS trigger LANGUAGE plpgsql SET search_path = payments AS $$
DECLARE
    culprit text;
BEGIN
    PERFORM lock_books();
    SELECT a.id::text INTO culprit FROM added a WHERE a.posted_at <= (SELECT fixed_until FROM books) LIMIT 1;
    IF culprit IS NOT NULL THEN
        RAISE EXCEPTION 'entry % is posted where the books are fixed', culprit USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER entries_behind_the_fixed_point AFTER INSERT ON journal_entries REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION check_not_fixed();

-- Months that are closed, in their order, and what their trial balance was.
CREATE TABLE period_closings (
    month     date PRIMARY KEY CHECK (extract(day FROM month) = 1),
    closed_at timestamptz NOT NULL,
    closed_by text NOT NULL,
    digest    bytea NOT NULL CHECK (length(digest) = 32)
);
COMMENT ON COLUMN period_closings.digest IS 'SHA-256 of the trial balance at the end of the month, as CSV.';
CREATE TRIGGER history BEFORE UPDATE OR DELETE OR TRUNCATE ON period_closings FOR EACH STATEMENT EXECUTE FUNCTION refuse('a change of history');

CREATE FUNCTION check_closing() RETURNS trigger LANGUAGE plpgsql SET search_path = payments AS $$
BEGIN
    -- One after the other: of two that close at once, the second sees what the first did.
    PERFORM lock_books_alone();
    IF new.month + interval '1 month' > (SELECT fixed_until AT TIME ZONE 'UTC' FROM books) + interval '1 microsecond' THEN
        RAISE EXCEPTION 'the books are not fixed until the end of %', new.month USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    IF new.month <> (SELECT max(month) + interval '1 month' FROM period_closings) THEN
        RAISE EXCEPTION 'months are closed in their order' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN new;
END $$;
CREATE TRIGGER closings_in_order BEFORE INSERT ON period_closings FOR EACH ROW EXECUTE FUNCTION check_closing();

GRANT SELECT ON books, period_closings TO payments_app;
GRANT UPDATE (fixed_until) ON books TO payments_app;
GRANT INSERT ON period_closings TO payments_app;
