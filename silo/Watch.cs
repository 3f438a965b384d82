using System.Diagnostics.Metrics;

namespace Payments.Silo;

/// <summary>Looks at the database from time to time for what nobody can count by events, and shows it as gauges. Every node shows the same.</summary>
/// <param name="period">The time between two looks.</param>
internal abstract class Watch(string name, TimeSpan period, WatchAge age, TimeProvider time, ILogger log) : BackgroundService
{
    protected Meter Meter { get; } = new(name);

    public override void Dispose()
    {
        Meter.Dispose();
        base.Dispose();
    }

    protected abstract Task LookAsync(CancellationToken cancellationToken);

    protected sealed override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var what = Meter.Name["Payments.".Length..].ToLowerInvariant();
        age.Saw(what, time.GetUtcNow());
        using var timer = new PeriodicTimer(period, time);
        do
        {
            try
            {
                await LookAsync(stoppingToken);
                age.Saw(what, time.GetUtcNow());
            }
            catch (Exception lost) when (!stoppingToken.IsCancellationRequested)
            {
                // What was seen last stays shown, and grows old.
                Log.NotWatched(log, Meter.Name, lost.GetType().Name);
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }
}
