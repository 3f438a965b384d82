using Orleans;
using Payments.Domain;

namespace Payments.Storage;

/// <summary>A payout as it is stored and as it travels between grains. Amounts in minor units, times UTC.</summary>
[GenerateSerializer, Immutable, Alias("payments.storage.PayoutRow")]
public sealed record PayoutRow
{
    [Id(0)] public required string MerchantId { get; init; }
    [Id(1)] public required Guid Id { get; init; }
    [Id(2)] public required string Mode { get; init; }
    [Id(3)] public required long Version { get; init; }
    [Id(4)] public required string Status { get; init; }
    [Id(5)] public required string Currency { get; init; }
    [Id(6)] public required long Amount { get; init; }
    [Id(7)] public required string Bank { get; init; }
    [Id(8)] public required string Destination { get; init; }
    [Id(9)] public required string Holder { get; init; }
    [Id(10)] public required string? Description { get; init; }
    [Id(11)] public required DateOnly? ScheduledFor { get; init; }
    [Id(12)] public required string Fingerprint { get; init; }
    [Id(13)] public required DateTimeOffset CreatedAt { get; init; }
    [Id(14)] public required DateTimeOffset UpdatedAt { get; init; }
    [Id(15)] public required int Attempt { get; init; }
    [Id(16)] public required string AttemptKind { get; init; }
    [Id(17)] public required DateTimeOffset ClaimedAt { get; init; }
    [Id(18)] public required string? Answer { get; init; }
    [Id(19)] public required int Sends { get; init; }
    [Id(20)] public required int ProvenUnsent { get; init; }
    [Id(21)] public required DateTimeOffset FirstSentAt { get; init; }
    [Id(22)] public required DateTimeOffset LastSentAt { get; init; }
    [Id(23)] public required DateTimeOffset? NextActionAt { get; init; }
    [Id(24)] public required DateTimeOffset? PaidAt { get; init; }
    [Id(25)] public required string? BankReference { get; init; }
    [Id(26)] public required string? Code { get; init; }

    public override string ToString() => nameof(PayoutRow);
}

/// <summary>Whose word a change of a payout is, where that is a person's.</summary>
/// <param name="DecidedBy">The operator's key.</param>
/// <param name="Reason">The evidence, in the operator's words.</param>
[GenerateSerializer, Immutable, Alias("payments.storage.PayoutRuling")]
public sealed record PayoutRuling([property: Id(0)] Guid DecidedBy, [property: Id(1)] string Reason)
{
    public override string ToString() => nameof(PayoutRuling);
}

/// <summary>How a merchant's payouts in one currency are made.</summary>
/// <param name="Schedule">The name of a <see cref="PayoutSchedule"/>.</param>
/// <param name="Minimum">What the schedule pays out at least, in minor units; more than nothing.</param>
/// <param name="DelayDays">How old a charge or capture must be before it is paid out.</param>
/// <param name="Reserve">What always stays, in minor units.</param>
/// <param name="Destination">An IBAN.</param>
/// <param name="ScheduledThrough">The latest day (UTC) of the schedule that was looked at.</param>
public sealed record PayoutSettings(
    string MerchantId, string Currency, string Schedule, long Minimum, int DelayDays, long Reserve, string Destination, string Holder, DateOnly ScheduledThrough,
    DateTimeOffset ChangedAt);

/// <summary>What of a merchant's balance can be paid out, all of one snapshot. Minor units.</summary>
/// <param name="Posted">The balance.</param>
/// <param name="Held">Charges and captures that are younger than the delay. What was refunded of them is held too: it errs on the side of waiting.</param>
public sealed record PayableBalance(PayoutSettings Settings, long Posted, long Held)
{
    /// <summary>What must stay: the reserve and what is too young.</summary>
    public long Floor => checked(Settings.Reserve + Held);

    /// <summary>The balance less what must stay; never less than nothing.</summary>
    public long Available => Math.Max(0, checked(Posted - Floor));
}

/// <summary>A payout that wants to be looked at.</summary>
public sealed record DuePayout(string MerchantId, Guid PayoutId);

/// <summary>A payout's place in the list of all: the newest first.</summary>
public readonly record struct PayoutPlace(DateTimeOffset CreatedAt, Guid Id);

/// <summary>Payouts and how they are made. What changes a payout goes through <see cref="IPaymentStore.CommitAsync"/>.</summary>
public interface IPayoutStore
{
    /// <summary>Null when the merchant has no such payout, whoever else may have it.</summary>
    Task<Payout?> PayoutAsync(string merchantId, Guid payoutId, CancellationToken cancellationToken);

    /// <summary>Whose payout it is; null when there is none.</summary>
    Task<string?> OwnerAsync(Guid payoutId, CancellationToken cancellationToken);

    /// <summary>The trace of the request that asked for it, as a W3C trace context; null when nobody traced it.</summary>
    Task<string?> TraceAsync(string merchantId, Guid payoutId, CancellationToken cancellationToken);

