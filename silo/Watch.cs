using System.Diagnostics.Metrics;

namespace Payments.Silo;

/// <summary>Looks at the database from time to time for what nobody can count by events, and shows it as gauges. Every node shows the same.</summary>
/// <param name="period">The time between two looks.</param>
internal abstract class Watch(string name, TimeSpan period, TimeProvider time, ILogger log) : BackgroundService
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
        using var timer = new PeriodicTimer(period, time);
        do
        {
            try
            {
                await LookAsync(stoppingToken);
            }
            catch (Exception lost) when (!stoppingToken.IsCancellationRequested)
            {
                // What was seen last stays shown; a database that is away has alarms of its own.
                Log.NotWatched(log, Meter.Name, lost.GetType().Name);
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }
}
