#if EMBEDDED
using Payments.Domain;
using Payments.Embedded;
using Payments.Hosting;

namespace Payments.Silo.Dashboard;

/// <summary>Takes the stats when somebody looks, and remembers them a while for rates: nobody looks, nothing is done.</summary>
internal sealed class NodeWatch(SiloEngine engine, PostgresReminders reminders, ServingOptions host, TimeProvider time)
{
    private static readonly TimeSpan Step = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan RateOver = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Memory = TimeSpan.FromMinutes(5);

    private readonly DateTimeOffset started = time.Now();
    private readonly List<Sample> samples = [];
    private readonly Lock door = new();

    public async Task<NodeStats> LookAsync(CancellationToken cancellationToken)
    {
        var now = time.Now();
        var counts = (await reminders.CountAsync(now, cancellationToken)).ToDictionary(count => count.GrainType);
        var snapshot = engine.Snapshot();
        var sample = new Sample(now, snapshot.Grains.ToDictionary(grain => grain.Name, grain => grain.Turns), snapshot.Grains.Sum(grain => grain.Turns));
        lock (door)
        {
            var before = samples.LastOrDefault(one => now - one.At >= RateOver) ?? samples.FirstOrDefault(one => one.At < now) ?? new(started, [], 0);
            var history = samples.Zip(samples.Skip(1), (one, next) => new Moment(next.At, PerSecond(next.Total - one.Total, next.At - one.At))).ToList();
            if (samples.Count == 0 || now - samples[^1].At >= Step)
            {
                samples.RemoveAll(old => now - old.At > Memory);
                samples.Add(sample);
            }

            return new(
                host.Node, SiloEngine.Name, now, (now - started).TotalSeconds, snapshot.Grains.Sum(grain => grain.Activations), snapshot.OpenRequests, snapshot.LongestQueue,
                PerSecond(sample.Total - before.Total, now - before.At),
                [
                    .. snapshot.Grains.Select(grain => Of(
                        grain, PerSecond(grain.Turns - before.Turns.GetValueOrDefault(grain.Name), now - before.At), counts.GetValueOrDefault(grain.Name))),
                ],
                history);
        }
    }

    private static GrainStats Of(GrainSnapshot grain, double turnsPerSecond, ReminderCount? reminders) => new(
        grain.Name, grain.Activations, grain.Waiting, grain.LongestQueue, grain.Timers, grain.Turns, turnsPerSecond,
        grain.Turns == 0 ? null : grain.Busy.TotalMilliseconds / grain.Turns, grain.LongestTurn.TotalMilliseconds,
        reminders?.Registered ?? 0, reminders?.Due ?? 0, reminders?.NextAt);

    private static double PerSecond(long turns, TimeSpan time) => time > TimeSpan.Zero ? turns / time.TotalSeconds : 0;

    private sealed record Sample(DateTimeOffset At, Dictionary<string, long> Turns, long Total);
}
#endif
