using System.Collections.Immutable;
using Payments.Domain;

namespace Payments.Gateways;

/// <summary>The processors that this node can talk to.</summary>
public interface IGatewayDirectory
{
    /// <summary>A processor by its name.</summary>
    /// <exception cref="KeyNotFoundException">The configuration no longer names it: its payments wait until it does again.</exception>
    IPaymentGateway Get(string name);

    /// <summary>The processors that a new payment may go to, the first one first; empty when there is none. Test money never reaches a live processor.</summary>
    ImmutableArray<string> Route(RouteQuery payment);
}

/// <summary>What rules tell new payments apart by.</summary>
/// <param name="Amount">What the customer is to pay.</param>
/// <param name="PaymentMethod">The processor's token of the payment method.</param>
public sealed record RouteQuery(Mode Mode, string MerchantId, Money Amount, string PaymentMethod);
