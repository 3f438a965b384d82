namespace Payments.Domain;

/// <summary>Everything that can be asked of a payment, or happen to it.</summary>
public enum CommandKind
{
    Charge,
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
}

/// <summary>The merchant wants to give money back.</summary>
public sealed record RefundCommand() : PaymentCommand(CommandKind.Refund)
{
    public required Guid RefundId { get; init; }

    /// <summary>Minor units; null for all that is left.</summary>
    public required long? Amount { get; init; }

    public required string Fingerprint { get; init; }
    public string? Reason { get; init; }
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
