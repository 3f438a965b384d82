namespace Payments.Domain;

/// <summary>Where a payment stands. Only <see cref="Processing"/>, <see cref="RequiresAction"/> and <see cref="Authorized"/> can still change into another.</summary>
public enum PaymentStatus
{
    /// <summary>The charge or authorization was accepted by us and is not yet decided by the processor: being sent, or unknown.</summary>
    Processing,

    /// <summary>The processor has it, and wants the customer to do something first: to confirm it with its bank, as 3-D Secure asks.</summary>
    RequiresAction,

    /// <summary>The processor holds the amount, and something of it can still be captured.</summary>
    Authorized,

    /// <summary>The processor took the money, and nothing more can be taken.</summary>
    Succeeded,

    /// <summary>The processor said no.</summary>
    Declined,

    /// <summary>Proven that nothing was ever sent. Time alone never leads here (I6).</summary>
    Failed,

    /// <summary>The authorization is over, voided or expired, and nothing of it was captured.</summary>
    Canceled,
}

/// <summary>Where one operation at the processor stands. Three of the four are final.</summary>
public enum OperationStatus
{
    Pending,
    Succeeded,
    Declined,
    Failed,
}

/// <summary>What is known of an operation's effect at the processor; every answer and every error says it.</summary>
public enum Outcome
{
    NotSent,
    Unknown,
    Declined,
    Done,
}

/// <summary>What an attempt does at the processor.</summary>
public enum AttemptKind
{
    /// <summary>Sends, or sends again under the same idempotency key.</summary>
    Send,

    /// <summary>Asks what became of the operation.</summary>
    Query,

    /// <summary>No attempt of ours: the processor told of it by itself.</summary>
    Notice,
}

/// <summary>The stored and shown names of the states above.</summary>
public static class StatusNames
{
    public static string Name(this PaymentStatus status) => status switch
    {
        PaymentStatus.Processing => "processing",
        PaymentStatus.RequiresAction => "requires_action",
        PaymentStatus.Authorized => "authorized",
        PaymentStatus.Succeeded => "succeeded",
        PaymentStatus.Declined => "declined",
        PaymentStatus.Failed => "failed",
        PaymentStatus.Canceled => "canceled",
    };

    public static string Name(this OperationStatus status) => status switch
    {
        OperationStatus.Pending => "pending",
        OperationStatus.Succeeded => "succeeded",
        OperationStatus.Declined => "declined",
        OperationStatus.Failed => "failed",
    };

    public static string Name(this OperationKind kind) => kind switch
    {
        OperationKind.Charge => "charge",
        OperationKind.Authorize => "authorize",
        OperationKind.Capture => "capture",
        OperationKind.Void => "void",
        OperationKind.Refund => "refund",
        OperationKind.Dispute => "dispute",
        OperationKind.DisputeWon => "dispute_won",
        OperationKind.DisputeLost => "dispute_lost",
        OperationKind.RefundFailure => "refund_failure",
    };

    public static string Name(this AttemptKind kind) => kind switch
    {
        AttemptKind.Send => "send",
        AttemptKind.Query => "query",
        AttemptKind.Notice => "notice",
    };

    public static string Name(this Outcome outcome) => outcome switch
    {
        Outcome.NotSent => "not_sent",
        Outcome.Unknown => "unknown",
        Outcome.Declined => "declined",
        Outcome.Done => "done",
    };

    public static string Name(this GatewayAnswerKind kind) => kind switch
    {
        GatewayAnswerKind.Approved => "approved",
        GatewayAnswerKind.Declined => "declined",
        GatewayAnswerKind.Pending => "pending",
        GatewayAnswerKind.NotSent => "not_sent",
        GatewayAnswerKind.Unknown => "unknown",
        GatewayAnswerKind.NotFound => "not_found",
        GatewayAnswerKind.Expired => "expired",
        GatewayAnswerKind.RequiresAction => "requires_action",
        GatewayAnswerKind.Reversed => "reversed",
    };

    /// <summary>Reads a stored name back.</summary>
    /// <exception cref="ArgumentException">The name is not one that <paramref name="name"/> writes.</exception>
    public static TEnum Parse<TEnum>(string text, Func<TEnum, string> name) where TEnum : struct, Enum
    {
        foreach (var value in Enum.GetValues<TEnum>())
        {
            if (name(value) == text)
            {
                return value;
            }
        }

        throw new ArgumentException($"'{text}' is no {typeof(TEnum).Name}.", nameof(text));
    }
}
