namespace Payments.Storage.Postgres.Auditing;

/// <summary>I5 for reconciliation: what was matched is what was posted. A file or a resolution that is being posted is judged once it is.</summary>
internal static class ReconciliationRules
{
    public static readonly SqlRule[] All =
    [
        new("I5", "settlements posted", "the entries of settlement files post what their lines were judged to be", "payments.settlement_matches", """
            SELECT format('Settlement of %s in %s posts %s minor units to %s, and its lines come to %s.', gateway, currency, coalesce(p.amount, 0), part, coalesce(m.amount, 0))
            FROM (SELECT f.gateway, v.currency, v.part, sum(v.amount) AS amount
                  FROM (SELECT file, presented_currency, currency, sum(receivable) AS receivable, sum(suspense_presented) AS suspense_presented, sum(suspense) AS suspense,
                               sum(fees) AS fees, sum(in_transit) AS in_transit
                        FROM payments.settlement_matches WHERE round = 1 GROUP BY file, presented_currency, currency) m
                  JOIN payments.settlement_files f ON f.id = m.file
                  CROSS JOIN LATERAL (VALUES
                      (m.presented_currency, 'receivable', m.receivable), (m.presented_currency, 'suspense', m.suspense_presented), (m.currency, 'suspense', m.suspense),
                      (m.currency, 'fees', m.fees), (m.currency, 'in_transit', m.in_transit)) v (currency, part, amount)
                  WHERE f.reconciled_at IS NOT NULL GROUP BY f.gateway, v.currency, v.part) m
            FULL JOIN (SELECT split_part(a.id, ':', 2) AS gateway, a.currency, CASE WHEN a.id LIKE 'suspense:%' THEN 'suspense' ELSE split_part(a.id, ':', 3) END AS part, sum(p.amount) AS amount
                       FROM (SELECT p.account_no, p.amount FROM payments.journal_entries e JOIN payments.postings p ON p.entry_id = e.id AND p.posted_at = e.posted_at
                             WHERE e.kind = 'settlement' AND p.posted_at >= (SELECT since FROM kept)
                             UNION ALL
                             SELECT account_no, settled FROM payments.archived_accounts WHERE settled <> 0) p
                       JOIN payments.accounts a ON a.no = p.account_no
                       WHERE a.id LIKE 'gateway:%' OR a.id LIKE 'suspense:%' GROUP BY 1, 2, 3) p
                USING (gateway, currency, part)
            WHERE coalesce(p.amount, 0) <> coalesce(m.amount, 0)
              AND NOT EXISTS (SELECT FROM payments.settlement_files f WHERE f.matched_at IS NOT NULL AND f.reconciled_at IS NULL)
            """),
        new("I5", "suspense explained", "what waits in suspense is what the open breaks come to", "payments.reconciliation_breaks", """
            SELECT format('suspense:%s:%s holds %s minor units, and its open breaks come to %s.', gateway, currency, coalesce(a.amount, 0), coalesce(b.amount, 0))
            FROM (SELECT split_part(id, ':', 2) AS gateway, currency, -balance AS amount FROM payments.accounts WHERE id LIKE 'suspense:%') a
            FULL JOIN (SELECT b.gateway, b.currency, sum(b.amount) AS amount FROM payments.reconciliation_breaks b
                       LEFT JOIN payments.break_resolutions r ON r.break_id = b.id
                       JOIN payments.settlement_files f ON f.id = b.file AND f.reconciled_at IS NOT NULL
                       WHERE r.break_id IS NULL GROUP BY b.gateway, b.currency) b
                USING (gateway, currency)
            WHERE coalesce(a.amount, 0) <> coalesce(b.amount, 0)
              AND NOT EXISTS (SELECT FROM payments.settlement_files f WHERE f.matched_at IS NOT NULL AND f.reconciled_at IS NULL)
              AND NOT EXISTS (SELECT FROM payments.break_resolutions r WHERE r.posts AND r.posted_at IS NULL)
            """),
        new("I5", "open breaks", "a break is open until it has its resolution, and not longer", "payments.reconciliation_breaks", """
            SELECT format('Break {brk:%s} is said to be %s, and has %s resolution.', b.id, CASE WHEN b.is_open THEN 'open' ELSE 'over' END, CASE WHEN r.break_id IS NULL THEN 'no' ELSE 'a' END)
            FROM payments.reconciliation_breaks b LEFT JOIN payments.break_resolutions r ON r.break_id = b.id
            WHERE b.is_open <> (r.break_id IS NULL)
            """),
        new("I2", "platform entries", "every entry of the platform is of reconciliation, and touches no merchant", "entry", """
            SELECT format('Entry %s is a %s of %s.', id, kind, merchant_id)
            FROM entry WHERE (merchant_id LIKE 'platform:%') <> (kind IN ('settlement', 'break_resolution'))
            UNION ALL
            SELECT format('Entry %s (%s of %s) posts to account %s.', e.id, e.kind, e.merchant_id, a.id)
            FROM entry e JOIN payments.postings p ON p.entry_id = e.id AND p.posted_at = e.posted_at JOIN payments.accounts a ON a.no = p.account_no
            WHERE e.merchant_id LIKE 'platform:%' AND a.merchant_id IS NOT NULL
            """),
    ];
}
