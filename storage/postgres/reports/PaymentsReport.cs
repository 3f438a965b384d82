using static Payments.Storage.Postgres.Reporting.BalanceTransactions;

namespace Payments.Storage.Postgres.Reporting;

/// <summary>What was taken from customers: one row for each charge and each capture that succeeded.</summary>
internal static class PaymentsReport
{
    public static readonly ReportDefinition Definition = new()
    {
        Name = "payments",
        Columns = [.. Identity, .. Amounts, .. Origin],
        Metadata = [Metadata[0]],
        Accounts = BalancesAndFees,
        Rows = $"{Postings} AND e.kind IN ('charge', 'capture') {OncePerEntry} {Order}",
        Currency = "p.currency",
    };
}
