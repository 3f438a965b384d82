using static Payments.Storage.Postgres.Reporting.BalanceTransactions;

namespace Payments.Storage.Postgres.Reporting;

/// <summary>Everything that moved a merchant's balance, posting by posting: starting balance and net of all rows are the ending balance.</summary>
internal static class BalanceChangeItemized
{
    public static readonly ReportDefinition Definition = new()
    {
        Name = "balance_change_from_activity.itemized",
        Columns = [.. Identity, .. Amounts, .. Origin],
        Metadata = Metadata,
        Accounts = Balances,
        Rows = $"{Postings} {Order}",
        Currency = "p.currency",
    };
}
