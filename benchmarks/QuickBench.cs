using Payments.Benchmarks.Load;
using Payments.Benchmarks.References;
using Payments.Benchmarks.Report;
using Payments.Benchmarks.Systems;

namespace Payments.Benchmarks;

/// <summary>The system beside its references, round by round on the same PostgreSQL: what runs in one round is compared within it.</summary>
internal sealed class QuickBench(Cluster cluster, string folder, Plan plan, Series series, Action<string> progress) : IAsyncDisposable
{
    private const int InFlight = 256;
    private const int FewInFlight = 64;
    private const int GrainsInFlight = 512;
    private const int EntriesInFlight = 1_024;
    private static readonly int[] ClientCounts = [8, 16, 32];
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(0.5);

    private readonly TpcB tpcB = new(cluster, folder);
    private readonly SqlTransfer transfer = new(cluster, folder);
    private readonly BatchedSql wall = new(cluster);
    private PaymentsSystem? http;
    private PaymentsSystem? grains;
    private ChildProcess? grainProcess;
    private int clients;

    public async Task RunAsync()
    {
        progress("databases");
        await tpcB.PrepareAsync();
        await transfer.PrepareAsync();
        await wall.PrepareAsync();
        http = await PaymentsSystem.PrepareAsync(cluster, Path.Combine(folder, "http"), "bench_http");
        grains = await PaymentsSystem.PrepareAsync(cluster, Path.Combine(folder, "grains"), "bench_grains");
        await cluster.ExecuteAsync("postgres", "CHECKPOINT");

        progress("warm-up");
        await http.StartAsync(1);
        grainProcess = await grains.StartGrainsAsync();
        await HttpAsync(http.Keys, InFlight, null, plan.WarmUp);
        await GrainsAsync("charges", GrainsInFlight, plan.WarmUp);
        await GrainsAsync("hot-entries", EntriesInFlight, plan.WarmUp);
        await BestClientsAsync();

        for (var round = 1; round <= plan.Rounds; round++)
        {
            progress($"round {round} of {plan.Rounds}");
            await RoundAsync();
        }

        progress("audit");
        foreach (var system in new[] { http, grains })
        {
            if (await system.VerifyAsync() is { } breach)
            {
                throw new BenchException($"The books of {system.Database} are not in order:\n{breach}");
            }
        }
    }

    public IEnumerable<Measure> Measures()
    {
        yield return series.Against("charges over HTTP, 256 in flight", "/s", "TPC-B", 2.0);
        yield return series.Against("charges over HTTP, 64 in flight", "/s", "TPC-B", 1.0);
        yield return series.Against("charges over HTTP, one merchant", "/s", "charges over HTTP, 256 in flight", 0.9);
        yield return series.Against("charges by grain calls, 512 in flight", "/s", "TPC-B", 3.0);
        yield return series.Against("entries on one hot account", "/s", "SQL transfer function", 15);
        yield return series.Against("entries of the wall", "/s", "batched SQL", 0.5);
        yield return series.Against("p99 at half the peak rate", "ms", "TPC-B median of one client", 10, isCeiling: true);
        foreach (var name in series.Values.Keys.Where(name => name.StartsWith("CPU ", StringComparison.Ordinal)))
        {
            yield return series.Alone(name, "µs");
        }

        yield return series.Alone("entries a batch", "");
        yield return series.Alone("p50 at half the peak rate", "ms");
        yield return series.Alone("p99 with 256 in flight", "ms");
        yield return series.Alone("memory of the node", "MiB");
    }

    public async ValueTask DisposeAsync()
    {
        if (grainProcess is not null)
        {
            await grainProcess.DisposeAsync();
        }

        if (http is not null)
        {
            await http.DisposeAsync();
        }

        if (grains is not null)
        {
            await grains.DisposeAsync();
        }
    }

    private async Task BestClientsAsync()
    {
        var best = 0.0;
        foreach (var count in ClientCounts)
        {
            var rate = await tpcB.RunAsync(count, plan.Calibration);
            (best, clients) = rate > best ? (rate, count) : (best, clients);
        }
    }

