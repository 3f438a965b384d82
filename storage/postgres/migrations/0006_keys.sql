-- Keys that people can name, tell apart, see used, and replace without a gap. A secret still is kept nowhere.

ALTER TABLE api_keys
    ADD COLUMN id uuid NOT NULL DEFAULT gen_random_uuid() UNIQUE,
    ADD COLUMN name text,
    ADD COLUMN last_used_at timestamptz,
    ADD COLUMN expires_at timestamptz,
    ADD COLUMN request text;
ALTER TABLE merchants ADD COLUMN request text;
COMMENT ON COLUMN api_keys.last_used_at IS 'To the minute: each node writes it once a minute at most.';
COMMENT ON COLUMN api_keys.expires_at IS 'When a key that was rotated ends; null: not rotated.';
COMMENT ON COLUMN api_keys.request IS 'Fingerprint of the request that made it: the same idempotency key with another one is a mistake.';
COMMENT ON COLUMN merchants.request IS 'As in api_keys.';

GRANT UPDATE (last_used_at, expires_at) ON api_keys TO payments_app;
