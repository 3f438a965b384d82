using Payments.Benchmarks.Load;
using Payments.Benchmarks.References;
using Payments.Benchmarks.Report;
using Payments.Benchmarks.Systems;

namespace Payments.Benchmarks;

/// <summary>The system beside its references, round by round on the same PostgreSQL: what runs in one round is compared within it.</summary>
internal sealed class QuickBench(Cluster cluster, string folder, Plan plan, Series series, Action<string> progress) : IAsyncDisposable
{
    private const string Reference = "TPC-B";
    private const string Peak = "charges over HTTP, 256 in flight";
    private const int InFlight = 256;
    private const int FewInFlight = 64;
    private const int GrainsInFlight = 512;
    private const int EntriesInFlight = 1_024;
    private static readonly int[] ClientCounts = [8, 16, 32];

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
        if (plan.Has("references"))
        {
            await tpcB.PrepareAsync();
            await transfer.PrepareAsync();
            await wall.PrepareAsync();
        }

        http = await PaymentsSystem.PrepareAsync(cluster, Path.Combine(folder, "http"), "bench_http");
        grains = await PaymentsSystem.PrepareAsync(cluster, Path.Combine(folder, "grains"), "bench_grains");
        await cluster.ExecuteAsync("postgres", "CHECKPOINT");

        progress("warm-up");
        if (plan.Has("http"))
        {
            await http.StartAsync(1);
            await HttpAsync(http.Keys, InFlight, null, plan.WarmUp);
        }

        if (plan.Has("grains") || plan.Has("ledger"))
        {
            grainProcess = await grains.StartGrainsAsync();
            await GrainsAsync("charges", GrainsInFlight, plan.WarmUp);
            await GrainsAsync("hot-entries", EntriesInFlight, plan.WarmUp);
        }

        if (plan.Has("references"))
        {
            await BestClientsAsync();
        }

        for (var round = 1; round <= plan.Rounds; round++)
        {
            progress($"round {round} of {plan.Rounds}");
            await RoundAsync();
        }

