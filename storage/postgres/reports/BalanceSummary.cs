namespace Payments.Storage.Postgres.Reporting;

/// <summary>What merchants' balances were, what moved them, and what they came to be.</summary>
internal static class BalanceSummary
{
    public static readonly ReportDefinition Definition = new()
    {
        Name = "balance_summary",
        Columns =
        [
            new("category", ColumnKind.Word, "s.category"), new("currency", ColumnKind.Word, "s.currency"), new("net_amount", ColumnKind.Sum, "s.net::text"),
        ],
        // Payouts are no activity: they pay out what it made.
        Rows = $"""
            FROM (
                SELECT i.currency COLLATE "C" AS currency, sum(coalesce(-balance_behind(i.no, i.before), 0)) AS starting, sum(coalesce(m.activity, 0)) AS activity,
                    sum(coalesce(m.payouts, 0)) AS payouts, sum(coalesce(-balance_behind(i.no, i.last), 0)) AS ending
                FROM ({BalanceChangeSummary.Intervals}) i
                LEFT JOIN LATERAL (
                    SELECT sum(-p.amount) FILTER (WHERE e.kind NOT LIKE 'payout%') AS activity, sum(-p.amount) FILTER (WHERE e.kind LIKE 'payout%') AS payouts
                    FROM postings p JOIN journal_entries e ON e.id = p.entry_id WHERE p.account_no = i.no AND p.seq > i.before AND p.seq <= i.last) m ON true
                GROUP BY i.currency) t
            CROSS JOIN LATERAL (VALUES (1, 'starting_balance', t.starting), (2, 'activity', t.activity), (3, 'payouts', t.payouts), (4, 'ending_balance', t.ending))
                line (place, category, net)
            CROSS JOIN LATERAL (SELECT line.category, t.currency, line.net, line.place) s
            ORDER BY s.currency, s.place
            """,
        Currency = "s.currency",
    };
}
