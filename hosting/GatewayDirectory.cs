using System.Collections.Immutable;
using System.Diagnostics.Metrics;
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
    private readonly Meter meter = new("Payments.Gateways");

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

    /// <summary>Shows their states as gauges.</summary>
    public GatewayDirectory Measured()
    {
        IEnumerable<Measurement<long>> Each(Func<GatewayState, long> value) =>
            All().Select(state => new Measurement<long>(value(state), new KeyValuePair<string, object?>("gateway", state.Name)));
        meter.CreateObservableGauge(
            "payments.gateway.breaker", () => Each(state => state.Breaker switch { "closed" => 0, "half_open" => 1, _ => 2 }), "{state}", "0 closed, 1 half open, 2 open, as this node sees it.");
        meter.CreateObservableGauge("payments.gateway.in_flight", () => Each(state => state.InFlight), "{call}", "Calls under way from this node.");
        return this;
    }

    public void Dispose()
    {
        meter.Dispose();
        foreach (var gateway in all)
        {
            (gateway.Gateway as IDisposable)?.Dispose();
        }
    }

    private ConfiguredGateway? Configured(string name) => all.FirstOrDefault(gateway => gateway.Gateway.Name == name);
}
