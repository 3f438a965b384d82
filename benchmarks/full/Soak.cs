using Payments.Benchmarks.Load;
using Payments.Benchmarks.Report;
using Payments.Benchmarks.Systems;

namespace Payments.Benchmarks.Full;

/// <summary>An open loop at 70 % of the peak, for as long as it takes to see what grows.</summary>
internal static class Soak
{
    private const int InFlight = 256;
    private const double Part = 0.7;
    private const double Slice = 30;

    // How many times its first fifth the last may be. Latency is the noisiest of them; what grows without end passes any limit.
    private static readonly (string Name, string Unit, double Limit)[] Kinds =
        [("p99", "ms", 1.5), ("memory of the node", "MiB", 1.1), ("connections to PostgreSQL", "", 1.1), ("overdue payments, and one", "", 2)];

    public static async Task MeasureAsync(Cluster cluster, PaymentsSystem system, Plan plan, Series series, Action<string> progress)
    {
        await system.StartAsync(1);
        await HttpLoadProcess.ChargeAsync(system, system.Keys, InFlight, null, FullBench.WarmUp);
        var rate = (await HttpLoadProcess.ChargeAsync(system, system.Keys, InFlight, null, plan.Seconds)).PerSecond * Part;
        var values = Kinds.Select(_ => new List<double>()).ToArray();
        for (var (done, seconds) = (0.0, Math.Min(Slice, plan.Minutes * 60 / 10)); done < plan.Minutes * 60; done += seconds)
        {
            var slice = await HttpLoadProcess.ChargeAsync(system, system.Keys, 0, rate, seconds);
            double[] now =
            [
                slice.P99,
                system.NodeMemory / 1048576.0,
                await cluster.ScalarAsync<long>("postgres", "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'payments'"),
                // One more than there are, so that none beside none is a ratio too.
                1 + await cluster.ScalarAsync<long>(system.Database, "SELECT count(*) FROM payments.payments WHERE next_action_at < now()"),
            ];
            foreach (var (list, value) in values.Zip(now))
            {
                list.Add(value);
            }

            progress($"soak: {(done + seconds) / 60:0.0} of {plan.Minutes} minutes at {rate:N0} a second: p99 {now[0]:N0} ms, node {now[1]:N0} MiB, {now[2]} connections, {now[3] - 1} overdue");
        }

        foreach (var (kind, list) in Kinds.Zip(values))
        {
            Ends.Compare(series, list, First(kind.Name), Last(kind.Name));
        }
    }

    public static IEnumerable<Measure?> Measures(Series series) =>
        Kinds.Select(kind => series.Against(Last(kind.Name), kind.Unit, First(kind.Name), kind.Limit, isCeiling: true));

    private static string First(string kind) => $"soak, first fifth: {kind}";

    private static string Last(string kind) => $"soak, last fifth: {kind}";
}
