using static Payments.Storage.Postgres.Reporting.BalanceTransactions;

namespace Payments.Storage.Postgres.Reporting;

/// <summary>What was given back to customers, what of it came back, and fees that went back with it.</summary>
internal static class RefundsReport
{
    public static readonly ReportDefinition Definition = new()
    {
        Name = "refunds",
        Columns = [.. Identity, .. Amounts, .. Origin],
        Metadata = Metadata,
        Accounts = BalancesAndFees,
        Rows = $"{Postings} AND e.kind IN ('refund_reserve', 'refund_settle', 'refund_return', 'refund_failure') {OncePerEntry} {Order}",
        Currency = "p.currency",
    };
}
