namespace Payments.Storage.Postgres.Auditing;

/// <summary>I5: what was committed in one transaction agrees: the payment, its operations, its audit trail and the ledger.</summary>
internal static class AgreementRules
{
    public static readonly SqlRule[] All =
    [
        new("I5", "payments and audit", "every payment is what its charge or authorization and its latest audit row say", "payment", """
            SELECT format('Payment {pay:%s} is %s at version %s; its charge is %s, and its audit row of that version says %s.',
                          p.id, p.status, p.version, coalesce(c.status, 'missing'), coalesce(a.status, 'nothing'))
            FROM payment p
            LEFT JOIN operation c ON c.merchant_id = p.merchant_id AND c.payment_id = p.id AND c.position = 0
            LEFT JOIN audit a ON a.merchant_id = p.merchant_id AND a.payment_id = p.id AND a.version = p.version
            -- Where its latest row has left, all have.
            WHERE c.status IS NULL OR (a.status IS NULL AND (NOT (SELECT partly FROM kept) OR EXISTS (
                      SELECT FROM audit k WHERE k.merchant_id = p.merchant_id AND k.payment_id = p.id))) OR a.status <> p.status OR a.at <> p.updated_at
               OR a.currency <> p.currency OR c.amount <> p.amount
               OR p.status <> CASE
                   WHEN c.status = 'pending' THEN CASE WHEN p.status = 'requires_action' THEN p.status ELSE 'processing' END
                   WHEN c.status = 'succeeded' AND c.kind = 'authorize' THEN CASE
                       WHEN p.status = 'authorized' AND p.captured < p.amount THEN 'authorized' WHEN p.captured > 0 THEN 'succeeded' ELSE 'canceled' END
                   ELSE c.status END
               OR c.kind <> CASE p.capture WHEN 'manual' THEN 'authorize' ELSE 'charge' END
            """),
        new("I5", "operations and audit", "every operation is what its latest audit row says, and every audited operation exists", "operation", """
            SELECT format('Operation {op:%s} of payment {pay:%s} is %s (attempt %s); its latest audit row says %s (attempt %s).',
                          coalesce(o.id, a.operation_id), coalesce(o.payment_id, a.payment_id), coalesce(o.status, 'missing'),
                          o.attempt, coalesce(a.operation_status, 'nothing'), a.attempt)
            FROM operation o
            FULL JOIN (SELECT DISTINCT ON (payment_id, operation_id, merchant_id) *
                       FROM audit ORDER BY payment_id, operation_id, merchant_id, version DESC) a
                ON a.merchant_id = o.merchant_id AND a.payment_id = o.payment_id AND a.operation_id = o.id
            WHERE (o.status, o.attempt, o.attempt_kind, o.answer, o.code, o.amount)
                IS DISTINCT FROM (a.operation_status, a.attempt, a.attempt_kind, a.answer, a.code, a.amount)
              AND NOT (o.id IS NOT NULL AND a.operation_id IS NULL AND (SELECT partly FROM kept) AND NOT EXISTS (
                      SELECT FROM audit w WHERE w.merchant_id = o.merchant_id AND w.payment_id = o.payment_id AND w.version = 1))
            """),
        new("I5", "entries called for", "every operation has exactly the journal entries that its state calls for", "operation", """
            SELECT format('Operation {op:%s} of payment {pay:%s} is a %s that %s: the ledger should have %s, and has %s.',
                          coalesce(o.id, e.operation_id), coalesce(o.payment_id, e.payment_id), coalesce(o.kind, 'ghost'),
                          coalesce('is ' || o.status, 'does not exist'), coalesce(o.due, 'nothing'), coalesce(e.kinds, 'nothing'))
            FROM (SELECT merchant_id, payment_id, id, kind, status, CASE kind
                      WHEN 'charge' THEN CASE status WHEN 'succeeded' THEN 'charge' END
                      WHEN 'capture' THEN CASE status WHEN 'succeeded' THEN 'capture' END
                      WHEN 'refund' THEN concat_ws(', ', 'refund_reserve', CASE status WHEN 'pending' THEN NULL WHEN 'succeeded' THEN 'refund_settle' ELSE 'refund_return' END)
                      WHEN 'dispute' THEN 'dispute_open'
                      WHEN 'dispute_won' THEN 'dispute_won'
                      WHEN 'dispute_lost' THEN 'dispute_lost'
                      WHEN 'refund_failure' THEN 'refund_failure'
                      END AS due
                  FROM operation) o
            FULL JOIN (SELECT merchant_id, payment_id, operation_id, string_agg(kind, ', ') AS kinds
                       FROM (SELECT * FROM payment_entry ORDER BY payment_id, operation_id, merchant_id, kind) in_order
                       GROUP BY payment_id, operation_id, merchant_id) e
                ON e.merchant_id = o.merchant_id AND e.payment_id = o.payment_id AND e.operation_id = o.id
            WHERE o.due IS DISTINCT FROM e.kinds
            """),
        // The lines of each kind of entry, written out once more on purpose: an audit that reused the code that posts would repeat its mistakes.
        new("I5", "entries' lines", "every entry moves the right amounts between the right accounts", "payment_entry", """
            SELECT format('Entry %s (%s of payment {pay:%s}) posts "%s"; it should post "%s".', id, kind, payment_id, coalesce(posted, 'nothing'), due)
            FROM (SELECT e.id, e.kind, e.payment_id, e.posted_at, lines.posted, CASE e.kind
                    WHEN 'dispute_open' THEN format('merchant:%1$s:balance:%2$s %3$s, merchant:%1$s:disputes:%2$s -%3$s', p.merchant_id, p.currency, o.amount + o.processor_fee)
                    WHEN 'dispute_won' THEN concat_ws(', ',
                        format('merchant:%s:disputes:%s %s', p.merchant_id, p.currency, d.amount + d.processor_fee),
                        CASE WHEN d.amount + d.processor_fee <> o.processor_fee
                             THEN format('merchant:%s:balance:%s %s', p.merchant_id, p.currency, o.processor_fee - d.amount - d.processor_fee) END,
                        CASE WHEN o.processor_fee <> 0 THEN format('gateway:%s:receivable:%s %s', p.gateway, p.currency, -o.processor_fee) END)
                    WHEN 'dispute_lost' THEN format('merchant:%1$s:disputes:%2$s %3$s, gateway:%4$s:receivable:%2$s -%3$s',
                        p.merchant_id, p.currency, d.amount + d.processor_fee, p.gateway)
                    WHEN 'refund_failure' THEN concat_ws(', ',
                        format('gateway:%s:receivable:%s %s', p.gateway, p.currency, o.amount),
                        CASE WHEN o.amount <> o.fee THEN format('merchant:%s:balance:%s %s', p.merchant_id, p.currency, o.fee - o.amount) END,
                        CASE WHEN o.fee <> 0 THEN format('platform:%s:%s %s', CASE p.mode WHEN 'live' THEN 'fees' ELSE 'test_fees' END, p.currency, -o.fee) END)
                    WHEN o.kind THEN concat_ws(', ',
                        format('gateway:%s:receivable:%s %s', p.gateway, p.currency, o.amount),
                        CASE WHEN o.amount <> o.fee THEN format('merchant:%s:balance:%s %s', p.merchant_id, p.currency, o.fee - o.amount) END,
                        CASE WHEN o.fee <> 0 THEN format('platform:%s:%s %s', CASE p.mode WHEN 'live' THEN 'fees' ELSE 'test_fees' END, p.currency, -o.fee) END)
                    WHEN 'refund_reserve' THEN format('merchant:%1$s:balance:%2$s %3$s, merchant:%1$s:refunds_in_transit:%2$s -%3$s', p.merchant_id, p.currency, o.amount)
                    WHEN 'refund_settle' THEN concat_ws(', ',
                        format('merchant:%s:refunds_in_transit:%s %s, gateway:%s:receivable:%2$s -%3$s', p.merchant_id, p.currency, o.amount, p.gateway),
                        CASE WHEN o.fee <> 0 THEN format('platform:%s:%s %s, merchant:%s:balance:%2$s %s',
                            CASE p.mode WHEN 'live' THEN 'fees' ELSE 'test_fees' END, p.currency, -o.fee, p.merchant_id, o.fee) END)
                    WHEN 'refund_return' THEN format('merchant:%1$s:refunds_in_transit:%2$s %3$s, merchant:%1$s:balance:%2$s -%3$s', p.merchant_id, p.currency, o.amount)
                    ELSE 'an entry of a known kind' END AS due
                  FROM payment_entry e
                  JOIN payment p ON p.merchant_id = e.merchant_id AND p.id = e.payment_id
                  JOIN operation o ON o.merchant_id = e.merchant_id AND o.payment_id = e.payment_id AND o.id = e.operation_id
                  LEFT JOIN operation d ON d.merchant_id = o.merchant_id AND d.payment_id = o.payment_id AND d.id = o.about
                  LEFT JOIN (SELECT entry_id, string_agg(line, ', ') AS posted
                             FROM (SELECT l.entry_id, a.id || ' ' || l.amount AS line
                                   FROM payments.postings l JOIN payments.accounts a ON a.no = l.account_no ORDER BY l.entry_id, l.line) line
                             GROUP BY entry_id) lines
                      ON lines.entry_id = e.id) compared
            WHERE posted IS DISTINCT FROM due AND posted_at >= (SELECT since FROM kept)
            """),
        new("I5", "next actions", "whatever is in flight has a next action, and nothing else has", "payment", """
            SELECT format('Payment {pay:%s} is %s with %s refunds in flight; its next action is at %s, and its operations'' at %s.',
                          p.id, p.status, o.open, coalesce(p.next_action_at::text, 'no time'), coalesce(o.next::text, 'no time'))
            FROM payment p
            LEFT JOIN (SELECT merchant_id, payment_id, min(next_action_at) AS next, count(*) FILTER (WHERE status = 'pending' AND kind = 'refund') AS open,
                              bool_and((status = 'pending') = (next_action_at IS NOT NULL)) AS right_ones
                       FROM operation GROUP BY payment_id, merchant_id) o
                ON (o.merchant_id, o.payment_id) = (p.merchant_id, p.id)
            WHERE p.next_action_at IS DISTINCT FROM coalesce(o.next, p.authorized_until) OR NOT coalesce(o.right_ones, false)
            """),
    ];
}
