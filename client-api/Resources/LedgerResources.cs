using System.ComponentModel;
using Payments.Domain;
using Payments.Storage;

namespace Payments.ClientApi.Resources;

/// <summary>An account of the ledger as the API shows it.</summary>
internal sealed record AccountResource
{
    [Description("The account and its currency, e.g. merchant:mer_...:balance:EUR.")]
    public required string Id { get; init; }

    [OneOf("ledger_account")]
    public string Object => "ledger_account";

    public required string Currency { get; init; }

    [Description("The side that the account grows on: debit for what is owned, credit for what is owed or earned.")]
    [OneOf("debit", "credit")]
    public required string GrowsBy { get; init; }

    [Description("Minor units, positive on the side that the account grows on.")]
    public required long Balance { get; init; }

    [Description("What a requested decrease must leave, in minor units; null: no limit.")]
    public required long? Minimum { get; init; }

    [Description("How many postings made the balance.")]
    public required long Postings { get; init; }

    public static AccountResource Of(AccountRow account) => new()
    {
        Id = account.Id,
        Currency = account.Currency,
        GrowsBy = account.GrowsByDebit ? "debit" : "credit",
        Balance = account.GrowsByDebit ? account.Balance : checked(-account.Balance),
        Minimum = account.Minimum,
        Postings = account.Seq,
    };
}

/// <summary>The trial balance: what all accounts that the key may see add up to.</summary>
internal sealed record TrialBalanceResource
{
    [OneOf("trial_balance")]
    public string Object => "trial_balance";

    [Description("merchant: the merchant's own accounts. all: every account there is.")]
    [OneOf("merchant", "all")]
    public required string Covers { get; init; }

    [Description("Whether debits equal credits in every currency. Null for a merchant: its accounts are one side of the books.")]
    public required bool? Balanced { get; init; }

    public required IReadOnlyList<TrialBalanceLineResource> Lines { get; init; }
    public required IReadOnlyList<TrialBalanceTotalResource> Totals { get; init; }

    /// <param name="merchantId">Null when <paramref name="lines"/> are of all accounts.</param>
    public static TrialBalanceResource Of(string? merchantId, IReadOnlyList<TrialBalanceLine> lines)
    {
        var totals = lines
            .GroupBy(line => line.Currency, StringComparer.Ordinal)
            .OrderBy(group => group.Key, StringComparer.Ordinal)
            .Select(group => new TrialBalanceTotalResource(group.Key, Sum(group, line => line.Debits), Sum(group, line => line.Credits)))
            .ToList();
        return new()
        {
            Covers = merchantId is null ? "all" : "merchant",
            Balanced = merchantId is null ? totals.All(total => total.Debits == total.Credits) : null,
            Lines = [.. lines.Select(line => new TrialBalanceLineResource(line.Account, line.Currency, (decimal)line.Debits, (decimal)line.Credits))],
            Totals = totals,
        };
    }

    // Exact and wider than any one balance: the sum over all accounts must not overflow.
    private static decimal Sum(IEnumerable<TrialBalanceLine> lines, Func<TrialBalanceLine, Int128> side) => lines.Sum(line => (decimal)side(line));
}

/// <summary>One kind of account in one currency.</summary>
internal sealed record TrialBalanceLineResource(
    string Account,
    string Currency,
    [property: Description("Minor units.")] decimal Debits,
    [property: Description("Minor units.")] decimal Credits);

/// <summary>All lines of one currency.</summary>
internal sealed record TrialBalanceTotalResource(
    string Currency,
    [property: Description("Minor units.")] decimal Debits,
    [property: Description("Minor units.")] decimal Credits);
