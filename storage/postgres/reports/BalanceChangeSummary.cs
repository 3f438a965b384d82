using static Payments.Storage.Postgres.Reporting.BalanceTransactions;

namespace Payments.Storage.Postgres.Reporting;

/// <summary>What moved merchants' balances, by category: the sums of the itemized report.</summary>
internal static class BalanceChangeSummary
{
    public static readonly ReportDefinition Definition = new()
    {
        Name = "balance_change_from_activity.summary",
        Columns =
        [
            new("reporting_category", ColumnKind.Word, "t.category"), new("currency", ColumnKind.Word, "t.currency"), new("count", ColumnKind.Number, "count(*)"),
            new("gross", ColumnKind.Sum, "sum(t.gross)::text"), new("fee", ColumnKind.Sum, "sum(t.fee)::text"), new("net", ColumnKind.Sum, "sum(t.net)::text"),
        ],
        Rows = $"""
            FROM (
                SELECT p.currency COLLATE "C" AS currency, {Category} COLLATE "C" AS category, {Gross} AS gross, {Fee} AS fee, {Net} AS net
                FROM ({Intervals}) i
                JOIN accounts a ON a.no = i.no
                CROSS JOIN LATERAL (SELECT * FROM postings l WHERE l.account_no = i.no AND l.seq > i.before AND l.seq <= i.last OFFSET 0) p
                JOIN journal_entries e ON e.id = p.entry_id
                LEFT JOIN operations o ON o.merchant_id = e.merchant_id AND o.payment_id = e.payment_id AND o.id = e.operation_id) t
            GROUP BY t.category, t.currency ORDER BY t.currency, t.category
            """,
        Currency = "t.currency",
    };

    /// <summary>
    /// The balances that a query is about, each with the numbers of its last posting before the interval and of its last one in it. OFFSET 0 keeps the numbers from being
    /// looked for again for each posting that they are compared with.
    /// </summary>
    internal const string Intervals = $"""
        SELECT a.no, a.id, a.currency, coalesce(posted_until(a.no, a.seq, $2 - interval '1 microsecond'), 0) AS before, posted_until(a.no, a.seq, $3) AS last
        FROM accounts a WHERE {Balances} AND ($1::text IS NULL OR a.merchant_id = $1) AND ($4::text IS NULL OR a.currency = $4) OFFSET 0
        """;
}