    private async Task RoundAsync()
    {
        var time = plan.Seconds;
        if (plan.Has("http"))
        {
            series.Add("TPC-B", await tpcB.RunAsync(clients, time));
            var (nodeBefore, simulatorBefore, databaseBefore) = (http!.NodeCpu, http.SimulatorCpu, await cluster.CpuAsync());
            var peak = await HttpAsync(http.Keys, InFlight, null, time);
            var charges = peak.Done * (time + WarmUp.TotalSeconds) / time;
            series.Add("CPU a charge: node", (http.NodeCpu - nodeBefore).TotalMicroseconds / charges);
            series.Add("CPU a charge: PostgreSQL", (await cluster.CpuAsync() - databaseBefore).TotalMicroseconds / charges);
            series.Add("CPU a charge: simulated processor", (http.SimulatorCpu - simulatorBefore).TotalMicroseconds / charges);
            series.Add("memory of the node", http.NodeMemory / 1048576.0);
            series.Add("charges over HTTP, 256 in flight", peak.PerSecond);
            series.Add("p99 with 256 in flight", peak.P99);
            series.Add("charges over HTTP, one merchant", (await HttpAsync(http.HotKey, InFlight, null, time)).PerSecond);
            series.Add("charges over HTTP, 64 in flight", (await HttpAsync(http.Keys, FewInFlight, null, time)).PerSecond);
            series.Add("TPC-B median of one client", await tpcB.MedianAsync(time));
            var half = await HttpAsync(http.Keys, 0, peak.PerSecond / 2, time);
            series.Add("p50 at half the peak rate", half.P50);
            series.Add("p99 at half the peak rate", half.P99);
        }

        if (plan.Has("grains"))
        {
            series.Add("charges by grain calls, 512 in flight", (await GrainsAsync("charges", GrainsInFlight, time)).PerSecond);
            var before = await BatchesAsync();
            var entries = await GrainsAsync("hot-entries", EntriesInFlight, time);
            var (batches, count) = await BatchesAsync() is var after ? (after.Batches - before.Batches, after.Entries - before.Entries) : default;
            var size = Math.Max(1, (int)(count / batches));
            series.Add("entries a batch", size);
            series.Add("entries on one hot account", entries.PerSecond);
            series.Add("entries of the wall", entries.PerSecond);
            series.Add("SQL transfer function", await transfer.RunAsync(time));
            series.Add("batched SQL", await wall.RunAsync(size, time));
        }
    }

    private async Task<(long Batches, long Entries)> BatchesAsync() => (
        await cluster.ScalarAsync<long>(grains!.Database, "SELECT count(*) FROM payments.ledger_batches"),
        await cluster.ScalarAsync<long>(grains.Database, "SELECT count(*) FROM payments.own_entries"));

    private async Task<LoadResult> HttpAsync(string keys, int inFlight, double? rate, double seconds)
    {
        var arguments = new List<string>
        {
            Programs.Bench, "http-load", "--nodes", string.Join(',', http!.Urls), "--keys", keys, "--in-flight", $"{inFlight}", "--seconds", $"{seconds}",
            "--warm-up", $"{WarmUp.TotalSeconds}",
        };
        if (rate is { } perSecond)
        {
            arguments.AddRange(["--rate", $"{perSecond}"]);
        }

        return Checked(LoadResult.Parse(await ChildProcess.RunAsync("dotnet", arguments)));
    }

    private async Task<LoadResult> GrainsAsync(string what, int inFlight, double seconds) =>
        Checked(LoadResult.Parse(await grainProcess!.AskAsync($"{what} {inFlight} {seconds}")));

    private static LoadResult Checked(LoadResult result) => result.Failed == 0
        ? result
        : throw new BenchException($"{result.Failed} of {result.Done + result.Failed} requests failed, the first one with:\n{result.FirstFailure}");
}
