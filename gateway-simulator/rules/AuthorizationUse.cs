namespace Payments.GatewaySimulator.Rules;

/// <summary>What became of an authorization: how much of it was captured, and whether a final capture or a void closed it.</summary>
internal readonly record struct AuthorizationUse(long Captured, bool Closed)
{
    /// <summary>After one more approved capture or void.</summary>
    public AuthorizationUse And(Order order) =>
        order.Kind == OperationKind.Void ? this with { Closed = true } : new(Captured + order.Amount, Closed || order.Final);
}
