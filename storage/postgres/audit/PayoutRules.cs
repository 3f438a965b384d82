namespace Payments.Storage.Postgres.Auditing;

/// <summary>Payouts: their trail, the entries of their states, and that what is in transit is what the account says.</summary>
internal static class PayoutRules
{
    public static readonly SqlRule[] All =
    [
        new("I3", "payouts' transitions", "every change of a payout is one that its rules make; what ended stays so", "payout_audit", """
            SELECT format('Payout {po:%s}, version %s (%s): %s.', payout_id, version, action, problem)
            FROM (SELECT step.*, CASE
                -- What was before has left.
                WHEN version_before IS NULL AND version > 1 AND (SELECT partly FROM kept) THEN NULL
                WHEN version <> coalesce(version_before, 0) + 1 THEN format('it follows version %s', coalesce(version_before, 0))
                WHEN (before IS NULL) <> (action = 'payout_claimed') THEN 'a payout begins with its claim, and only once'
                WHEN before IN ('failed', 'returned') THEN format('nothing happens to a payout that is %s', before)
                WHEN before = 'paid' AND status NOT IN ('paid', 'returned') OR before = 'sent' AND status NOT IN ('sent', 'paid', 'failed')
                    OR before = 'pending' AND status = 'returned' THEN format('it turns %s into %s', before, status)
                WHEN status <> before AND status <> CASE action WHEN 'sent' THEN 'sent' WHEN 'paid' THEN 'paid' WHEN 'decided_paid' THEN 'paid'
                        WHEN 'declined' THEN 'failed' WHEN 'decided_failed' THEN 'failed' WHEN 'given_up_unsent' THEN 'failed'
                        WHEN 'returned' THEN 'returned' WHEN 'decided_returned' THEN 'returned' ELSE 'unchanged' END THEN format('it leaves the payout %s', status)
                WHEN (action LIKE 'decided\_%') <> (decided_by IS NOT NULL) THEN 'what a person decided names the person, and nothing else does'
                WHEN attempt <> coalesce(attempt_before, 0) + CASE WHEN action LIKE '%\_claimed' THEN 1 ELSE 0 END
                    THEN format('attempt %s does not follow attempt %s', attempt, coalesce(attempt_before, 0))
                END AS problem
                FROM (SELECT a.*, lag(status) OVER own AS before, lag(version) OVER own AS version_before, lag(attempt) OVER own AS attempt_before
                      FROM payout_audit a WINDOW own AS (PARTITION BY merchant_id, payout_id ORDER BY version)) step) judged
            WHERE problem IS NOT NULL
            """),
        new("I5", "payouts and audit", "every payout is what its latest audit row says, and counts what was claimed", "payout", """
            SELECT format('Payout {po:%s} is %s at version %s with %s attempts and %s sends; its audit trail ends with %s at version %s after %s and %s.',
                          coalesce(p.id, a.payout_id), coalesce(p.status, 'missing'), p.version, p.attempt, p.sends, coalesce(a.status, 'nothing'), a.version, a.attempts, a.sends)
            FROM payout p
            FULL JOIN (SELECT DISTINCT ON (merchant_id, payout_id) merchant_id, payout_id, version, status, answer, code, amount, currency,
                              count(*) FILTER (WHERE action LIKE '%\_claimed') OVER every AS attempts,
                              count(*) FILTER (WHERE action IN ('payout_claimed', 'retry_claimed')) OVER every AS sends, min(version) OVER every AS first
                       FROM payout_audit WINDOW every AS (PARTITION BY merchant_id, payout_id)
                       ORDER BY merchant_id, payout_id, version DESC) a
                ON a.merchant_id = p.merchant_id AND a.payout_id = p.id
            WHERE CASE
                WHEN (SELECT partly FROM kept) AND p.id IS NOT NULL AND a.first IS DISTINCT FROM 1
                    THEN (p.version, p.status, p.answer, p.code, p.amount, p.currency) IS DISTINCT FROM (a.version, a.status, a.answer, a.code, a.amount, a.currency) AND a.first IS NOT NULL
                ELSE (p.version, p.status, p.attempt, p.sends, p.answer, p.code, p.amount, p.currency)
                    IS DISTINCT FROM (a.version, a.status, a.attempts, a.sends, a.answer, a.code, a.amount, a.currency) END
            """),
        new("I5", "payouts' entries", "every payout has exactly the journal entries that its state calls for, with the right lines", "payout", """
            SELECT format('Payout {po:%s} is %s: the ledger should have "%s", and has "%s".', coalesce(p.id, e.operation_id), coalesce(p.status, 'missing'),
                          coalesce(p.due, 'nothing'), coalesce(e.posted, 'nothing'))
            FROM (SELECT *, concat_ws(', ', 'payout', CASE WHEN status = 'failed' THEN 'payout_failed' END, CASE WHEN status IN ('paid', 'returned') THEN 'payout_paid' END,
                      CASE WHEN status = 'returned' THEN 'payout_returned' END) AS due_kinds, concat_ws('; ',
                      format('payout: merchant:%1$s:balance:%2$s %3$s, merchant:%1$s:payouts_in_transit:%2$s -%3$s', merchant_id, currency, amount),
                      CASE WHEN status = 'failed'
                           THEN format('payout_failed: merchant:%1$s:payouts_in_transit:%2$s %3$s, merchant:%1$s:balance:%2$s -%3$s', merchant_id, currency, amount) END,
                      CASE WHEN status IN ('paid', 'returned')
                           THEN format('payout_paid: merchant:%1$s:payouts_in_transit:%2$s %3$s, %4$s -%3$s', merchant_id, currency, amount, cash) END,
                      CASE WHEN status = 'returned'
                           THEN format('payout_returned: %4$s %3$s, merchant:%1$s:balance:%2$s -%3$s', merchant_id, currency, amount, cash) END) AS due
                  FROM (SELECT *, format('bank:%s:cash:%s', CASE mode WHEN 'live' THEN 'main' ELSE 'test' END, currency) AS cash FROM payout) with_cash) p
            FULL JOIN (SELECT merchant_id, operation_id, string_agg(kind || ': ' || lines, '; ' ORDER BY kind) AS posted, string_agg(kind, ', ' ORDER BY kind) AS kinds,
                              bool_or(posted_at < (SELECT since FROM kept)) AS has_left
                       FROM (SELECT e.merchant_id, e.operation_id, e.kind, e.posted_at, string_agg(a.id || ' ' || l.amount, ', ' ORDER BY l.line) AS lines
                             FROM payout_entry e LEFT JOIN payments.postings l ON l.entry_id = e.id AND l.posted_at = e.posted_at LEFT JOIN payments.accounts a ON a.no = l.account_no
                             GROUP BY e.merchant_id, e.operation_id, e.kind, e.posted_at, e.id) entries
                       GROUP BY merchant_id, operation_id) e
                ON e.merchant_id = p.merchant_id AND e.operation_id = p.id
            -- Lines that have left are the first ones.
            WHERE CASE WHEN e.has_left THEN p.due_kinds IS DISTINCT FROM e.kinds OR right(p.due, length(coalesce(e.posted, ''))) <> coalesce(e.posted, '')
                       ELSE p.due IS DISTINCT FROM e.posted END
            """),
        new("I5", "payouts in transit", "what the accounts say is in transit is the sum of the payouts that are", "payments.payouts", """
            SELECT format('Account %s holds %s; the payouts in transit of %s in %s add up to %s.',
                          coalesce(a.id, 'of none'), coalesce(-a.balance, 0), coalesce(p.merchant_id, a.merchant_id), coalesce(p.currency, a.currency), coalesce(p.amount, 0))
            FROM (SELECT merchant_id, currency, sum(amount) AS amount FROM payments.payouts WHERE status IN ('pending', 'sent') GROUP BY merchant_id, currency) p
            FULL JOIN (SELECT * FROM payments.accounts WHERE id LIKE 'merchant:%:payouts\_in\_transit:%') a
                ON a.merchant_id = p.merchant_id AND a.currency = p.currency
            WHERE coalesce(-a.balance, 0) <> coalesce(p.amount, 0)
            """),
    ];
}
