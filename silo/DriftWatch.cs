using System.Diagnostics.Metrics;
using Payments.Storage;

namespace Payments.Silo;

/// <summary>Measures how far processors' files and our books are apart, by processor, currency and day, for whoever watches the metrics.</summary>
internal sealed class DriftWatch : BackgroundService
{
    private const int Most = 200;

    private static readonly TimeSpan Period = TimeSpan.FromSeconds(30);

    private readonly IBreakBook breaks;
    private readonly TimeProvider time;
    private readonly ILogger<DriftWatch> log;
    private readonly Meter meter = new("Payments.Reconciliation");
    private volatile IReadOnlyList<Drift> drift = [];

    public DriftWatch(IBreakBook breaks, TimeProvider time, ILogger<DriftWatch> log)
    {
        (this.breaks, this.time, this.log) = (breaks, time, log);
        meter.CreateObservableGauge(
            "payments.reconciliation.drift", () => drift.Select(day => new Measurement<long>(day.Amount, Tags(day))), "{minor_unit}",
            "What a processor settled of a day and nobody can explain yet; + is more than we can explain.");
        meter.CreateObservableGauge(
            "payments.reconciliation.breaks", () => drift.Select(day => new Measurement<long>(day.Breaks, Tags(day))), "{break}", "Open breaks by the day on which they happened.");
    }

    public override void Dispose()
    {
        meter.Dispose();
        base.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Period, time);
        do
        {
            try
            {
                drift = await breaks.DriftAsync(Most, stoppingToken);
            }
            catch (Exception lost) when (!stoppingToken.IsCancellationRequested)
            {
                Log.DriftNotMeasured(log, lost.GetType().Name);
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    private static KeyValuePair<string, object?>[] Tags(Drift day) => [new("gateway", day.Gateway), new("currency", day.Currency), new("day", $"{day.Day:yyyy-MM-dd}")];
}
