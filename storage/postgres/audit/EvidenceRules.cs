namespace Payments.Storage.Postgres.Auditing;

/// <summary>I6: what was decided without an attempt of ours was decided by evidence that is still there, and as it came.</summary>
internal static class EvidenceRules
{
    public static readonly SqlRule[] All =
    [
        new("I6", "evidence", "whatever evidence was applied led to the audited change that it names, and is still what came", "payments.inbox", """
            SELECT format('Event %s of %s %s.', i.event_id, i.source, CASE
                WHEN b.event_id IS NULL THEN 'is told of, and is not there as it came'
                WHEN sha256(b.body) <> i.digest THEN 'is not what came'
                ELSE format('is said to have led to version %s of payment {pay:%s}, which the audit trail does not know', i.version, i.payment_id) END)
            FROM payments.inbox i
            LEFT JOIN payments.evidence b ON b.source = i.source AND b.event_id = i.event_id AND b.month = i.month
            LEFT JOIN payments.payment_audit a ON a.merchant_id = i.merchant_id AND a.payment_id = i.payment_id AND a.version = i.version
            -- What came with a month that has left is in its files.
            WHERE (b.event_id IS NULL OR sha256(b.body) <> i.digest OR (i.state = 'applied' AND a.version IS NULL)) AND i.month::timestamp AT TIME ZONE 'UTC' >= (SELECT since FROM kept)
            """),
        new("I6", "notices and decisions", "ends of disputes and decisions are there because of evidence", "audit", """
            SELECT format('Payment {pay:%s}, version %s (%s), follows from nothing that is in the inbox.', a.payment_id, a.version, a.action)
            FROM audit a
            WHERE a.action IN ('dispute_won', 'dispute_lost', 'decided_done', 'decided_declined') AND NOT EXISTS (
                SELECT FROM payments.inbox i WHERE i.merchant_id = a.merchant_id AND i.payment_id = a.payment_id AND i.version = a.version)
            """),
        new("I6", "operators' decisions", "as many different operators as were needed decided what was decided by them", "audit", """
            SELECT format('Operation {op:%s} of payment {pay:%s} was decided as %s by %s operators; %s had to agree.',
                          a.operation_id, a.payment_id, a.operation_status, count(DISTINCT d.decided_by), coalesce(max(d.needed), 1))
            FROM audit a
            LEFT JOIN payments.operation_decisions d ON d.operation_id = a.operation_id AND d.outcome = CASE a.action WHEN 'decided_done' THEN 'done' ELSE 'declined' END
            WHERE a.action IN ('decided_done', 'decided_declined')
            GROUP BY a.merchant_id, a.payment_id, a.version, a.operation_id, a.operation_status
            HAVING count(DISTINCT d.decided_by) < coalesce(max(d.needed), 1)
            """),
    ];
}
