using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace Payments.Storage.Postgres;

/// <summary>What the group commit measures: how large batches are, how long they take, who waits, and what becomes of commits.</summary>
internal sealed class CommitTelemetry : IDisposable
{
    private static readonly ActivitySource Source = new("Payments.Commits");

    private readonly Meter meter = new("Payments.Commits");
    private readonly Histogram<long> size;
    private readonly Histogram<double> duration;
    private readonly Counter<long> verdicts;

    /// <param name="queued">How many commits wait.</param>
    public CommitTelemetry(Func<int> queued)
    {
        size = meter.CreateHistogram(
            "payments.commit.batch_size", "{commit}", "Commits in a transaction.", advice: new InstrumentAdvice<long> { HistogramBucketBoundaries = [1, 2, 5, 10, 20, 50, 100, 200, 500] });
        duration = meter.CreateHistogram(
            "payments.commit.duration", "s", "How long a transaction of commits takes.",
            advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = [.001, .002, .005, .01, .02, .05, .1, .2, .5, 1, 2, 5] });
        verdicts = meter.CreateCounter<long>("payments.commits", "{commit}", "Commits by what became of them.");
        meter.CreateObservableGauge("payments.commit.queued", queued, "{commit}", "Commits that wait for the next transaction.");
    }

    /// <summary>Whether anybody looks at traces.</summary>
    public static bool IsTraced => Source.HasListeners();

    /// <summary>A caller's commit, from when it is queued until it is answered.</summary>
    public static Activity? Begin(Commit commit) => Source.StartActivity($"commit {commit.Action}");

    /// <summary>A transaction, which belongs to no single trace: it links to all that it serves.</summary>
    public static Activity? BeginBatch(IEnumerable<ActivityContext> served) =>
        Source.StartActivity("commit batch", ActivityKind.Internal, parentContext: default, tags: null, links: [.. served.Where(trace => trace != default).Select(trace => new ActivityLink(trace))]);

    public void Written(int commits, TimeSpan time)
    {
        size.Record(commits);
        duration.Record(time.TotalSeconds);
    }

    public void Answered(CommitVerdict verdict) => verdicts.Add(1, new KeyValuePair<string, object?>("verdict", verdict.ToString()));

    public void Dispose() => meter.Dispose();
}
