-- A payment's id is as good as random, and so were the places where these two indexes grew: each charge touched a page of each that no processor's cache had, and at a million
-- payments half of a commit's time went into such pages. By time they grow at their end. Whoever looks for an entry's lines or a payment's events knows their times: from the
-- entry, and from the payment's audit.
DROP INDEX postings_of_entry;
CREATE UNIQUE INDEX postings_of_entry ON postings (posted_at, entry_id, line);

ALTER TABLE events DROP CONSTRAINT events_of_payment;
ALTER TABLE events ADD CONSTRAINT events_of_payment UNIQUE (written_at, merchant_id, payment_id, payment_seq);
