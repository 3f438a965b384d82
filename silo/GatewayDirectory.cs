using Payments.Domain;
using Payments.Gateways;

namespace Payments.Silo;

/// <summary>The configured processors. Test mode goes to the simulator; live mode has no connector yet, so it is refused rather than guessed.</summary>
public sealed class GatewayDirectory(IEnumerable<IPaymentGateway> gateways) : IGatewayDirectory
{
    private readonly Dictionary<string, IPaymentGateway> byName = gateways.ToDictionary(gateway => gateway.Name, StringComparer.Ordinal);

    public IPaymentGateway Get(string name) => byName.TryGetValue(name, out var gateway)
        ? gateway
        : throw new KeyNotFoundException($"No processor '{name}' is configured on this node.");

    public IPaymentGateway? Route(Mode mode) => mode switch
    {
        Mode.Test => byName.GetValueOrDefault("simulator"),
        Mode.Live => null,
    };
}