    /// <summary>A merchant's payouts, the newest first, behind <paramref name="after"/>.</summary>
    Task<IReadOnlyList<Payout>> PayoutsAsync(string merchantId, PayoutPlace? after, int limit, CancellationToken cancellationToken);

    /// <summary>Payouts whose next action was due at <paramref name="now"/>, the longest due first, of one shard of <paramref name="shards"/>.</summary>
    Task<IReadOnlyList<DuePayout>> DueAsync(DateTimeOffset now, int shard, int shards, int limit, CancellationToken cancellationToken);

    /// <summary>What can be paid out, of a merchant, in one currency, or all (null) that have settings.</summary>
    Task<IReadOnlyList<PayableBalance>> PayableAsync(string merchantId, string? currency, DateTimeOffset now, CancellationToken cancellationToken);

    /// <summary>Settings of one shard whose schedule has a day that came and was not looked at.</summary>
    Task<IReadOnlyList<PayoutSettings>> ScheduledAsync(DateOnly today, int shard, int shards, int limit, CancellationToken cancellationToken);

    /// <summary>Notes that a day of a schedule was looked at.</summary>
    Task LookedAtAsync(string merchantId, string currency, DateOnly day, CancellationToken cancellationToken);

    /// <summary>The settings of a merchant, by currency.</summary>
    Task<IReadOnlyList<PayoutSettings>> SettingsAsync(string merchantId, CancellationToken cancellationToken);

    /// <summary>Sets them; false when there is no such merchant. A schedule begins with its next day.</summary>
    Task<bool> SetAsync(PayoutSettings settings, Guid changedBy, CancellationToken cancellationToken);
}

/// <summary>Payouts to rows and back. Nothing is decided here.</summary>
public static class PayoutMapping
{
    /// <summary>Everything that an accepted decision writes.</summary>
    public static Commit ToCommit(this PayoutDecision.Accept decision, PayoutRuling? ruling) => new()
    {
        At = decision.Next.UpdatedAt,
        Payment = null,
        Operation = null,
        Action = decision.Action.Name(),
        Events = [],
        Entry = decision.Entry?.ToRow(),
        Payout = decision.Next.ToRow(),
        Ruling = ruling,
    };

    public static PayoutRow ToRow(this Payout payout) => new()
    {
        MerchantId = payout.MerchantId,
        Id = payout.Id,
        Mode = payout.Mode.Name(),
        Version = payout.Version,
        Status = payout.Status.Name(),
        Currency = payout.Currency.Code,
        Amount = payout.Amount,
        Bank = payout.Bank,
        Destination = payout.Destination,
        Holder = payout.Holder,
        Description = payout.Description,
        ScheduledFor = payout.ScheduledFor,
        Fingerprint = payout.Fingerprint,
        CreatedAt = payout.CreatedAt,
        UpdatedAt = payout.UpdatedAt,
        Attempt = payout.Attempt,
        AttemptKind = payout.AttemptKind.Name(),
        ClaimedAt = payout.ClaimedAt,
        Answer = payout.Answer?.Name(),
        Sends = payout.Sends,
        ProvenUnsent = payout.ProvenUnsent,
        FirstSentAt = payout.FirstSentAt,
        LastSentAt = payout.LastSentAt,
        NextActionAt = payout.NextActionAt,
        PaidAt = payout.PaidAt,
        BankReference = payout.BankReference,
        Code = payout.Code,
    };

    public static Payout ToPayout(this PayoutRow row) => new()
    {
        MerchantId = row.MerchantId,
        Id = row.Id,
        Mode = StatusNames.Parse<Mode>(row.Mode, ModeNames.Name),
        Version = row.Version,
        Status = StatusNames.Parse<PayoutStatus>(row.Status, PayoutNames.Name),
        Currency = Currency.Of(row.Currency),
        Amount = row.Amount,
        Bank = row.Bank,
        Destination = row.Destination,
        Holder = row.Holder,
        Description = row.Description,
        ScheduledFor = row.ScheduledFor,
        Fingerprint = row.Fingerprint,
        CreatedAt = row.CreatedAt,
        UpdatedAt = row.UpdatedAt,
        Attempt = row.Attempt,
        AttemptKind = StatusNames.Parse<AttemptKind>(row.AttemptKind, StatusNames.Name),
        ClaimedAt = row.ClaimedAt,
        Answer = row.Answer is null ? null : StatusNames.Parse<GatewayAnswerKind>(row.Answer, StatusNames.Name),
        Sends = row.Sends,
        ProvenUnsent = row.ProvenUnsent,
        FirstSentAt = row.FirstSentAt,
        LastSentAt = row.LastSentAt,
        NextActionAt = row.NextActionAt,
        PaidAt = row.PaidAt,
        BankReference = row.BankReference,
        Code = row.Code,
    };
}
