namespace Payments.Storage.Postgres.Reporting;

/// <summary>All reports. One report is one file beside this one.</summary>
internal static class ReportDefinitions
{
    public static readonly ReportDefinition[] All =
    [
        BalanceSummary.Definition, BalanceChangeSummary.Definition, BalanceChangeItemized.Definition, PayoutReconciliation.Definition,
        PaymentsReport.Definition, RefundsReport.Definition, DisputesReport.Definition, FeesReport.Definition, AccountStatement.Definition, UnresolvedOperations.Definition, TrialBalanceReport.Definition,
    ];

    public static readonly ReportType[] Types = [.. All.Select(definition => definition.Type)];

    public static ReportDefinition Of(string name) => All.Single(definition => definition.Name == name);
}
