using System.Diagnostics;
using System.Diagnostics.Metrics;
using Payments.Domain;

namespace Payments.Gateways.Connectors.Guard;

/// <summary>What calls of processors measure: a span, and how long they took by what came of them.</summary>
internal static class GatewayTelemetry
{
    private static readonly ActivitySource Source = new("Payments.Gateways");
    private static readonly Meter Meter = new("Payments.Gateways");

    private static readonly Histogram<double> Duration = Meter.CreateHistogram(
        "payments.gateway.duration", "s", "How long calls of processors take.",
        advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = [.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30] });

    private static readonly Counter<long> Refused = Meter.CreateCounter<long>("payments.gateway.turned_away", "{call}", "Calls that were not made, by why.");

    public static Activity? Begin(string gateway, string operation, string reference) => Source.StartActivity($"{operation} {gateway}", ActivityKind.Client)
        ?.SetTag("payments.gateway", gateway).SetTag("payments.operation", operation).SetTag("payments.reference", reference);

    public static void End(Activity? span, string gateway, string operation, GatewayAnswer answer, TimeSpan time)
    {
        span?.SetTag("payments.outcome", answer.Kind.Name()).SetTag("payments.code", answer.Code);
        Duration.Record(time.TotalSeconds, new("gateway", gateway), new("operation", operation), new("outcome", answer.Kind.Name()));
    }

    public static void TurnedAway(string gateway, string why) => Refused.Add(1, new("gateway", gateway), new("reason", why));
}
