using System.Diagnostics;
using System.Diagnostics.Metrics;
using Payments.Domain;

namespace Payments.Grains;

/// <summary>What payments' grains count, and the traces of what they do by themselves.</summary>
internal static class Telemetry
{
    private static readonly ActivitySource Source = new("Payments.Grains");
    private static readonly Meter Meter = new("Payments.Grains");

    private static readonly Counter<long> Attempts = Meter.CreateCounter<long>(
        "payments.attempts", "{attempt}", "Claimed sends and questions; all but an operation's first are retries.");

    private static readonly Counter<long> Operations = Meter.CreateCounter<long>("payments.operations", "{operation}", "Operations that came to their end.");

    /// <summary>Whether anybody looks at traces.</summary>
    public static bool IsTraced => Source.HasListeners();

    /// <summary>An attempt was claimed.</summary>
    public static void Claimed(GatewayCall call) => Attempts.Add(
        1, new("gateway", call.Payment.Gateway), new("operation", call.Operation.Kind.Name()), new("kind", call.Kind.Name()), new("retry", call.Operation.Attempt > 1));

    /// <summary>An operation came to its end, or began as one.</summary>
    public static void Ended(Payment payment, Operation operation) => Operations.Add(
        1, new("gateway", payment.Gateway), new("operation", operation.Kind.Name()), new("outcome", operation.Status.Name()), new("currency", payment.Currency.Code));

    /// <summary>
    /// A trace of its own for what nobody is waiting for, with links to those of the requests that caused it. Whoever wakes a payment (a timer, a
    /// reminder, the recovery) would lend it a trace that says nothing.
    /// </summary>
    /// <param name="causes">W3C trace contexts.</param>
    public static Activity? Retry(IEnumerable<string> causes)
    {
        Activity.Current = null;
        var links = causes.Select(cause => ActivityContext.TryParse(cause, null, out var context) ? new ActivityLink(context) : default(ActivityLink?));
        return Source.StartActivity("retry", ActivityKind.Internal, parentContext: default, tags: null, links: [.. links.OfType<ActivityLink>()]);
    }
}
