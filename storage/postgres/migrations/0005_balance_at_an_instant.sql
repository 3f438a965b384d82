-- How many postings an account had at an instant. An account's postings never go back in time, so halving finds it in about as many
-- index lookups as the number has bits, whatever the instant; no index on times has to be written for it.
CREATE FUNCTION posted_until(account bigint, latest bigint, at timestamptz) RETURNS bigint LANGUAGE sql STABLE SET search_path = payments AS $$
    WITH RECURSIVE search (low, high) AS (
        SELECT 0::bigint, latest
        UNION ALL
        SELECT CASE WHEN e.posted_at <= at THEN m.middle ELSE s.low END, CASE WHEN e.posted_at <= at THEN s.high ELSE m.middle - 1 END
        FROM search s
        CROSS JOIN LATERAL (SELECT (s.low + s.high + 1) / 2 AS middle) m
        JOIN postings p ON p.account_no = account AND p.seq = m.middle
        JOIN journal_entries e ON e.id = p.entry_id
        WHERE s.low < s.high)
    SELECT low FROM search WHERE low = high
$$;
