namespace Payments.Domain;

/// <summary>What is asked of a payout, with all that a decision needs from outside.</summary>
public abstract record PayoutCommand
{
    public required DateTimeOffset Now { get; init; }

    /// <summary>What the bank connection promises about keys and queries.</summary>
    public required GatewayCapabilities Bank { get; init; }

    /// <summary>How long after it was paid a payout is asked about, because it may come back.</summary>
    public required TimeSpan ReturnsFor { get; init; }

    public required RetrySchedule Retries { get; init; }

    /// <summary>0 (inclusive) to 1 (exclusive).</summary>
    public required double Jitter { get; init; }
}

/// <summary>Somebody, or the schedule, wants a payout.</summary>
public sealed record RequestPayoutCommand : PayoutCommand
{
    public required string MerchantId { get; init; }
    public required Guid PayoutId { get; init; }
    public required Mode Mode { get; init; }
    public required Money Amount { get; init; }
    public required string BankName { get; init; }
    public required string Destination { get; init; }
    public required string Holder { get; init; }
    public required string? Description { get; init; }
    public required DateOnly? ScheduledFor { get; init; }
    public required string Fingerprint { get; init; }

    /// <summary>What the merchant's balance must be left with: its reserve and what is too young. Never negative.</summary>
    public required long Floor { get; init; }
}

/// <summary>Its next action may be due.</summary>
public sealed record WakePayoutCommand : PayoutCommand;

/// <summary>An attempt brought an answer, or an operator knows what the bank's statement says.</summary>
public sealed record AnswerPayoutCommand : PayoutCommand
{
    /// <summary><see cref="EvidenceSource.Attempt"/> or <see cref="EvidenceSource.Operator"/>.</summary>
    public required EvidenceSource Source { get; init; }

    /// <summary>The number that the attempt was claimed under; 0 for what no attempt brought.</summary>
    public required int Attempt { get; init; }

    public required GatewayAnswer Answer { get; init; }
}

/// <summary>What a payout does about a command. Exactly one of four.</summary>
public abstract record PayoutDecision
{
    private PayoutDecision()
    {
    }

    /// <summary>It happens: store all of this in one transaction, then act.</summary>
    /// <param name="Call">The attempt that this change claims; run it only once the change is committed.</param>
    public sealed record Accept(Payout Next, PayoutAction Action, JournalEntry? Entry, AttemptKind? Call) : PayoutDecision
    {
        /// <summary>The command says more than this: once it is stored, decide the same command again.</summary>
        public bool SaysMore { get; init; }
    }

    /// <summary>The same key with the same content: answer with the payout as it is now.</summary>
    public sealed record Replay(Payout Payout) : PayoutDecision;

    /// <summary>An expected refusal; nothing is stored.</summary>
    public sealed record Refuse(Refusal Reason) : PayoutDecision;

    /// <summary>Nothing to do: not due, or news that is no news.</summary>
    public sealed record Ignore(IgnoreReason Reason) : PayoutDecision;
}

/// <summary>The words of a payout's audit trail.</summary>
public enum PayoutAction
{
    Claimed,
    RetryClaimed,
    QueryClaimed,
    WaitingForEvidence,
    Sent,
    Paid,
    Declined,
    ProvenUnsent,
    AnswerUnknown,
    GivenUpUnsent,
    StillPaid,
    ReturnsOver,
    Returned,
    DecidedPaid,
    DecidedFailed,
    DecidedReturned,
}
