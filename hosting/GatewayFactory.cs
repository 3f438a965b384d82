using Payments.Domain;
using Payments.Gateways;
using Payments.Gateways.Connectors.Guard;
using Payments.Gateways.Connectors.Simulator;
using Payments.Gateways.Connectors.Stripe;

namespace Payments.Hosting;

/// <summary>Makes the connectors of the settings. The one place that knows which there are.</summary>
internal static class GatewayFactory
{
    private static readonly TimeSpan SettlementTimeout = TimeSpan.FromMinutes(10);

    public static GatewayDirectory Make(GatewaySettings settings, Func<string, bool> isDrained, TimeProvider time) =>
        new(settings.Gateways.Select(gateway => Make(gateway, isDrained, time)).ToArray(), settings.Routes, isDrained);

    private static ConfiguredGateway Make(GatewaySetting setting, Func<string, bool> isDrained, TimeProvider time)
    {
        var timeout = TimeSpan.FromMilliseconds(setting.TimeoutMs);
        var (gateway, webhooks) = setting.Connector switch
        {
            "simulator" => (
                (IPaymentGateway)new SimulatorGateway(
                    new() { Name = setting.Name, BaseAddress = setting.Url, Timeout = timeout, MaxConnections = setting.MaxInFlight, Retries = setting.Retries }, time),
                Secrets(setting, secrets => (IWebhookReader)new SimulatorWebhooks([.. secrets]))),
            "stripe" => (
                new StripeGateway(
                    new()
                    {
                        Name = setting.Name,
                        BaseAddress = setting.Url,
                        SecretKey = GatewaySetting.Secret(setting.Key!),
                        Api = ApiOf(setting),
                        Timeout = timeout,
                        MaxConnections = setting.MaxInFlight,
                        Retries = setting.Retries,
                    },
                    time),
                Secrets(setting, secrets => new StripeWebhooks([.. secrets], ApiOf(setting)))),
            _ => throw new ConfigurationException($"There is no connector '{setting.Connector}'."),
        };
        var guard = new GuardOptions
        {
            MaxInFlight = setting.MaxInFlight,
            FailureRatio = setting.BreakerRatio,
            MinimumCalls = setting.BreakerCalls,
            BreakTime = TimeSpan.FromMilliseconds(setting.BreakMs),
        };
        return new(
            new GuardedGateway(gateway, guard, () => isDrained(setting.Name), time), StatusNames.Parse<Mode>(setting.Mode, ModeNames.Name), webhooks);
    }

    /// <summary>Where settlement files are fetched.</summary>
    public static IEnumerable<ISettlementSource> MakeSources(GatewaySettings settings, TimeProvider time) =>
        from gateway in settings.Gateways
        where gateway.Settlement is not null
        select new SimulatorSettlements(gateway.Name, gateway.Url, SettlementTimeout, time);

    private static StripeApi ApiOf(GatewaySetting setting) => setting.Api == "charges" ? StripeApi.Charges : StripeApi.PaymentIntents;

    private static IWebhookReader? Secrets(GatewaySetting setting, Func<IEnumerable<string>, IWebhookReader> make)
    {
        try
        {
            return setting.WebhookSecrets.IsDefaultOrEmpty ? null : make(setting.WebhookSecrets.Select(GatewaySetting.Secret));
        }
        catch (ArgumentException wrong)
        {
            throw new ConfigurationException($"Gateway '{setting.Name}': {wrong.Message}");
        }
    }
}