        progress("audit");
        await Task.WhenAll(http.CheckAsync(), grains.CheckAsync());
    }

    /// <summary>What was measured, as far as it was.</summary>
    public IEnumerable<Measure> Measures()
    {
        Measure?[] all =
        [
            series.Against(Peak, "/s", Reference, 2.0),
            series.Against("charges over HTTP, 64 in flight", "/s", Reference, 1.0),
            series.Against("charges over HTTP, one merchant", "/s", Peak, 0.9),
            series.Against("charges by grain calls, 512 in flight", "/s", Reference, 3.0),
            series.Against("entries on one hot account", "/s", "SQL transfer function", 15),
            series.Against("the same entries, as a share of the wall", "/s", "batched SQL", 0.5),
            series.Against("p99 at half the peak rate", "ms", "TPC-B median of one client", 10, isCeiling: true),
            series.Alone("CPU a charge: node", "µs"),
            series.Alone("CPU a charge: PostgreSQL", "µs"),
            series.Alone("CPU a charge: simulated processor", "µs"),
            series.Alone("CPU a charge by grain calls: node", "µs"),
            series.Alone("CPU a charge by grain calls: PostgreSQL", "µs"),
            series.Alone("CPU an entry: node", "µs"),
            series.Alone("CPU an entry: PostgreSQL", "µs"),
            series.Alone("entries a batch", ""),
            series.Alone("p50 at half the peak rate", "ms"),
            series.Alone("p99 with 256 in flight", "ms"),
            series.Alone("memory of the node", "MiB"),
        ];
        return all.OfType<Measure>();
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var process in new IAsyncDisposable?[] { grainProcess, http, grains })
        {
            await (process?.DisposeAsync() ?? default);
        }

        (grainProcess, http, grains) = (null, null, null);
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
        if (plan.Has("references"))
        {
            series.Add(Reference, await tpcB.RunAsync(clients, time));
        }

        if (plan.Has("http"))
        {
            await HttpRoundAsync(time);
        }

        if (plan.Has("grains"))
        {
            var before = (Node: grainProcess!.Cpu, Database: await cluster.CpuAsync());
            var charges = await GrainsAsync("charges", GrainsInFlight, time);
            series.Add("charges by grain calls, 512 in flight", charges.PerSecond);
            series.Add("CPU a charge by grain calls: node", (grainProcess.Cpu - before.Node).TotalMicroseconds / charges.Done);
            series.Add("CPU a charge by grain calls: PostgreSQL", (await cluster.CpuAsync() - before.Database).TotalMicroseconds / charges.Done);
        }

        if (plan.Has("ledger"))
        {
            await LedgerRoundAsync(time);
        }
    }

    private async Task HttpRoundAsync(double time)
    {
        var (nodeBefore, simulatorBefore, databaseBefore) = (http!.NodeCpu, http.SimulatorCpu, await cluster.CpuAsync());
        var peak = await HttpAsync(http.Keys, InFlight, null, time);
        var charges = peak.Done * (time + HttpLoadProcess.WarmUp.TotalSeconds) / time;
        series.Add("CPU a charge: node", (http.NodeCpu - nodeBefore).TotalMicroseconds / charges);
        series.Add("CPU a charge: PostgreSQL", (await cluster.CpuAsync() - databaseBefore).TotalMicroseconds / charges);
        series.Add("CPU a charge: simulated processor", (http.SimulatorCpu - simulatorBefore).TotalMicroseconds / charges);
        series.Add("memory of the node", http.NodeMemory / 1048576.0);
        series.Add(Peak, peak.PerSecond);
        series.Add("p99 with 256 in flight", peak.P99);
        series.Add("charges over HTTP, one merchant", (await HttpAsync(http.HotKey, InFlight, null, time)).PerSecond);
        series.Add("charges over HTTP, 64 in flight", (await HttpAsync(http.Keys, FewInFlight, null, time)).PerSecond);
        if (plan.Has("references"))
        {
            series.Add("TPC-B median of one client", await tpcB.MedianAsync(time / 2));
        }

        var half = await HttpAsync(http.Keys, 0, peak.PerSecond / 2, time);
        series.Add("p50 at half the peak rate", half.P50);
        series.Add("p99 at half the peak rate", half.P99);
    }

    private async Task LedgerRoundAsync(double time)
    {
        var before = await BatchesAsync();
        var cpu = (Node: grainProcess!.Cpu, Database: await cluster.CpuAsync());
        var entries = await GrainsAsync("hot-entries", EntriesInFlight, time);
        var after = await BatchesAsync();
        var size = Math.Max(1, (int)((after.Entries - before.Entries) / (after.Batches - before.Batches)));
        series.Add("CPU an entry: node", (grainProcess.Cpu - cpu.Node).TotalMicroseconds / entries.Done);
        series.Add("CPU an entry: PostgreSQL", (await cluster.CpuAsync() - cpu.Database).TotalMicroseconds / entries.Done);
        series.Add("entries a batch", size);
        series.Add("entries on one hot account", entries.PerSecond);
        series.Add("the same entries, as a share of the wall", entries.PerSecond);
        if (plan.Has("references"))
        {
            // Half as long, so that all of it ends within five minutes: nothing of theirs has to be compiled.
            series.Add("SQL transfer function", await transfer.RunAsync(time / 2));
            series.Add("batched SQL", await wall.RunAsync(size, time / 2));
        }
    }

    private async Task<(long Batches, long Entries)> BatchesAsync() => (
        await cluster.ScalarAsync<long>(grains!.Database, "SELECT count(*) FROM payments.ledger_batches"),
        await cluster.ScalarAsync<long>(grains.Database, "SELECT count(*) FROM payments.own_entries"));

    private Task<LoadResult> HttpAsync(string keys, int inFlight, double? rate, double seconds) => HttpLoadProcess.ChargeAsync(http!, keys, inFlight, rate, seconds);

    private async Task<LoadResult> GrainsAsync(string what, int inFlight, double seconds) =>
        LoadResult.Parse(await grainProcess!.AskAsync($"{what} {inFlight} {seconds}")).Checked();
}
