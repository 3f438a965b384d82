namespace Payments.Storage.Postgres.Auditing;

/// <summary>I8: one audit row per change and every event, each numbered without a gap.</summary>
internal static class SequenceRules
{
    public static readonly SqlRule[] All =
    [
        new("I8", "audit rows", "every payment has one audit row for each of its versions", "audit", """
            SELECT format('Payment {pay:%s} is at version %s and has %s audit rows, from %s to %s.',
                          coalesce(p.id, a.payment_id), coalesce(p.version, 0), coalesce(a.rows, 0), a.first, a.last)
            FROM payment p
            FULL JOIN (SELECT merchant_id, payment_id, count(*) AS rows, min(version) AS first, max(version) AS last
                       FROM audit GROUP BY payment_id, merchant_id) a
                ON a.merchant_id = p.merchant_id AND a.payment_id = p.id
            WHERE CASE WHEN (SELECT partly FROM kept) AND p.id IS NOT NULL
                       THEN a.last <> p.version OR a.rows <> a.last - a.first + 1
                       ELSE (a.first, a.last, a.rows) IS DISTINCT FROM (1::bigint, p.version, p.version) END
            """),
        new("I8", "merchants' events", "every merchant's events are numbered without a gap", "payments.events", """
            SELECT format('Merchant %s is at event %s and has %s events, from %s to %s.', coalesce(m.id, e.merchant_id), m.event_seq, coalesce(e.rows, 0), e.first, e.last)
            FROM payments.merchants m
            FULL JOIN (SELECT merchant_id, count(*) AS rows, min(seq) AS first, max(seq) AS last FROM payments.events GROUP BY merchant_id) e
                ON e.merchant_id = m.id
            WHERE m.id IS NULL OR CASE WHEN (SELECT partly FROM kept) THEN e.last <> m.event_seq OR e.rows <> e.last - e.first + 1
                       ELSE coalesce(e.rows, 0) <> m.event_seq OR coalesce(e.last, 0) <> m.event_seq OR coalesce(e.first, 1) <> 1 END
            """),
        new("I8", "payments' events", "every payment's events are numbered without a gap", "event", """
            SELECT format('Payment {pay:%s} is at event %s and has %s events, from %s to %s.',
                          coalesce(p.id, e.payment_id), coalesce(p.event_seq, 0), coalesce(e.rows, 0), e.first, e.last)
            FROM payment p
            FULL JOIN (SELECT merchant_id, payment_id, count(*) AS rows, min(payment_seq) AS first, max(payment_seq) AS last
                       FROM event GROUP BY payment_id, merchant_id) e
                ON e.merchant_id = p.merchant_id AND e.payment_id = p.id
            WHERE p.id IS NULL OR CASE WHEN (SELECT partly FROM kept) THEN e.last <> p.event_seq OR e.rows <> e.last - e.first + 1
                       ELSE coalesce(e.rows, 0) <> p.event_seq OR coalesce(e.last, 0) <> p.event_seq OR coalesce(e.first, 1) <> 1 END
            """),
        // That a payment was made is told no longer (ADR 26); where it was, it stays.
        new("I8", "events called for", "every operation's events are those that its state calls for", "operation", """
            SELECT format('Operation {op:%s} of payment {pay:%s} is %s: its merchant should have been told %s, and was told %s.',
                          coalesce(o.id, e.operation_id), coalesce(o.payment_id, e.payment_id), coalesce(o.status, 'missing'),
                          coalesce(o.due, 'nothing'), coalesce(own.told, 'nothing'))
            FROM (SELECT merchant_id, payment_id, id, kind, status, CASE kind
                      WHEN 'dispute' THEN 'dispute.opened'
                      WHEN 'dispute_won' THEN 'dispute.won'
                      WHEN 'dispute_lost' THEN 'dispute.lost'
                      WHEN 'refund_failure' THEN 'refund.failed'
                      WHEN 'charge' THEN 'payment.' || nullif(status, 'pending')
                      WHEN 'authorize' THEN 'payment.' || CASE status WHEN 'pending' THEN NULL WHEN 'succeeded' THEN 'authorized' ELSE status END
                      WHEN 'capture' THEN concat_ws(', ', 'capture.created', CASE status WHEN 'pending' THEN NULL WHEN 'succeeded' THEN 'capture.succeeded' ELSE 'capture.failed' END)
                      WHEN 'void' THEN concat_ws(', ', 'cancellation.created', CASE status WHEN 'pending' THEN NULL WHEN 'succeeded' THEN 'cancellation.succeeded' ELSE 'cancellation.failed' END)
                      WHEN 'refund' THEN concat_ws(', ', 'refund.created', CASE status WHEN 'pending' THEN NULL WHEN 'succeeded' THEN 'refund.succeeded' ELSE 'refund.failed' END)
                      END AS due
                  FROM operation) o
            FULL JOIN (SELECT merchant_id, payment_id, operation_id, string_agg(type, ', ') AS told,
                              string_agg(type, ', ') FILTER (WHERE type NOT IN ('payment.succeeded', 'payment.canceled')) AS told_of_itself
                       FROM (SELECT * FROM event WHERE type <> 'payment.requires_action' AND NOT (type = 'payment.created' AND version = 1) ORDER BY payment_id, operation_id, merchant_id, payment_seq) in_order
                       GROUP BY payment_id, operation_id, merchant_id) e
                ON e.merchant_id = o.merchant_id AND e.payment_id = o.payment_id AND e.operation_id = o.id
            -- A capture or void may end its payment, and tells so besides; that is judged below. Of what was told, the beginning may have left.
            CROSS JOIN LATERAL (SELECT CASE o.kind WHEN 'charge' THEN e.told ELSE e.told_of_itself END AS told) own
            WHERE o.due IS DISTINCT FROM own.told
              AND NOT ((SELECT partly FROM kept) AND o.id IS NOT NULL AND right(o.due, length(coalesce(own.told, ''))) = coalesce(own.told, '') AND NOT EXISTS (
                      SELECT FROM event w WHERE w.merchant_id = o.merchant_id AND w.payment_id = o.payment_id AND w.payment_seq = 1))
            """),
        new("I8", "payments' ends", "every payment's end is told once, and no other", "payment", """
            SELECT format('Payment {pay:%s} is %s, and its merchant was told %s.', p.id, p.status, coalesce(e.told, 'of no end'))
            FROM payment p
            LEFT JOIN (SELECT merchant_id, payment_id, string_agg(type, ', ') AS told
                       FROM (SELECT * FROM event WHERE type IN ('payment.succeeded', 'payment.declined', 'payment.failed', 'payment.canceled')
                             ORDER BY payment_id, merchant_id, payment_seq) in_order
                       GROUP BY payment_id, merchant_id) e
                ON e.merchant_id = p.merchant_id AND e.payment_id = p.id
            WHERE e.told IS DISTINCT FROM CASE WHEN p.status NOT IN ('processing', 'requires_action', 'authorized') THEN 'payment.' || p.status END
              AND NOT ((SELECT partly FROM kept) AND e.told IS NULL AND NOT EXISTS (
                      SELECT FROM event w WHERE w.merchant_id = p.merchant_id AND w.payment_id = p.id AND w.payment_seq = 1))
            """),
        new("I8", "events and audit", "every event belongs to the audited change that it tells of", "event", """
            SELECT format('Event %s of merchant %s (%s) tells of version %s of payment {pay:%s}, and the audit trail does not.',
                          e.seq, e.merchant_id, e.type, e.version, e.payment_id)
            FROM event e
            LEFT JOIN audit a ON a.merchant_id = e.merchant_id AND a.payment_id = e.payment_id AND a.version = e.version
            WHERE a.version IS NULL OR a.operation_id <> e.operation_id OR a.at <> e.at OR a.written_at <> e.written_at
            """),
    ];
}
