-- The trace of the request that asked for a payout, as an operation has it (0014).
ALTER TABLE payouts ADD COLUMN trace text CHECK (length(trace) <= 64);
COMMENT ON COLUMN payouts.trace IS 'For people who look into what happened; nothing is decided by it.';
