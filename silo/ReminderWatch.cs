#if EMBEDDED
using System.Diagnostics.Metrics;

namespace Payments.Silo;

/// <summary>Counts reminders whose tick nobody has fired yet. Orleans measures its own.</summary>
internal sealed class ReminderWatch : Watch
{
    private readonly PostgresReminders reminders;
    private readonly TimeProvider time;
    private volatile IReadOnlyList<ReminderCount> counts = [];

    public ReminderWatch(PostgresReminders reminders, WatchAge age, TimeProvider time, ILogger<ReminderWatch> log)
        : base("Payments.Reminders", TimeSpan.FromSeconds(15), age, time, log)
    {
        (this.reminders, this.time) = (reminders, time);
        Meter.CreateObservableGauge(
            "payments.reminders.due", () => counts.Select(count => new Measurement<long>(count.Due, new KeyValuePair<string, object?>("grain", count.GrainType))),
            "{reminder}", "Reminders whose tick is due.");
    }

    protected override async Task LookAsync(CancellationToken cancellationToken) => counts = await reminders.CountAsync(time.GetUtcNow(), cancellationToken);
}
#endif
