namespace Payments.Storage.Postgres.Reporting;

/// <summary>
/// Operations that processors have not decided, or of which nobody knows what became: how old they are, what they are about, and what was tried. It tells of
/// the moment in which it is read, in one snapshot: what is decided since then was open then.
/// </summary>
internal static class UnresolvedOperations
{
    public static readonly ReportDefinition Definition = new()
    {
        Name = "unresolved_operations",
        Columns =
        [
            new("operation_id", ColumnKind.Id, "'op ' || o.id"), new("merchant", ColumnKind.Word, "y.merchant_id"), new("payment_intent_id", ColumnKind.Id, "'pay ' || y.id"),
            new("kind", ColumnKind.Word, "o.kind"), new("outcome", ColumnKind.Word, "CASE WHEN o.proven_unsent = o.sends THEN 'not_sent' ELSE 'unknown' END"),
            new("currency", ColumnKind.Word, "y.currency"), new("amount", ColumnKind.Money, "o.amount"), new("gateway", ColumnKind.Word, "y.gateway"),
            new("created_utc", ColumnKind.Time, "o.created_at"), new("age_seconds", ColumnKind.Number, "extract(epoch FROM now() - o.created_at)::bigint"),
            new("attempts", ColumnKind.Number, "o.attempt::bigint"), new("sends", ColumnKind.Number, "o.sends::bigint"),
            new("proven_unsent", ColumnKind.Number, "o.proven_unsent::bigint"), new("last_attempt", ColumnKind.Word, "o.attempt_kind"),
            new("last_answer", ColumnKind.Word, "o.answer"), new("code", ColumnKind.Text, "o.code"), new("processor_reference", ColumnKind.Text, "o.processor_reference"),
            new("first_sent_utc", ColumnKind.Time, "o.first_sent_at"), new("last_sent_utc", ColumnKind.Time, "o.last_sent_at"),
            new("next_action_utc", ColumnKind.Time, "o.next_action_at"),
            new("decisions", ColumnKind.Number, "(SELECT count(*) FROM operation_decisions d WHERE d.operation_id = o.id)"),
            new("description", ColumnKind.Text, "coalesce(o.reason, y.description)"),
        ],
        Metadata = [("payment_metadata", "y.metadata"), ("refund_metadata", "(CASE WHEN o.kind = 'refund' THEN o.metadata END)")],
        // Few payments are open at any time, and the index of due ones has just those.
        Rows = """
            FROM payments y JOIN operations o ON o.merchant_id = y.merchant_id AND o.payment_id = y.id
            WHERE y.next_action_at IS NOT NULL AND o.status = 'pending' AND ($1::text IS NULL OR y.merchant_id = $1)
                AND ($2::timestamptz IS NULL OR o.created_at >= $2) AND o.created_at <= $3 AND ($4::text IS NULL OR y.currency = $4)
            ORDER BY o.created_at, o.id
            """,
        Currency = "y.currency",
    };
}
