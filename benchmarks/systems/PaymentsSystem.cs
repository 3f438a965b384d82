using System.Net;
using System.Net.Sockets;
using Npgsql;
using Payments.Domain;
using Payments.Storage.Postgres;

namespace Payments.Benchmarks.Systems;

/// <summary>The system as it runs: a database, the simulated processor and nodes, each a process.</summary>
internal sealed class PaymentsSystem : IAsyncDisposable
{
    private const int Merchants = 1_000;
    private static readonly FeeTerms Fee = new(290, 30);

    private readonly List<ChildProcess> nodes = [];
    private readonly Cluster cluster;
    private readonly string folder;
    private readonly string database;
    private ChildProcess? simulator;
    private Uri? simulatorUrl;

    private PaymentsSystem(Cluster cluster, string folder, string database) => (this.cluster, this.folder, this.database) = (cluster, folder, database);

    /// <summary>Where the nodes are.</summary>
    public List<Uri> Urls { get; } = [];

    /// <summary>A file with a secret key of each merchant, a line each.</summary>
    public string Keys => Path.Combine(folder, "keys");

    public string HotKey => Path.Combine(folder, "hot-key");

    public IReadOnlyList<string> MerchantIds { get; private set; } = [];

    public string Database => database;

    public string State => Path.Combine(folder, "state");

    public TimeSpan NodeCpu => new(nodes.Sum(node => node.Cpu.Ticks));

    public TimeSpan SimulatorCpu => simulator?.Cpu ?? TimeSpan.Zero;

    public long NodeMemory => nodes.Sum(node => node.Memory);

    /// <summary>A database with its merchants, and nothing running yet.</summary>
    public static async Task<PaymentsSystem> PrepareAsync(Cluster cluster, string folder, string database)
    {
        var system = new PaymentsSystem(cluster, Directory.CreateDirectory(folder).FullName, database);
        Directory.CreateDirectory(system.State);
        await cluster.MigrateAsync(database);
        await using var source = NpgsqlDataSource.Create(cluster.App(database));
        var store = new MerchantStore(source, TimeProvider.System);
        var made = await Task.WhenAll(Enumerable.Range(0, Merchants).Select(async i =>
        {
            var (merchant, _) = await store.CreateMerchantAsync(MerchantStore.NewId(), $"Merchant {i}", Mode.Test, Fee, null, CancellationToken.None);
            var key = await store.CreateKeyAsync(MerchantStore.NewId(), merchant.Id, "bench", ["read", "write"], null, CancellationToken.None);
            return (merchant.Id, key!.Secret!);
        }));
        system.MerchantIds = [.. made.Select(one => one.Id)];
        await File.WriteAllLinesAsync(system.Keys, made.Select(one => one.Item2));
        await File.WriteAllLinesAsync(system.HotKey, made.Take(1).Select(one => one.Item2));
        return system;
    }

    public async Task StartAsync(int count)
    {
        simulatorUrl ??= Free();
        simulator ??= ChildProcess.Start(Path.Combine(folder, "simulator.log"), "dotnet", [Programs.Simulator], new Dictionary<string, string>
        {
            ["SIMULATOR_URL"] = simulatorUrl.ToString(),
            ["SIMULATOR_DATA"] = Path.Combine(folder, "simulator"),
        });
        await simulator.ServesAsync(new(simulatorUrl, "/health"));
        for (var i = 0; i < count; i++)
        {
            var url = Free();
            nodes.Add(ChildProcess.Start(Path.Combine(folder, $"node-{i}.log"), "dotnet", [Programs.Silo], Environment(url, $"node-{i}")));
            Urls.Add(url);
        }

        await Task.WhenAll(nodes.Zip(Urls, (node, url) => node.ServesAsync(new(url, "/health/ready"))));
    }

    /// <summary>A node inside the program that calls its grains.</summary>
    public async Task<ChildProcess> StartGrainsAsync()
    {
        var environment = Environment(Free(), "grains");
        environment["BENCH_MERCHANTS"] = string.Join(',', MerchantIds);
        var process = ChildProcess.Start(Path.Combine(folder, "grains.log"), "dotnet", [Programs.Bench, "grains"], environment, speaks: true);
        await process.AskAsync(null);
        return process;
    }

    public async Task StopNodesAsync()
    {
        foreach (var node in nodes)
        {
            await node.DisposeAsync();
        }

        nodes.Clear();
        Urls.Clear();
    }

    /// <summary>The audit of its books.</summary>
    /// <exception cref="BenchException">They are not in order.</exception>
    public async Task CheckAsync()
    {
        try
        {
            await ChildProcess.RunAsync("dotnet", [Programs.Tools, "verify", "--state", State], new Dictionary<string, string> { ["PAYMENTS_DATABASE"] = cluster.App(database) });
        }
        catch (BenchException breach)
        {
            throw new BenchException($"The books of {database} are not in order:\n{breach.Message}");
        }
    }

    public async ValueTask DisposeAsync()
    {
        await StopNodesAsync();
        if (simulator is not null)
        {
            await simulator.DisposeAsync();
        }
    }

    private Dictionary<string, string> Environment(Uri url, string name) => new()
    {
        ["PAYMENTS_DATABASE"] = cluster.App(database),
        ["PAYMENTS_URL"] = url.ToString(),
        ["PAYMENTS_NODE"] = name,
        ["PAYMENTS_STATE"] = State,
        ["PAYMENTS_SIMULATOR_URL"] = (simulatorUrl ?? url).ToString(),
        ["PAYMENTS_SILO_PORT"] = $"{Free().Port}",
        ["PAYMENTS_GATEWAY_PORT"] = $"{Free().Port}",
    };

    private static Uri Free()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return new($"http://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}");
    }
}
