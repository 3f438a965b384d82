using Payments.GatewaySimulator.Rules;

namespace Payments.GatewaySimulator.Http;

/// <summary>An operation as clients see it: <c>approved</c>, <c>declined</c>, <c>pending</c>, <c>requires_action</c> or <c>reversed</c>.</summary>
/// <remarks>How much a void releases, and in which currency, is known when it is decided.</remarks>
internal sealed record OperationReply(
    string Id,
    OperationKind Kind,
    string Reference,
    string Status,
    string? DeclineCode,
    long? Amount,
    string? Currency,
    string? ChargeId,
    string? AuthorizationId,
    DateTimeOffset? ExpiresAt,
    bool? Retryable,
    string? ActionUrl)
{
    /// <param name="order">What was asked for.</param>
    /// <param name="decided">Null while the order is pending.</param>
    /// <param name="actionUrl">Where the customer does what is wanted of it; null when nothing is.</param>
    public static OperationReply Of(Order order, Operation? decided, string? actionUrl = null)
    {
        var isOpen = order.Kind == OperationKind.Void && decided is null;
        return new OperationReply(
            order.Id,
            order.Kind,
            order.Reference,
            decided switch
            {
                null => actionUrl is null ? "pending" : "requires_action",
                { IsReversed: true } => "reversed",
                { IsEffect: true } => "approved",
                _ => "declined",
            },
            decided is { IsReversed: true } ? "account_closed" : decided?.DeclineCode,
            isOpen ? null : order.Amount,
            isOpen ? null : order.Currency,
            order.Kind == OperationKind.Refund ? order.Source : null,
            order.Kind is OperationKind.Capture or OperationKind.Void ? order.Source : null,
            decided?.ExpiresAt,
            decided?.DeclineCode == Operation.TryAgainLater ? true : null,
            actionUrl);
    }
}

/// <summary>The body of a webhook.</summary>
internal sealed record EventReply(string Id, string Type, DateTimeOffset CreatedAt, OperationReply? Operation, Dispute? Dispute)
{
    public static EventReply Of(WebhookEvent message) => new(
        message.Id, message.Type, message.At, message.Operation is { } operation ? OperationReply.Of(operation.Order, operation) : null, message.Dispute);
}

/// <summary>A line of the list of effects; <c>n</c> counts them from 1, and is what <c>?after=</c> takes.</summary>
internal sealed record EffectReply(
    long N,
    string Id,
    OperationKind Kind,
    string Reference,
    string IdempotencyKey,
    long Amount,
    string Currency,
    string? ChargeReference,
    string? AuthorizationReference,
    DateTimeOffset At)
{
    public static EffectReply Of(long number, Operation effect) => new(
        number,
        effect.Order.Id,
        effect.Order.Kind,
        effect.Order.Reference,
        effect.Order.IdempotencyKey,
        effect.Order.Amount,
        effect.Order.Currency,
        effect.Order.Kind == OperationKind.Refund ? effect.SourceReference : null,
        effect.Order.Kind == OperationKind.Refund ? null : effect.SourceReference,
        effect.At);
}

/// <summary>Effects since ever, and what requests met since the start. Lost answers were lost before any work, or after it.</summary>
internal sealed record SummaryReply(
    EffectTotals Charges,
    EffectTotals Authorizations,
    EffectTotals Captures,
    EffectTotals Voids,
    EffectTotals Refunds,
    EffectTotals Transfers,
    long Requests,
    long Replays,
    long Unavailable,
    long LostAnswers,
    long LostBefore,
    long LostAfter,
    long WebhooksSent,
    long WebhooksRefused);

internal sealed record HealthReply(string Status);
