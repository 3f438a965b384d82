namespace Payments.Domain;

/// <summary>Where a payout stands.</summary>
public enum PayoutStatus
{
    /// <summary>It was accepted, its amount has left the merchant's balance, and the bank has not said yet that it has it: being sent, or unknown.</summary>
    Pending,

    /// <summary>The bank has it, and has not decided.</summary>
    Sent,

    /// <summary>The bank paid. It may still come back.</summary>
    Paid,

    /// <summary>The bank did not pay, or it is proven that nothing was ever sent: the amount is the merchant's again.</summary>
    Failed,

    /// <summary>It was paid and came back: the amount is the merchant's again.</summary>
    Returned,
}

/// <summary>Money on its way from the platform's bank to the merchant's. The rules are in <see cref="PayoutStateMachine"/>.</summary>
public sealed record Payout
{
    public required string MerchantId { get; init; }
    public required Guid Id { get; init; }
    public required Mode Mode { get; init; }

    /// <summary>Each change makes the next one, from 1 without a gap.</summary>
    public required long Version { get; init; }

    public required PayoutStatus Status { get; init; }
    public required Currency Currency { get; init; }

    /// <summary>Minor units.</summary>
    public required long Amount { get; init; }

    /// <summary>What carries it out: the name of the bank connection.</summary>
    public required string Bank { get; init; }

    /// <summary>The account that it goes to: an IBAN.</summary>
    public required string Destination { get; init; }

    /// <summary>Whose account that is.</summary>
    public required string Holder { get; init; }

    public string? Description { get; init; }

    /// <summary>The day (UTC) of the schedule that made it; null when somebody asked for it.</summary>
    public DateOnly? ScheduledFor { get; init; }

    /// <summary>What was asked for, so that the same key with other content is noticed.</summary>
    public required string Fingerprint { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }
    public required DateTimeOffset UpdatedAt { get; init; }

    /// <summary>How many attempts were claimed: the number of the latest.</summary>
    public required int Attempt { get; init; }

    public required AttemptKind AttemptKind { get; init; }
    public required DateTimeOffset ClaimedAt { get; init; }

    /// <summary>What the latest attempt brought; null while its answer is awaited, or was lost.</summary>
    public GatewayAnswerKind? Answer { get; init; }

    /// <summary>How many sends were claimed. A claimed send may have reached the bank, whatever became of us since.</summary>
    public required int Sends { get; init; }

    /// <summary>How many of them are proven never to have had an effect.</summary>
    public int ProvenUnsent { get; init; }

    public required DateTimeOffset FirstSentAt { get; init; }
    public required DateTimeOffset LastSentAt { get; init; }

    /// <summary>When it is looked at again; null when there is nothing more to find out. Timers only hint at it.</summary>
    public DateTimeOffset? NextActionAt { get; init; }

    /// <summary>When we heard that it was paid (UTC).</summary>
    public DateTimeOffset? PaidAt { get; init; }

    /// <summary>The bank's own id of it.</summary>
    public string? BankReference { get; init; }

    /// <summary>Why, in the bank's words, e.g. <c>account_closed</c>.</summary>
    public string? Code { get; init; }

    /// <summary>Whether its amount is neither the merchant's nor paid.</summary>
    public bool IsInTransit => Status is PayoutStatus.Pending or PayoutStatus.Sent;

    /// <summary>What is known of its effect. Never a guess: <see cref="Domain.Outcome.NotSent"/> only when every send is proven unsent.</summary>
    public Outcome Outcome => Status switch
    {
        PayoutStatus.Pending or PayoutStatus.Sent => ProvenUnsent == Sends ? Outcome.NotSent : Outcome.Unknown,
        PayoutStatus.Paid or PayoutStatus.Returned => Outcome.Done,
        PayoutStatus.Failed => ProvenUnsent == Sends ? Outcome.NotSent : Outcome.Declined,
    };
}

/// <summary>The stored and shown names of states and schedules.</summary>
public static class PayoutNames
{
    public static string Name(this PayoutStatus status) => status switch
    {
        PayoutStatus.Pending => "pending",
        PayoutStatus.Sent => "sent",
        PayoutStatus.Paid => "paid",
        PayoutStatus.Failed => "failed",
        PayoutStatus.Returned => "returned",
    };

    public static string Name(this PayoutSchedule schedule) => schedule switch
    {
        PayoutSchedule.Manual => "manual",
        PayoutSchedule.Daily => "daily",
        PayoutSchedule.Weekly => "weekly",
        PayoutSchedule.Monthly => "monthly",
    };

    public static string Name(this PayoutAction action) => action switch
    {
        PayoutAction.Claimed => "payout_claimed",
        PayoutAction.RetryClaimed => "retry_claimed",
        PayoutAction.QueryClaimed => "query_claimed",
        PayoutAction.WaitingForEvidence => "waiting_for_evidence",
        PayoutAction.Sent => "sent",
        PayoutAction.Paid => "paid",
        PayoutAction.Declined => "declined",
        PayoutAction.ProvenUnsent => "proven_unsent",
        PayoutAction.AnswerUnknown => "answer_unknown",
        PayoutAction.GivenUpUnsent => "given_up_unsent",
        PayoutAction.StillPaid => "still_paid",
        PayoutAction.ReturnsOver => "returns_over",
        PayoutAction.Returned => "returned",
        PayoutAction.DecidedPaid => "decided_paid",
        PayoutAction.DecidedFailed => "decided_failed",
        PayoutAction.DecidedReturned => "decided_returned",
    };
}

/// <summary>When payouts are made by themselves.</summary>
public enum PayoutSchedule
{
    /// <summary>Never: the merchant asks.</summary>
    Manual,

    Daily,

    /// <summary>On Mondays.</summary>
    Weekly,

    /// <summary>On the first.</summary>
    Monthly,
}

/// <summary>Which days a schedule has.</summary>
public static class PayoutSchedules
{
    /// <summary>The latest day (UTC) of a schedule that has come; null when it has none.</summary>
    public static DateOnly? LatestDay(this PayoutSchedule schedule, DateOnly today) => schedule switch
    {
        PayoutSchedule.Manual => null,
        PayoutSchedule.Daily => today,
        PayoutSchedule.Weekly => today.AddDays(-(((int)today.DayOfWeek + 6) % 7)),
        PayoutSchedule.Monthly => new(today.Year, today.Month, 1),
    };
}
