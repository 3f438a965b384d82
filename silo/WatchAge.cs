using System.Collections.Concurrent;
using System.Diagnostics.Metrics;

namespace Payments.Silo;

/// <summary>How old what the watches show is: their gauges keep their last values while the database is away, and look as good as ever.</summary>
internal sealed class WatchAge : IDisposable
{
    private readonly Meter meter = new("Payments.Watches");
    private readonly ConcurrentDictionary<string, DateTimeOffset> seen = new();

    public WatchAge(TimeProvider time) => meter.CreateObservableGauge(
        "payments.watch.age",
        () => seen.Select(watch => new Measurement<double>((time.GetUtcNow() - watch.Value).TotalSeconds, new KeyValuePair<string, object?>("watch", watch.Key))),
        "s", "How long ago a watch saw the database; before the first time, how long ago it was started.");

    public void Saw(string watch, DateTimeOffset at) => seen[watch] = at;

    public void Dispose() => meter.Dispose();
}
