using System.ComponentModel;
using Payments.Domain;
using Payments.Storage;

namespace Payments.ClientApi.Resources;

/// <summary>A payout as the API shows it.</summary>
internal sealed record PayoutResource
{
    public required string Id { get; init; }

    [OneOf("payout")]
    public string Object => "payout";

    [OneOf("test", "live")]
    public required string Mode { get; init; }

    [Description("pending: accepted and being sent. sent: the bank has it. paid: the bank paid. failed: it did not, and the amount is in the balance again. returned: it was paid and came back.")]
    [OneOf("pending", "sent", "paid", "failed", "returned")]
    public required string Status { get; init; }

    [Description("What is known of its effect. unknown: it may or may not have happened, and nobody assumes either.")]
    [OneOf("not_sent", "unknown", "declined", "done")]
    public required string Outcome { get; init; }

    [Description("Minor units.")]
    public required long Amount { get; init; }

    public required string Currency { get; init; }

    [Description("The account that it goes to, its middle left out.")]
    public required string Destination { get; init; }

    [Description("Whose account that is.")]
    public required string Holder { get; init; }

    public required string? Description { get; init; }

    [Description("The day of the schedule that made it; null when it was asked for.")]
    public required DateOnly? ScheduledFor { get; init; }

    [Description("Why it failed or came back, in the bank's words.")]
    public required string? FailureCode { get; init; }

    [Description("The bank's own id of it.")]
    public required string? BankReference { get; init; }

    public required DateTime CreatedAt { get; init; }
    public required DateTime UpdatedAt { get; init; }

    [Description("When it was known to be paid.")]
    public required DateTime? PaidAt { get; init; }

    public static PayoutResource Of(Payout payout) => new()
    {
        Id = Ids.Format(Ids.PayoutPrefix, payout.Id),
        Mode = payout.Mode.Name(),
        Status = payout.Status.Name(),
        Outcome = payout.Outcome.Name(),
        Amount = payout.Amount,
        Currency = payout.Currency.Code,
        Destination = Iban.Mask(payout.Destination),
        Holder = payout.Holder,
        Description = payout.Description,
        ScheduledFor = payout.ScheduledFor,
        FailureCode = payout.Status is PayoutStatus.Failed or PayoutStatus.Returned ? payout.Code : null,
        BankReference = payout.BankReference,
        CreatedAt = payout.CreatedAt.UtcDateTime,
        UpdatedAt = payout.UpdatedAt.UtcDateTime,
        PaidAt = payout.PaidAt?.UtcDateTime,
    };
}

/// <summary>What could be paid out now, in every currency that has settings for payouts.</summary>
internal sealed record PayableBalanceResource
{
    [OneOf("payable_balance")]
    public string Object => "payable_balance";

    [Description("By currency, in order of their codes.")]
    public required IReadOnlyList<PayableCurrencyResource> Balances { get; init; }

    public static PayableBalanceResource Of(IEnumerable<PayableBalance> balances) => new()
    {
        Balances = [.. balances.Select(one => new PayableCurrencyResource(one.Settings.Currency, one.Available, one.Posted, one.Held, one.Settings.Reserve, one.Settings.Schedule))],
    };
}

/// <summary>One currency of it.</summary>
internal sealed record PayableCurrencyResource(
    string Currency,
    [property: Description("What could be paid out: balance less held and reserve, never less than 0; minor units.")] long Available,
    [property: Description("Minor units.")] long Balance,
    [property: Description("Charges and captures that are younger than the delay, in minor units.")] long Held,
    [property: Description("What always stays, in minor units.")] long Reserve,
    [property: OneOf("manual", "daily", "weekly", "monthly")] string Schedule);

/// <summary>How a merchant's payouts in one currency are made.</summary>
internal sealed record PayoutSettingsResource
{
    [OneOf("payout_settings")]
    public string Object => "payout_settings";

    public required string Merchant { get; init; }
    public required string Currency { get; init; }

    [Description("weekly: on Mondays; monthly: on the first; by UTC.")]
    [OneOf("manual", "daily", "weekly", "monthly")]
    public required string Schedule { get; init; }

    [Description("What the schedule pays out at least, in minor units.")]
    public required long Minimum { get; init; }

    [Description("How many days old a charge or capture must be before it is paid out.")]
    public required int DelayDays { get; init; }

    [Description("What always stays, in minor units.")]
    public required long Reserve { get; init; }

    [Description("An IBAN.")]
    public required string Destination { get; init; }

    [Description("Whose account that is.")]
    public required string Holder { get; init; }

    public required DateTime ChangedAt { get; init; }

    public static PayoutSettingsResource Of(PayoutSettings settings) => new()
    {
        Merchant = settings.MerchantId,
        Currency = settings.Currency,
        Schedule = settings.Schedule,
        Minimum = settings.Minimum,
        DelayDays = settings.DelayDays,
        Reserve = settings.Reserve,
        Destination = settings.Destination,
        Holder = settings.Holder,
        ChangedAt = settings.ChangedAt.UtcDateTime,
    };
}
