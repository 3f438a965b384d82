namespace Payments.Domain;

/// <summary>What is known after a call to a processor, or from what it tells by itself.</summary>
public enum GatewayAnswerKind
{
    /// <summary>The processor did it: money moved.</summary>
    Approved,

    /// <summary>The processor will not do it, and did not.</summary>
    Declined,

    /// <summary>The processor has it and has not decided.</summary>
    Pending,

    /// <summary>Proven: nothing of the request reached the processor, or it was turned away at the door before any work.</summary>
    NotSent,

    /// <summary>The request may or may not have had its effect.</summary>
    Unknown,

    /// <summary>A query's answer: the processor knows no such operation. Proof of absence only after the connector's waiting time.</summary>
    NotFound,

    /// <summary>The processor did not do it because the authorization is over: nothing can be captured any more, nothing is held.</summary>
    Expired,

    /// <summary>The processor has it, and wants the customer to do something first.</summary>
    RequiresAction,

    /// <summary>A refund's: the processor made it, and then it came back.</summary>
    Reversed,
}

/// <summary>The answer of a processor to one attempt, or its own news of an operation, reduced to what the state machine needs.</summary>
/// <param name="Kind">What is known.</param>
/// <param name="Reference">The processor's own id of the operation, when it gave one.</param>
/// <param name="Code">Why: a decline code such as <c>insufficient_funds</c>, or a transport reason such as <c>timeout</c>.</param>
/// <param name="AuthorizedUntil">Of an approved authorization: when the processor will let go of it (UTC); null when it does not say.</param>
/// <param name="Told">The amount that the processor speaks of; null when it does not say. It must be ours.</param>
/// <param name="ActionUrl">Where the customer does what the processor wants of it.</param>
/// <param name="IsRetryable">Of a decline: another processor may well approve.</param>
public sealed record GatewayAnswer(
    GatewayAnswerKind Kind, string? Reference = null, string? Code = null, DateTimeOffset? AuthorizedUntil = null, Money? Told = null,
    string? ActionUrl = null, bool IsRetryable = false)
{
    /// <summary>A node of ours let its claim run out, and did not send: that says nothing about the processor.</summary>
    public const string ClaimExpired = "claim_expired";

    /// <summary>The processor speaks of another amount or currency than we do.</summary>
    public const string Mismatch = "amount_mismatch";
}
