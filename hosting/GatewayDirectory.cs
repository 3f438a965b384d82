using System.Collections.Immutable;
using Payments.Domain;
using Payments.Gateways;
using Payments.Gateways.Connectors.Guard;

namespace Payments.Hosting;

/// <summary>A processor as it is configured.</summary>
/// <param name="Webhooks">Null when none of its secrets is configured.</param>
internal sealed record ConfiguredGateway(IPaymentGateway Gateway, Mode Mode, IWebhookReader? Webhooks = null);

/// <summary>The configured processors, and the rules by which new payments go to them.</summary>
internal sealed class GatewayDirectory(IEnumerable<ConfiguredGateway> gateways, ImmutableArray<RoutingRule> rules, Func<string, bool> isDrained)
    : IGatewayDirectory, IGatewayWebhooks, IGatewayStates, IDisposable
{
    private readonly ImmutableArray<ConfiguredGateway> all = [.. gateways];

    public IPaymentGateway Get(string name) =>
        Configured(name)?.Gateway ?? throw new KeyNotFoundException($"No processor '{name}' is configured on this node.");

    public ImmutableArray<string> Route(RouteQuery payment)
    {
        var wanted = rules.FirstOrDefault(rule => rule.Fits(payment))?.Gateways ?? [.. all.Select(gateway => gateway.Gateway.Name)];
        return [.. wanted.Where(name => Configured(name) is { } gateway && gateway.Mode == payment.Mode && !isDrained(name))];
    }

    public IWebhookReader? Find(string gateway) => Configured(gateway)?.Webhooks;

    public IReadOnlyList<GatewayState> All() =>
    [
        .. all.Select(gateway => gateway.Gateway is GuardedGateway guarded
            ? guarded.State(gateway.Mode.Name())
            : new(gateway.Gateway.Name, gateway.Mode.Name(), "closed", 0, int.MaxValue, 0, isDrained(gateway.Gateway.Name))),
    ];

    public void Dispose()
    {
        foreach (var gateway in all)
        {
            (gateway.Gateway as IDisposable)?.Dispose();
        }
    }

    private ConfiguredGateway? Configured(string name) => all.FirstOrDefault(gateway => gateway.Gateway.Name == name);
}
