using static Payments.Storage.Postgres.Reporting.BalanceTransactions;

namespace Payments.Storage.Postgres.Reporting;

/// <summary>
/// What each payout paid out: everything that moved the balance since the payout before it, framed by what that one left and by what this one leaves.
/// The net of a payout's rows is its amount.
/// </summary>
internal static class PayoutReconciliation
{
    // The frame is told by the postings of the two payouts themselves: each has the balance that it left.
    private const string Moved = $"(CASE p.seq WHEN w.first THEN -p.balance_after WHEN w.last THEN p.balance_after ELSE {Net} END)";

    private const string Payouts = """
        FROM journal_entries e JOIN postings p ON p.entry_id = e.id AND p.posted_at = e.posted_at AND p.account_no = $2
        WHERE e.merchant_id = (SELECT merchant_id FROM accounts WHERE no = $2) AND e.kind = 'payout'
        """;

    private static string PostedAt(string seq) =>
        $"(SELECT n.posted_at FROM postings n WHERE n.account_no = $2 AND n.seq = {seq})";

    public static readonly ReportDefinition Definition = new()
    {
        Name = "payout_reconciliation.itemized",
        Columns =
        [
            new("automatic_payout_id", ColumnKind.Id, "'po ' || w.payout_id"), new("automatic_payout_effective_at", ColumnKind.Time, "w.posted_at"), .. Identity,
            new("gross", ColumnKind.Money, $"(CASE WHEN p.seq IN (w.first, w.last) THEN {Moved} ELSE {Gross} END)"),
            new("fee", ColumnKind.Money, $"(CASE WHEN p.seq IN (w.first, w.last) THEN 0 ELSE {Fee} END)"),
            new("net", ColumnKind.Money, Moved),
            new("reporting_category", ColumnKind.Word, $"(CASE p.seq WHEN w.first THEN 'brought_forward' WHEN w.last THEN 'carried_forward' ELSE {Category} END)"),
            .. Origin,
        ],
        Metadata = Metadata,
        Accounts = Balances,
        // A payout of the interval has rows from before it: from the payout before it on, which must not have left.
        Rows = $"""
            FROM (
                SELECT seq AS last, CASE WHEN seq > $3 THEN kept_behind($2, lag(seq, 1, 0::bigint) OVER (ORDER BY seq)) END AS first, payout_id, posted_at
                FROM (SELECT p.seq, e.operation_id AS payout_id, e.posted_at {Payouts} AND e.posted_at >= {PostedAt("$3 + 1")} AND p.seq > $3 AND p.seq <= $4
                      UNION ALL (
                      SELECT p.seq, e.operation_id, e.posted_at {Payouts} AND e.posted_at <= {PostedAt("$3")} AND p.seq <= $3
                      ORDER BY e.posted_at DESC, p.seq DESC LIMIT 1)) payout) w
            JOIN postings p ON p.account_no = $2 AND p.seq BETWEEN w.first AND w.last
            {Described}
            WHERE w.last > $3 AND ($1::text IS NULL OR e.merchant_id = $1)
            ORDER BY w.last, p.seq
            """,
        Currency = "p.currency",
    };
}
