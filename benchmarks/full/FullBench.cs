using Payments.Benchmarks.Report;
using Payments.Benchmarks.Systems;

namespace Payments.Benchmarks.Full;

/// <summary>What takes from minutes to hours: a part a class, each with a system of its own, which is audited at its end.</summary>
internal sealed class FullBench(Cluster cluster, string folder, Plan plan, Series series, Action<string> progress)
{
    /// <summary>Seconds a node, before anything is measured: each compiles what it runs, all on the same processors. What runs for long is compared with what it does warm.</summary>
    public const double WarmUp = 30;

    public async Task RunAsync()
    {
        if (plan.Has("nodes"))
        {
            await WithSystemAsync("nodes", system => Nodes.MeasureAsync(system, plan, series, progress));
        }

        if (plan.Has("growth") || plan.Has("reads"))
        {
            await WithSystemAsync("growth", async system =>
            {
                await system.StartAsync(1);
                if (plan.Has("growth"))
                {
                    await Growth.MeasureAsync(cluster, system, plan, series, progress);
                }

                if (plan.Has("reads"))
                {
                    await Reads.MeasureAsync(system, Path.Combine(folder, "reads"), plan, series, progress);
                }
            });
        }

        if (plan.Has("soak"))
        {
            await WithSystemAsync("soak", system => Soak.MeasureAsync(cluster, system, plan, series, progress));
        }

        if (plan.Has("books"))
        {
            await BooksOfAMonth.MeasureAsync(cluster, folder, plan, series, progress);
        }
    }

    /// <summary>What was measured, as far as it was.</summary>
    public IEnumerable<Measure> Measures() =>
        new[] { Nodes.Measures(series), Growth.Measures(series), Reads.Measures(series), Soak.Measures(series), BooksOfAMonth.Measures(series) }
            .SelectMany(part => part).OfType<Measure>();

    private async Task WithSystemAsync(string name, Func<PaymentsSystem, Task> measure)
    {
        progress($"{name}: database");
        await using var system = await PaymentsSystem.PrepareAsync(cluster, Path.Combine(folder, name), $"bench_{name}");
        await measure(system);
        progress($"{name}: audit");
        await system.CheckAsync();
    }
}
