namespace Payments.Storage.Postgres.Auditing;

/// <summary>I2: every entry balances, and every balance is the sum of its postings.</summary>
internal static class LedgerRules
{
    public static readonly SqlRule[] All =
    [
        new("I2", "entries balance", "every entry sums to zero in each currency", "posting", """
            SELECT format('Entry %s does not balance: it is off by %s minor units of %s.', entry_id, sum(amount), currency)
            FROM posting GROUP BY entry_id, currency HAVING sum(amount) <> 0
            """),
        new("I2", "entries are whole", "every entry has two or more lines, numbered without a gap", "entry", """
            SELECT format('Entry %s (%s) has %s postings numbered %s to %s: lines are missing or doubled.',
                          e.id, e.kind, count(p.entry_id), min(p.line), max(p.line))
            FROM entry e LEFT JOIN posting p ON p.entry_id = e.id
            GROUP BY e.id, e.kind
            HAVING count(p.entry_id) < 2 OR max(p.line) - min(p.line) + 1 <> count(*)
            """),
        new("I2", "postings have a home", "every posting belongs to an entry and to an account of its currency", "posting", """
            SELECT format('Posting %s of account %s (entry %s) belongs to no %s.', p.seq, coalesce(a.id, p.account_no::text), p.entry_id,
                          CASE WHEN e.id IS NULL THEN 'entry' WHEN a.no IS NULL THEN 'account' WHEN a.currency <> p.currency THEN 'account of its currency' ELSE 'entry of its time' END)
            FROM posting p
            LEFT JOIN payments.journal_entries e ON e.id = p.entry_id
            LEFT JOIN payments.accounts a ON a.no = p.account_no
            WHERE e.id IS NULL OR a.no IS NULL OR a.currency <> p.currency OR e.posted_at <> p.posted_at
            """),
        // In scope or not, the posting before the first one is where its running balance comes from; or what has left came to.
        new("I2", "running balances", "along each account numbers have no gap, balances add up, time never goes back", "posting", """
            SELECT format('Account %s, posting %s: %s.', coalesce(a.id, account_no::text), line.seq, CASE
                WHEN line.seq <> seq_before + 1 THEN format('the one before it is number %s, so postings are missing', seq_before)
                WHEN balance_after <> balance_before + amount
                    THEN format('%s after %s%s should leave %s, not %s', balance_before, CASE WHEN amount > 0 THEN '+' END, amount, balance_before + amount, balance_after)
                ELSE format('it was posted at %s, before the one in front of it (%s)', posted_at, posted_before) END)
            FROM (SELECT p.account_no, p.seq, p.amount, p.balance_after, p.posted_at, lag(p.posted_at) OVER w AS posted_before,
                         coalesce(lag(p.seq) OVER w, (
                             SELECT b.seq FROM payments.postings b WHERE b.account_no = p.account_no AND b.seq = p.seq - 1), (
                             SELECT v.seq FROM payments.archived_accounts v WHERE v.account_no = p.account_no AND v.seq = p.seq - 1), 0) AS seq_before,
                         coalesce(lag(p.balance_after) OVER w, (
                             SELECT b.balance_after FROM payments.postings b WHERE b.account_no = p.account_no AND b.seq = p.seq - 1), (
                             SELECT v.balance FROM payments.archived_accounts v WHERE v.account_no = p.account_no AND v.seq = p.seq - 1), 0) AS balance_before
                  FROM posting p
                  WINDOW w AS (PARTITION BY p.account_no ORDER BY p.seq)) line
            LEFT JOIN payments.accounts a ON a.no = line.account_no
            WHERE line.seq <> seq_before + 1 OR balance_after <> balance_before + amount OR posted_at < posted_before
            """),
        new("I2", "account balances", "every account's row says what its latest posting says", "payments.accounts", """
            SELECT format('Account %s says balance %s after %s postings (last at %s); its latest posting is number %s and leaves %s (at %s).',
                          a.id, a.balance, a.seq, a.last_posted_at, coalesce(p.seq, v.seq, 0), coalesce(p.balance_after, v.balance, 0), coalesce(e.posted_at, v.posted_at))
            FROM payments.accounts a
            LEFT JOIN LATERAL (SELECT * FROM payments.postings l WHERE l.account_no = a.no ORDER BY l.seq DESC LIMIT 1) p ON true
            LEFT JOIN payments.journal_entries e ON e.id = p.entry_id
            LEFT JOIN LATERAL (SELECT * FROM payments.archived_accounts l WHERE l.account_no = a.no ORDER BY l.seq DESC LIMIT 1) v ON p.seq IS NULL
            WHERE a.balance <> coalesce(p.balance_after, v.balance, 0) OR a.seq <> coalesce(p.seq, v.seq, 0)
               OR a.last_posted_at <> coalesce(e.posted_at, v.posted_at, '-infinity')
            """),
        new("I2", "books balance", "all accounts of a currency sum to zero", "payments.accounts", """
            SELECT format('The accounts in %s are off by %s minor units.', currency, sum(balance))
            FROM payments.accounts GROUP BY currency HAVING sum(balance) <> 0
            """),
        new("I2", "own entries", "every own entry is whole, and moves only what is between the merchant's own accounts", "payments.own_entries", """
            SELECT format('Entry %s (%s of %s) is %s.', coalesce(e.id, o.entry_id), coalesce(e.kind, 'missing'), coalesce(e.merchant_id, o.merchant_id), CASE
                WHEN e.id IS NULL THEN 'not in the journal' WHEN o.entry_id IS NULL THEN 'without what it carries' ELSE 'not what its kind says' END)
            FROM (SELECT * FROM payments.journal_entries WHERE kind IN ('own', 'reversal')) e
            FULL JOIN payments.own_entries o ON o.entry_id = e.id
            WHERE e.id IS NULL OR o.entry_id IS NULL OR e.merchant_id <> o.merchant_id OR (e.kind = 'reversal') <> (o.reverses IS NOT NULL)
            UNION ALL
            SELECT format('Entry %s (%s of %s) posts to account %s.', e.id, e.kind, e.merchant_id, a.id)
            FROM entry e JOIN payments.postings p ON p.entry_id = e.id AND p.posted_at = e.posted_at
            JOIN (SELECT *, id LIKE 'merchant:%' AND split_part(id, ':', 3) IN ('assets', 'liabilities') AS is_own FROM payments.accounts OFFSET 0) a ON a.no = p.account_no
            WHERE (e.kind IN ('own', 'reversal')) <> a.is_own
               OR (e.kind IN ('own', 'reversal') AND a.merchant_id <> e.merchant_id)
            """),
        new("I2", "reversals", "every reversal posts its entry's lines the other way, once", "payments.own_entries", """
            SELECT format('Entry %s takes back entry %s (%s): it posts "%s" and should post "%s".', o.entry_id, o.reverses, coalesce(e.kind, 'missing'),
                          reversal.lines, original.lines)
            FROM payments.own_entries o
            LEFT JOIN payments.journal_entries e ON e.id = o.reverses
            LEFT JOIN payments.journal_entries r ON r.id = o.entry_id
            LEFT JOIN LATERAL (SELECT string_agg(p.account_no || ' ' || p.amount, ', ' ORDER BY p.line) AS lines
                               FROM payments.postings p WHERE p.entry_id = r.id AND p.posted_at = r.posted_at) reversal ON true
            LEFT JOIN LATERAL (SELECT string_agg(p.account_no || ' ' || -p.amount, ', ' ORDER BY p.line) AS lines
                               FROM payments.postings p WHERE p.entry_id = e.id AND p.posted_at = e.posted_at) original ON true
            WHERE o.reverses IS NOT NULL
              AND (e.kind IS DISTINCT FROM 'own' OR e.merchant_id <> o.merchant_id
                   OR (reversal.lines IS DISTINCT FROM original.lines AND e.posted_at >= (SELECT since FROM kept)))
            """),
        new("I2", "account names", "every account is its owner's and grows on the side that its name says", "payments.accounts", """
            SELECT format('Account %s has the wrong owner (%s) or grows on the wrong side.', id, coalesce(merchant_id, 'the platform'))
            FROM payments.accounts
            WHERE merchant_id IS DISTINCT FROM CASE WHEN id LIKE 'merchant:%' THEN split_part(id, ':', 2) END
               OR grows_by_debit <> (id LIKE 'gateway:%' OR id LIKE 'bank:%' OR id ~ '^platform:(test_)?write_offs:' OR (id LIKE 'merchant:%' AND split_part(id, ':', 3) = 'assets'))
            """),
    ];
}
