using System.Diagnostics.Metrics;
using Payments.Storage;

namespace Payments.Silo;

/// <summary>Measures how far processors' files and our books are apart, by processor, currency and day.</summary>
internal sealed class DriftWatch : Watch
{
    private const int Most = 200;

    private readonly IBreakBook breaks;
    private volatile IReadOnlyList<Drift> drift = [];

    public DriftWatch(IBreakBook breaks, WatchAge age, TimeProvider time, ILogger<DriftWatch> log) : base("Payments.Reconciliation", TimeSpan.FromSeconds(30), age, time, log)
    {
        this.breaks = breaks;
        Meter.CreateObservableGauge(
            "payments.reconciliation.drift", () => drift.Select(day => new Measurement<long>(day.Amount, Tags(day))), "{minor_unit}",
            "What a processor settled of a day and nobody can explain yet; + is more than we can explain.");
        Meter.CreateObservableGauge(
            "payments.reconciliation.breaks", () => drift.Select(day => new Measurement<long>(day.Breaks, Tags(day))), "{break}", "Open breaks by the day on which they happened.");
    }

    protected override async Task LookAsync(CancellationToken cancellationToken) => drift = await breaks.DriftAsync(Most, cancellationToken);

    private static KeyValuePair<string, object?>[] Tags(Drift day) => [new("gateway", day.Gateway), new("currency", day.Currency), new("day", $"{day.Day:yyyy-MM-dd}")];
}
