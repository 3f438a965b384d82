using System.Diagnostics;

namespace Payments.Gateways.Connectors.Http;

/// <summary>Tells a processor the trace of a call, and nothing else: what merchants send as <c>baggage</c> or <c>tracestate</c> is not for third parties.</summary>
/// <remarks>W3C Trace Context.</remarks>
internal sealed class TraceParentOnly : DistributedContextPropagator
{
    public static readonly TraceParentOnly Instance = new();

    private const string Header = "traceparent";

    /// <inheritdoc/>
    public override IReadOnlyCollection<string> Fields { get; } = [Header];

    /// <inheritdoc/>
    public override void Inject(Activity? activity, object? carrier, PropagatorSetterCallback? setter)
    {
        if (activity is { IdFormat: ActivityIdFormat.W3C, Id: { } id })
        {
            setter?.Invoke(carrier, Header, id);
        }
    }

    /// <inheritdoc/>
    public override void ExtractTraceIdAndState(object? carrier, PropagatorGetterCallback? getter, out string? traceId, out string? traceState) =>
        (traceId, traceState) = (null, null);

    /// <inheritdoc/>
    public override IEnumerable<KeyValuePair<string, string?>>? ExtractBaggage(object? carrier, PropagatorGetterCallback? getter) => null;
}
