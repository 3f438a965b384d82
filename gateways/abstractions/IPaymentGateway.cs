using Payments.Domain;

namespace Payments.Gateways;

/// <summary>An external payment processor. A connector translates; it never retries and never decides: that is the payment's work.</summary>
/// <remarks>
/// Every method answers with what is known and throws only for bugs. Nothing written to the wire: <see cref="GatewayAnswerKind.NotSent"/>.
/// Anything after the first byte without a readable answer, including a timeout and a cancellation: <see cref="GatewayAnswerKind.Unknown"/>.
/// </remarks>
public interface IPaymentGateway
{
    /// <summary>The name in accounts (<c>gateway:{name}:receivable</c>), rows and metrics: lower-case letters, digits, dashes.</summary>
    string Name { get; }

    /// <summary>What the processor promises about keys and queries.</summary>
    GatewayCapabilities Capabilities { get; }

    /// <summary>How long to wait between attempts at this processor; null: as everywhere.</summary>
    RetrySchedule? Retries => null;

    /// <summary>Takes the amount from the payment method behind the token.</summary>
    Task<GatewayAnswer> ChargeAsync(ChargeOrder order, CancellationToken cancellationToken);

    /// <summary>Holds the amount on the account behind the token.</summary>
    Task<GatewayAnswer> AuthorizeAsync(ChargeOrder order, CancellationToken cancellationToken);

    /// <summary>Takes an amount of what an authorization holds.</summary>
    Task<GatewayAnswer> CaptureAsync(CaptureOrder order, CancellationToken cancellationToken);

    /// <summary>Releases what an authorization holds and was not captured.</summary>
    Task<GatewayAnswer> VoidAsync(VoidOrder order, CancellationToken cancellationToken);

    /// <summary>Gives an amount of an earlier charge, or of what was captured of an authorization, back.</summary>
    Task<GatewayAnswer> RefundAsync(RefundOrder order, CancellationToken cancellationToken);

    /// <summary>Asks what became of an operation. <see cref="GatewayAnswerKind.NotSent"/> and <see cref="GatewayAnswerKind.Unknown"/>
    /// then speak of the query itself, and say nothing of the operation.</summary>
    Task<GatewayAnswer> QueryAsync(QueryOrder order, CancellationToken cancellationToken);
}

/// <param name="Reference">Our operation id: what the processor stores, shows in its files, and is queried by.</param>
/// <param name="IdempotencyKey">A function of payment id and operation id: every send of one operation carries the same.</param>
/// <param name="Amount">What to take.</param>
/// <param name="Token">The processor's token of the payment method; never a card number.</param>
/// <param name="StatementDescriptor">What the customer reads on its statement; null: whatever the processor shows.</param>
/// <param name="ReturnUrl">Where the processor sends the customer when it is done with it; null: the customer cannot be asked for anything.</param>
public sealed record ChargeOrder(
    string Reference, string IdempotencyKey, Money Amount, string Token, string? StatementDescriptor = null, string? ReturnUrl = null);

/// <param name="Reference">Our operation id of the capture.</param>
/// <param name="IdempotencyKey">A function of payment id and operation id: every send of one operation carries the same.</param>
/// <param name="Amount">What to take.</param>
/// <param name="IsFinal">Whether the processor shall release what is left.</param>
/// <param name="ProcessorAuthorizationId">The processor's own id of the authorization.</param>
public sealed record CaptureOrder(string Reference, string IdempotencyKey, Money Amount, bool IsFinal, string ProcessorAuthorizationId);

/// <param name="Reference">Our operation id of the void.</param>
/// <param name="IdempotencyKey">A function of payment id and operation id: every send of one operation carries the same.</param>
/// <param name="ProcessorAuthorizationId">The processor's own id of the authorization.</param>
public sealed record VoidOrder(string Reference, string IdempotencyKey, string ProcessorAuthorizationId);

/// <param name="Reference">Our operation id of the refund.</param>
/// <param name="IdempotencyKey">A function of payment id and operation id: every send of one operation carries the same.</param>
/// <param name="Amount">What to give back.</param>
/// <param name="ChargeReference">Our operation id of the charge or authorization that is refunded.</param>
/// <param name="ProcessorChargeId">The processor's own id of that charge.</param>
public sealed record RefundOrder(string Reference, string IdempotencyKey, Money Amount, string ChargeReference, string ProcessorChargeId);

/// <param name="Kind">What was asked for.</param>
/// <param name="Reference">Our operation id.</param>
/// <param name="FirstSentAt">When it was first sent (UTC): nothing of it is older.</param>
/// <param name="ProcessorId">The processor's own id of the operation, as far as it ever told it.</param>
/// <param name="ProcessorBegunId">The processor's own id of the charge or authorization that a capture, void or refund is about.</param>
public sealed record QueryOrder(
    OperationKind Kind, string Reference, DateTimeOffset FirstSentAt, string? ProcessorId = null, string? ProcessorBegunId = null);
