using static Payments.Storage.Postgres.Reporting.BalanceTransactions;

namespace Payments.Storage.Postgres.Reporting;

/// <summary>Fees that merchants were charged (+) and given back (-): the platform's for payments, and processors' for disputes.</summary>
internal static class FeesReport
{
    public static readonly ReportDefinition Definition = new()
    {
        Name = "fees",
        Columns =
        [
            .. Identity, new("fee", ColumnKind.Money, Fee),
            new("fee_type", ColumnKind.Word, "CASE WHEN e.kind IN ('dispute_open', 'dispute_won') THEN 'dispute_fee' ELSE 'payment_fee' END"), Amounts[^1], .. Origin,
        ],
        Metadata = Metadata,
        Accounts = BalancesAndFees,
        Rows = $"{Postings} AND {Fee} <> 0 {OncePerEntry} {Order}",
        Currency = "p.currency",
    };
}
