using Payments.Benchmarks.Load;
using Payments.Benchmarks.Report;
using Payments.Benchmarks.Systems;

namespace Payments.Benchmarks.Full;

/// <summary>Charges, one after the other, until the database is large: what a charge costs then beside what it cost in the beginning.</summary>
internal static class Growth
{
    private const int InFlight = 256;
    private const double Slice = 30;
    private const string Empty = "charges/s in the beginning";
    private const string Large = "charges/s with all of them in the database";
    private const string EmptyP99 = "p99 in the beginning";
    private const string LargeP99 = "p99 with all of them in the database";
    private const string Node = "CPU a charge while it grows: node";
    private const string Database = "CPU a charge while it grows: PostgreSQL";
    private const string EarlyMemory = "memory of the node, first fifth";
    private const string LateMemory = "memory of the node, last fifth";

    public static async Task MeasureAsync(Cluster cluster, PaymentsSystem system, Plan plan, Series series, Action<string> progress)
    {
        await HttpLoadProcess.ChargeAsync(system, system.Keys, InFlight, null, FullBench.WarmUp);
        await EndAsync(system, plan, series, Empty, EmptyP99);
        var (memory, done) = (new List<double>(), 0L);
        for (var seconds = Math.Min(Slice, plan.Seconds * 4); done < plan.Charges;)
        {
            var (node, database) = (system.NodeCpu, await cluster.CpuAsync());
            var slice = await HttpLoadProcess.ChargeAsync(system, system.Keys, InFlight, null, seconds);
            var charges = slice.Done * (seconds + HttpLoadProcess.WarmUp.TotalSeconds) / seconds;
            done += (long)charges;
            series.Add(Node, (system.NodeCpu - node).TotalMicroseconds / charges);
            series.Add(Database, (await cluster.CpuAsync() - database).TotalMicroseconds / charges);
            memory.Add(system.NodeMemory / 1048576.0);
            progress($"growth: {done:N0} of {plan.Charges:N0} charges, {slice.PerSecond:N0} a second, p99 {slice.P99:N0} ms, node {memory[^1]:N0} MiB");
        }

        await EndAsync(system, plan, series, Large, LargeP99);
        Ends.Compare(series, memory, EarlyMemory, LateMemory);
    }

    public static IEnumerable<Measure?> Measures(Series series) =>
    [
        series.Against(Large, "/s", Empty, 0.9),
        series.Against(LargeP99, "ms", EmptyP99, 1 / 0.9, isCeiling: true),
        series.Against(LateMemory, "MiB", EarlyMemory, 1.1, isCeiling: true),
        series.Alone(Node, "µs"),
        series.Alone(Database, "µs"),
    ];

    private static async Task EndAsync(PaymentsSystem system, Plan plan, Series series, string rate, string p99)
    {
        for (var round = 0; round < plan.Rounds; round++)
        {
            var result = await HttpLoadProcess.ChargeAsync(system, system.Keys, InFlight, null, plan.Seconds);
            series.Add(rate, result.PerSecond);
            series.Add(p99, result.P99);
        }
    }
}
