using System.Diagnostics.Metrics;
using Payments.Domain;
using Payments.Storage;

namespace Payments.Silo;

/// <summary>Measures the system as a whole: what is overdue, and whether the ledger still sums to nothing.</summary>
internal sealed class VitalsWatch : Watch
{
    private readonly IVitals store;
    private readonly TimeProvider time;
    private volatile Vitals vitals = new([], default, []);

    public VitalsWatch(IVitals store, WatchAge age, TimeProvider time, ILogger<VitalsWatch> log) : base("Payments.Vitals", TimeSpan.FromSeconds(15), age, time, log)
    {
        (this.store, this.time) = (store, time);
        Meter.CreateObservableGauge(
            "payments.due", () => vitals.Backlog.Select(due => new Measurement<long>(due.Count, Subject(due))), "{payment}", "Payments and payouts whose next action is due.");
        Meter.CreateObservableGauge(
            "payments.due.age", () => vitals.Backlog.Select(due => new Measurement<double>(due.Age.TotalSeconds, Subject(due))), "s", "How long the oldest of them has been due.");
        Meter.CreateObservableGauge("payments.inbox.lag", () => vitals.InboxLag.TotalSeconds, "s", "How long the oldest evidence that is not understood yet has been waiting.");
        Meter.CreateObservableGauge(
            "payments.ledger.sum", () => vitals.Ledger.Select(sum => new Measurement<double>((double)sum.Amount, new KeyValuePair<string, object?>("currency", sum.Currency))),
            "{minor_unit}", "The sum of all balances: anything but 0 is a breach.");
    }

    protected override async Task LookAsync(CancellationToken cancellationToken) => vitals = await store.LookAsync(time.Now(), cancellationToken);

    private static KeyValuePair<string, object?> Subject(Backlog due) => new("subject", due.Subject);
}
