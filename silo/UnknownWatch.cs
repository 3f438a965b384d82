using System.Diagnostics.Metrics;
using Payments.Domain;
using Payments.Storage;

namespace Payments.Silo;

/// <summary>
/// Counts what has been of unknown outcome for too long, and evidence that does not fit, for whoever watches the metrics, and says so in the log
/// when there is more than before. Nothing is decided here: time is no evidence.
/// </summary>
internal sealed class UnknownWatch : Watch
{
    private readonly IOperatorStore store;
    private readonly NodeOptions options;
    private readonly TimeProvider time;
    private readonly ILogger<UnknownWatch> log;
    private volatile IReadOnlyList<UnknownCount> unknown = [];
    private long waiting;
    private long flagged;

    public UnknownWatch(IOperatorStore store, NodeOptions options, WatchAge age, TimeProvider time, ILogger<UnknownWatch> log)
        : base("Payments.Unknown", TimeSpan.FromSeconds(15), age, time, log)
    {
        (this.store, this.options, this.time, this.log) = (store, options, time, log);
        Meter.CreateObservableGauge(
            "payments.operations.unknown", () => unknown.Select(count => new Measurement<long>(count.Count, Tags(count))), "{operation}",
            "Operations of unknown outcome for longer than the threshold.");
        Meter.CreateObservableGauge(
            "payments.operations.unknown.amount", () => unknown.Select(count => new Measurement<long>(count.Amount, Tags(count))), "{minor_unit}",
            "What they are over.");
        Meter.CreateObservableGauge(
            "payments.operations.unknown.age", () => unknown.Select(count => new Measurement<long>((long)(time.GetUtcNow() - count.Oldest).TotalSeconds, Tags(count))), "s",
            "How long ago the oldest of them was first sent.");
        Meter.CreateObservableGauge("payments.inbox.waiting", () => Interlocked.Read(ref waiting), "{event}", "Evidence that is not understood yet.");
        Meter.CreateObservableGauge("payments.inbox.flagged", () => Interlocked.Read(ref flagged), "{event}", "Evidence that a person must look at.");
    }

    protected override async Task LookAsync(CancellationToken cancellationToken)
    {
        var before = unknown.ToDictionary(count => (count.Gateway, count.Currency), count => count.Count);
        var (counts, (open, odd)) = (await store.CountUnknownAsync(time.Now() - options.UnknownFor, cancellationToken), await store.CountInboxAsync(cancellationToken));
        foreach (var count in counts.Where(count => count.Count > before.GetValueOrDefault((count.Gateway, count.Currency))))
        {
            Log.UnknownForLong(log, count.Count, count.Amount, count.Currency, count.Gateway, count.Oldest);
        }

        if (odd > Interlocked.Read(ref flagged))
        {
            Log.EvidenceFlagged(log, odd);
        }

        unknown = counts;
        Interlocked.Exchange(ref waiting, open);
        Interlocked.Exchange(ref flagged, odd);
    }

    private static KeyValuePair<string, object?>[] Tags(UnknownCount count) => [new("gateway", count.Gateway), new("currency", count.Currency)];
}
