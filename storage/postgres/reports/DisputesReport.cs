using static Payments.Storage.Postgres.Reporting.BalanceTransactions;

namespace Payments.Storage.Postgres.Reporting;

/// <summary>
/// Disputes as they were opened, won and lost: one row for each posting to what is held for them. Net is what the balance grew by, held what is
/// held more than before; a lost dispute lets go of what is held, and moves no balance.
/// </summary>
internal static class DisputesReport
{
    // What was held goes back less what the processor keeps.
    private const string OfBalance = "(CASE e.kind WHEN 'dispute_open' THEN p.amount WHEN 'dispute_won' THEN p.amount - o.processor_fee ELSE 0 END)";
    private const string Moved = "(CASE e.kind WHEN 'dispute_open' THEN -o.amount WHEN 'dispute_won' THEN o.amount ELSE 0 END)";

    public static readonly ReportDefinition Definition = new()
    {
        Name = "disputes",
        Columns =
        [
            .. Identity,
            new("gross", ColumnKind.Money, Moved), new("fee", ColumnKind.Money, $"({Moved} - {OfBalance})"), new("net", ColumnKind.Money, OfBalance),
            Amounts[^1], new("disputed_amount", ColumnKind.Money, "o.amount"), new("held", ColumnKind.Money, "-p.amount"), new("dispute_reason", ColumnKind.Text, "o.code"),
            .. Origin,
        ],
        Metadata = [Metadata[0]],
        Accounts = "a.merchant_id IS NOT NULL AND split_part(a.id, ':', 3) = 'disputes'",
        Rows = $"{Postings} {Order}",
        Currency = "p.currency",
    };
}
