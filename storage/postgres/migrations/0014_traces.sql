-- The trace of the request that asked for an operation (W3C traceparent): what happens to it later, in other traces, links there.
ALTER TABLE operations ADD COLUMN trace text CHECK (length(trace) <= 64);
COMMENT ON COLUMN operations.trace IS 'For people who look into what happened; nothing is decided by it.';
