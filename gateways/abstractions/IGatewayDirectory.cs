using Payments.Domain;

namespace Payments.Gateways;

/// <summary>The processors that this node can talk to.</summary>
public interface IGatewayDirectory
{
    /// <summary>A processor by its name.</summary>
    /// <exception cref="KeyNotFoundException">The configuration no longer names it: its payments wait until it does again.</exception>
    IPaymentGateway Get(string name);

    /// <summary>The processor that a new payment of this mode goes to; null when there is none. Test money never reaches a live processor.</summary>
    IPaymentGateway? Route(Mode mode);
}
