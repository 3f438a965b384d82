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
    public required string GatewayName { get; init; }
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
public sealed record WakeCommand() : PaymentCommand(CommandKind.Wake);

/// <summary>An attempt brought an answer.</summary>
public sealed record AnswerCommand() : PaymentCommand(CommandKind.Answer)
{
    public required Guid OperationId { get; init; }

    /// <summary>The number that the attempt was claimed under.</summary>
    public required int Attempt { get; init; }

    public required GatewayAnswer Answer { get; init; }
}
