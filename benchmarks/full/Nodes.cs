using Payments.Benchmarks.Load;
using Payments.Benchmarks.Report;
using Payments.Benchmarks.Systems;

namespace Payments.Benchmarks.Full;

/// <summary>Three nodes on one database beside one node, under the same load, on the same machine.</summary>
internal static class Nodes
{
    private const int InFlight = 256;
    private const string One = "charges over HTTP, one node";
    private const string Three = "charges over HTTP, three nodes";

    public static async Task MeasureAsync(PaymentsSystem system, Plan plan, Series series, Action<string> progress)
    {
        for (var round = 1; round <= plan.Rounds; round++)
        {
            foreach (var (count, name) in new[] { (1, One), (3, Three) })
            {
                progress($"nodes: round {round} of {plan.Rounds}, {count}");
                await system.StartAsync(count);
                await HttpLoadProcess.ChargeAsync(system, system.Keys, InFlight, null, FullBench.WarmUp * count);
                series.Add(name, (await HttpLoadProcess.ChargeAsync(system, system.Keys, InFlight, null, plan.Seconds)).PerSecond);
                await system.StopNodesAsync();
            }
        }
    }

    public static IEnumerable<Measure?> Measures(Series series) => [series.Against(Three, "/s", One, 0.8)];
}
