using System.Collections.Immutable;

namespace Payments.Domain;

/// <summary>Everything that can be asked of a payment, or happen to it.</summary>
public enum CommandKind
{
    Charge,
    Capture,
    Cancel,
    Refund,
    Wake,
    Answer,
    Notice,
}

/// <summary>A command carries the time and the dice that the decision may use, so that deciding needs nothing else.</summary>
public abstract record PaymentCommand
{
    private protected PaymentCommand(CommandKind kind) => Kind = kind;

    public CommandKind Kind { get; }

    /// <summary>UTC.</summary>
    public required DateTimeOffset Now { get; init; }

    /// <summary>What the payment's processor promises.</summary>
    public required GatewayCapabilities Gateway { get; init; }

    /// <summary>How long to wait between attempts.</summary>
    public required RetrySchedule Retries { get; init; }

    /// <summary>0 (inclusive) to 1 (exclusive): spreads retries, so that payments that failed together do not return together.</summary>
    public required double Jitter { get; init; }
}

/// <summary>What a merchant wants of a payment that is there: it becomes an operation of its own.</summary>
public abstract record OperationCommand : PaymentCommand
{
    private protected OperationCommand(CommandKind kind) : base(kind)
    {
    }

    /// <summary>A function of the merchant's idempotency key.</summary>
    public required Guid OperationId { get; init; }

    public required string Fingerprint { get; init; }

    /// <summary>Why, in the merchant's words.</summary>
    public string? Reason { get; init; }

    public ImmutableSortedDictionary<string, string> Metadata { get; init; } = Domain.Metadata.Empty;
}

/// <summary>The merchant wants money from its customer.</summary>
public sealed record ChargeCommand() : PaymentCommand(CommandKind.Charge)
{
    public required string MerchantId { get; init; }
    public required Guid PaymentId { get; init; }
    public required Mode Mode { get; init; }
    public required Money Amount { get; init; }
    public required FeeTerms Fee { get; init; }

    /// <summary>The processors that may be tried, in order; at least one.</summary>
    public required ImmutableArray<string> Routes { get; init; }

    /// <summary>Where the processor sends the customer when it is done with it.</summary>
    public string? ReturnUrl { get; init; }

    public required string PaymentMethod { get; init; }
    public required string Fingerprint { get; init; }
    public string? Reference { get; init; }
    public string? Description { get; init; }
    public string? Customer { get; init; }
    public string? StatementDescriptor { get; init; }
    public CaptureMode Capture { get; init; }
    public ImmutableSortedDictionary<string, string> Metadata { get; init; } = Domain.Metadata.Empty;
}

/// <summary>The merchant takes a part or all of what is authorized.</summary>
public sealed record CaptureCommand() : OperationCommand(CommandKind.Capture)
{
    /// <summary>Minor units; null for all that is left.</summary>
    public required long? Amount { get; init; }

    /// <summary>Whether the rest is released.</summary>
    public required bool IsFinal { get; init; }
}

/// <summary>The merchant releases what is authorized and was not captured.</summary>
public sealed record CancelCommand() : OperationCommand(CommandKind.Cancel);

/// <summary>The merchant wants to give money back.</summary>
public sealed record RefundCommand() : OperationCommand(CommandKind.Refund)
{
    /// <summary>Minor units; null for all that is left.</summary>
    public required long? Amount { get; init; }
}

/// <summary>A timer, a reminder or the recovery says: look whether something is due.</summary>
public sealed record WakeCommand() : PaymentCommand(CommandKind.Wake)
{
    /// <summary>Somebody wants to know now: what waits for its time is asked about before it, unless it was just now.</summary>
    public bool IsHurried { get; init; }
}

/// <summary>Where the word about an operation comes from.</summary>
public enum EvidenceSource
{
    /// <summary>An attempt of ours.</summary>
    Attempt,

    /// <summary>The processor told by itself.</summary>
    Webhook,

    /// <summary>Operators looked at it, and decided.</summary>
    Operator,
}

/// <summary>An attempt brought an answer, the processor told something by itself, or an operator decided.</summary>
public sealed record AnswerCommand() : PaymentCommand(CommandKind.Answer)
{
    public required Guid OperationId { get; init; }

    public EvidenceSource Source { get; init; }

    /// <summary>The number that the attempt was claimed under; 0 for what no attempt brought.</summary>
    public required int Attempt { get; init; }

    /// <summary>The processor whose word it is.</summary>
    public required string From { get; init; }

    public required GatewayAnswer Answer { get; init; }
}

/// <summary>The processor tells of something that it did by itself.</summary>
public sealed record NoticeCommand() : PaymentCommand(CommandKind.Notice)
{
    /// <summary>One of <see cref="OperationKind.Dispute"/>, <see cref="OperationKind.DisputeWon"/> and <see cref="OperationKind.DisputeLost"/>.</summary>
    public required OperationKind Notice { get; init; }

    /// <summary>The processor whose word it is.</summary>
    public required string From { get; init; }

    /// <summary>The charge or capture that is disputed, as far as the processor says.</summary>
    public required Guid About { get; init; }

    /// <summary>The processor's own id of the dispute: what the three notices of one have in common.</summary>
    public required string DisputeReference { get; init; }

    /// <summary>What is in dispute.</summary>
    public required Money Amount { get; init; }

    /// <summary>What the processor takes for a dispute besides its amount, in minor units.</summary>
    public long Fee { get; init; }

    /// <summary>What of that fee it keeps although the merchant won, in minor units.</summary>
    public long Kept { get; init; }

    /// <summary>The customer's reason, e.g. <c>product_not_received</c>.</summary>
    public string? Code { get; init; }
}
