using System.ComponentModel;
using Payments.Domain;
using Payments.Storage;

namespace Payments.ClientApi.Resources;

/// <summary>A line of an account's statement.</summary>
internal sealed record StatementLineResource
{
    [OneOf("statement_line")]
    public string Object => "statement_line";

    [Description("The line's number in its account, from 1 without a gap.")]
    public required long Number { get; init; }

    [Description("The journal entry that it belongs to.")]
    public required string Entry { get; init; }

    [Description("Why the entry was made.")]
    public required string Kind { get; init; }

    [Description("Minor units, positive where the account grew.")]
    public required long Amount { get; init; }

    [Description("What the account held after it, in minor units.")]
    public required long Balance { get; init; }

    [Description("The payment that it belongs to, if any.")]
    public required string? Payment { get; init; }

    public required DateTime PostedAt { get; init; }

    public static StatementLineResource Of(AccountRow account, StatementLine line) => new()
    {
        Number = line.Seq,
        Entry = Ids.Format(Ids.EntryPrefix, line.EntryId),
        Kind = line.Kind,
        Amount = account.GrowsByDebit ? line.Amount : checked(-line.Amount),
        Balance = account.GrowsByDebit ? line.BalanceAfter : checked(-line.BalanceAfter),
        Payment = line.PaymentId is { } payment ? Ids.Format(Ids.PaymentPrefix, payment) : null,
        PostedAt = line.PostedAt.UtcDateTime,
    };
}

/// <summary>A journal entry as the API shows it.</summary>
internal sealed record EntryResource
{
    public required string Id { get; init; }

    [OneOf("ledger_entry")]
    public string Object => "ledger_entry";

    [Description("Why it was made.")]
    public required string Kind { get; init; }

    [Description("The payment that it belongs to, if any.")]
    public required string? Payment { get; init; }

    [Description("They add up to zero in each currency.")]
    public required IReadOnlyList<PostingResource> Postings { get; init; }

    public required string? Description { get; init; }

    [Description("The merchant's own notes.")]
    public required IReadOnlyDictionary<string, string> Metadata { get; init; }

    [Description("The entry that this one takes back, if any.")]
    public required string? Reverses { get; init; }

    [Description("The entry that took this one back, if any.")]
    public required string? ReversedBy { get; init; }

    public required DateTime PostedAt { get; init; }

    public static EntryResource Of(EntryDetails entry) => new()
    {
        Description = entry.Own?.Description,
        Metadata = Domain.Metadata.FromJson(entry.Own?.Metadata),
        Reverses = entry.Own?.Reverses is { } original ? Ids.Format(Ids.EntryPrefix, original) : null,
        ReversedBy = entry.ReversedBy is { } reversal ? Ids.Format(Ids.EntryPrefix, reversal) : null,
        Id = Ids.Format(Ids.EntryPrefix, entry.Id),
        Kind = entry.Kind,
        Payment = entry.PaymentId is { } payment ? Ids.Format(Ids.PaymentPrefix, payment) : null,
        Postings = [.. entry.Postings.Select(posting => new PostingResource(posting.Account, posting.Amount))],
        PostedAt = entry.PostedAt.UtcDateTime,
    };
}

/// <summary>What a merchant has, by currency.</summary>
internal sealed record BalanceResource
{
    [OneOf("balance")]
    public string Object => "balance";

    [Description("By currency, in order of their codes.")]
    public required IReadOnlyList<CurrencyBalanceResource> Balances { get; init; }

    public static BalanceResource Of(IEnumerable<AccountRow> accounts) => new()
    {
        Balances =
        [
            .. accounts.Where(account => account.Id.Split(':')[2] is "balance" or "refunds_in_transit" or "payouts_in_transit" or "disputes")
                .GroupBy(account => account.Currency, StringComparer.Ordinal).OrderBy(currency => currency.Key, StringComparer.Ordinal)
                .Select(currency => new CurrencyBalanceResource(
                    currency.Key, Sum(currency, "balance"), Sum(currency, "refunds_in_transit"), Sum(currency, "payouts_in_transit"),
                    Sum(currency, "disputes"))),
        ],
    };

    // All of them are owed to somebody: they grow by credits.
    private static long Sum(IEnumerable<AccountRow> accounts, string kind) =>
        accounts.Where(account => account.Id.Split(':')[2] == kind).Sum(account => -account.Balance);
}

/// <summary>One currency of a balance.</summary>
internal sealed record CurrencyBalanceResource(
    string Currency,
    [property: Description("What the platform owes the merchant, in minor units; GET /v1/balance/payable tells what of it can be paid out now.")] long Available,
    [property: Description("Refunds that were accepted and not yet made by the processor, in minor units.")] long RefundsInTransit,
    [property: Description("Payouts that were accepted and not yet paid by the bank, in minor units.")] long PayoutsInTransit,
    [property: Description("What customers dispute, with the processor's fees for it, until it is decided; in minor units.")] long InDispute);
