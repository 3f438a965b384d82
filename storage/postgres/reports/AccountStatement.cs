using static Payments.Storage.Postgres.Reporting.BalanceTransactions;

namespace Payments.Storage.Postgres.Reporting;

/// <summary>One account, posting by posting, with the running balance; amounts are positive where the account grows.</summary>
internal static class AccountStatement
{
    public static readonly ReportDefinition Definition = new()
    {
        Name = "account_statement",
        IsOfAccount = true,
        Columns =
        [
            new("number", ColumnKind.Number, "p.seq"), Id, CreatedUtc, new("account", ColumnKind.Word, "a.id"), new("currency", ColumnKind.Word, "p.currency"),
            new("kind", ColumnKind.Word, "e.kind"), new("amount", ColumnKind.Money, "CASE WHEN a.grows_by_debit THEN p.amount ELSE -p.amount END"),
            new("balance", ColumnKind.Money, "CASE WHEN a.grows_by_debit THEN p.balance_after ELSE -p.balance_after END"),
            new("payment_intent_id", ColumnKind.Id, "'pay ' || e.payment_id"),
            new("description", ColumnKind.Text, "coalesce(w.description, o.reason, y.description)"),
        ],
        Metadata = [Metadata[0], ("entry_metadata", "w.metadata")],
        Accounts = "true",
        Rows = $"""
            FROM postings p
            {Described}
            LEFT JOIN own_entries w ON w.entry_id = e.id
            WHERE p.account_no = $2 AND p.seq > $3 AND p.seq <= $4 AND ($1::text IS NULL OR a.merchant_id = $1) {Order}
            """,
        Currency = "p.currency",
    };
}
