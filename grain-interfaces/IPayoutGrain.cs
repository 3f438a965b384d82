using Orleans;
using Orleans.CodeGeneration;

namespace Payments.Grains;

/// <summary>A payout. Its key is <see cref="GrainKeys.Payout"/>; the same request under the same key is the same payout.</summary>
[Alias("payments.IPayoutGrain"), Version(1)]
public interface IPayoutGrain : IGrainWithStringKey
{
    /// <summary>Makes the payout, or finds it. Accepted: it is durable and being sent.</summary>
    /// <remarks>Refused with <c>payout_settings_missing</c>, <c>no_bank</c>, <c>payout_exceeds_available</c>, <c>balance_insufficient</c>,
    /// <c>idempotency_key_reused</c>, <c>merchant_not_found</c>, or <c>field_invalid</c>.</remarks>
    [Alias("Request")]
    Task<PayoutReply> RequestAsync(PayoutRequest request);

    /// <summary>Takes what an operator read in the bank's statement. Refused with <c>payout_not_found</c>, <c>payout_decided</c> or <c>operation_under_way</c>.</summary>
    [Alias("Rule")]
    Task<PayoutReply> RuleAsync(PayoutOutcome outcome);

    /// <summary>Looks whether its next action is due. Harmless at any time.</summary>
    [Alias("Wake")]
    Task WakeAsync();
}

/// <summary>Makes the payouts of schedules, and wakes payouts that are due, so that a lost timer or process loses nothing. One grain a shard.</summary>
[Alias("payments.IPayoutScheduleGrain"), Version(1)]
public interface IPayoutScheduleGrain : IGrainWithStringKey
{
    /// <summary>Makes sure that this shard is looked after from now on.</summary>
    [Alias("Start")]
    Task StartAsync();
}

/// <summary>What is wanted.</summary>
[GenerateSerializer, Immutable, Alias("payments.PayoutRequest")]
public sealed record PayoutRequest
{
    /// <summary>Minor units; null: all that is available.</summary>
    [Id(0)] public required long? Amount { get; init; }

    /// <summary>ISO 4217 code.</summary>
    [Id(1)] public required string Currency { get; init; }

    [Id(2)] public string? Description { get; init; }

    /// <summary>The day (UTC) of the schedule that wants it; null when somebody asks.</summary>
    [Id(3)] public DateOnly? ScheduledFor { get; init; }

    public override string ToString() => nameof(PayoutRequest);
}

/// <summary>What the bank's statement says of a payout.</summary>
/// <param name="Outcome"><c>paid</c>, <c>failed</c> or <c>returned</c>.</param>
/// <param name="Reason">The evidence, in the operator's words.</param>
/// <param name="DecidedBy">The operator's key.</param>
[GenerateSerializer, Immutable, Alias("payments.PayoutOutcome")]
public sealed record PayoutOutcome([property: Id(0)] string Outcome, [property: Id(1)] string Reason, [property: Id(2)] Guid DecidedBy)
{
    public override string ToString() => nameof(PayoutOutcome);
}

/// <summary>What became of a command.</summary>
/// <param name="Code">Why it was refused.</param>
/// <param name="Field">The field that is wrong.</param>
/// <param name="Rule">The rest of a sentence that begins with that field.</param>
[GenerateSerializer, Immutable, Alias("payments.PayoutReply")]
public sealed record PayoutReply(
    [property: Id(0)] ReplyKind Kind, [property: Id(1)] string? Code = null, [property: Id(2)] string? Field = null, [property: Id(3)] string? Rule = null)
{
    public override string ToString() => nameof(PayoutReply);
}
