using Payments.GatewaySimulator.Rules;

namespace Payments.GatewaySimulator.Http;

/// <summary>An operation as clients see it: <c>approved</c>, <c>declined</c> or <c>pending</c>.</summary>
internal sealed record OperationReply(
    string Id, OperationKind Kind, string Reference, string Status, string? DeclineCode, long Amount, string Currency, string? ChargeId)
{
    /// <param name="order">What was asked for.</param>
    /// <param name="decided">Null while the order is pending.</param>
    public static OperationReply Of(Order order, Operation? decided) => new(
        order.Id,
        order.Kind,
        order.Reference,
        decided switch { null => "pending", { IsEffect: true } => "approved", _ => "declined" },
        decided?.DeclineCode,
        order.Amount,
        order.Currency,
        order.Kind == OperationKind.Refund ? order.Source : null);
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
        effect.ChargeReference,
        effect.At);
}

/// <summary>Effects since ever, and what requests met since the start. Lost answers were lost before any work, or after it.</summary>
internal sealed record SummaryReply(
    EffectTotals Charges,
    EffectTotals Refunds,
    long Requests,
    long Replays,
    long Unavailable,
    long LostAnswers,
    long LostBefore,
    long LostAfter);

internal sealed record HealthReply(string Status);
