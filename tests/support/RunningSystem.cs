using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text.Json;
using Npgsql;
using Payments.Domain;
using Payments.Silo;
using Payments.Storage.Postgres;
using Payments.Tests.Gateways;

namespace Payments.Tests.Support;

/// <summary>The whole system as its users run it: a PostgreSQL of its own, the processor, and nodes, each a real process that a test may kill.</summary>
internal sealed class RunningSystem : IAsyncDisposable
{
    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("payments");
    private readonly List<Process?> nodes = [];
    private readonly List<(int Silo, int Gateway)> ports = [];
    private SimulatorProcess? simulator;

    /// <summary>What nodes say.</summary>
    public ProcessLogs Logs { get; } = new();

    private RunningSystem(LocalPostgres postgres) => Postgres = postgres;

    public LocalPostgres Postgres { get; }

    public Uri Simulator { get; } = FreePort.Address();

    /// <summary>What nodes are told besides, from their next start on.</summary>
    public Dictionary<string, string> Environment { get; } = [];

    /// <summary>What nodes are told of the processors, from their next start on; <c>"SIMULATOR"</c> stands for the address of the simulator.</summary>
    public void Configure(string gateways)
    {
        var path = Path.Combine(folder.FullName, "gateways.json");
        File.WriteAllText(path, gateways.Replace("\"SIMULATOR\"", $"\"{Simulator}\"", StringComparison.Ordinal));
        Environment["PAYMENTS_GATEWAYS"] = path;
    }

    /// <summary>Where the nodes listen.</summary>
    public List<Uri> Addresses { get; } = [];

    public string SecretKey { get; } = ApiKeySecret.Create("sk_test", RandomNumberGenerator.GetBytes(32));

    /// <summary>The keys of two operators.</summary>
    public string[] OperatorKeys { get; } =
        [ApiKeySecret.Create(ApiKeySecret.OperatorPrefix, RandomNumberGenerator.GetBytes(32)), ApiKeySecret.Create(ApiKeySecret.OperatorPrefix, RandomNumberGenerator.GetBytes(32))];

    /// <summary>What the processor signs its webhooks with.</summary>
    public string WebhookSecret { get; } = $"whsec_{Convert.ToBase64String(RandomNumberGenerator.GetBytes(32))}";

    /// <summary>Gateways that retry within seconds: so that no test waits for what is being tried for the eighth time.</summary>
    public const string Impatient = """
        { "gateways": [{ "name": "simulator", "connector": "simulator", "mode": "test", "url": "SIMULATOR", "timeout_ms": 5000,
                         "webhook_secrets": ["env:PAYMENTS_SIMULATOR_WEBHOOK_SECRET"], "retries_ms": [200, 500, 1000, 2000, 5000], "break_ms": 1000 }] }
        """;

    public const string MerchantId = "mer_00000000000000000000000001";

    /// <param name="gateways">As for <see cref="Configure"/>; null: the simulator alone, as nodes have it by themselves.</param>
    public static async Task<RunningSystem> StartAsync(int nodes, string? gateways = null, params (string Name, string Value)[] environment)
    {
        var system = new RunningSystem(await LocalPostgres.StartAsync());
        foreach (var (name, value) in environment)
        {
            system.Environment[name] = value;
        }

        if (gateways is not null)
        {
            system.Configure(gateways);
        }

        try
        {
            await system.StartAllAsync(nodes);
            return system;
        }
        catch
        {
            await system.DisposeAsync();
            throw;
        }
    }

    private async Task StartAllAsync(int count)
    {
        await Migrations.ApplyAsync(await Postgres.OwnerAsync(), await Postgres.AppPasswordAsync(), CancellationToken.None);
        await ExecuteAsync(
            $"""
            INSERT INTO payments.merchants (id, name, mode, salt, fee_basis_points, fee_fixed, created_at)
                VALUES ('{MerchantId}', 'Test', 'test', decode('{Convert.ToHexString(RandomNumberGenerator.GetBytes(32))}', 'hex'), 290, 30, now());
            INSERT INTO payments.api_keys (hash, merchant_id, scopes, hint, created_at)
                VALUES (decode('{Convert.ToHexString(ApiKeySecret.Hash(SecretKey))}', 'hex'), '{MerchantId}', ARRAY['read', 'write', 'ledger'], 'test', now()),
                (decode('{Convert.ToHexString(ApiKeySecret.Hash(OperatorKeys[0]))}', 'hex'), NULL, ARRAY['operator'], 'ann', now()),
                (decode('{Convert.ToHexString(ApiKeySecret.Hash(OperatorKeys[1]))}', 'hex'), NULL, ARRAY['operator'], 'bob', now());
            """);
        for (var i = 0; i < count; i++)
        {
            nodes.Add(null);
            Addresses.Add(FreePort.Address());
            ports.Add((FreePort.Find(), FreePort.Find()));
        }

        simulator = await SimulatorProcess.StartReadyAsync(
            Simulator, folder.CreateSubdirectory("simulator").FullName,
            ("SIMULATOR_WEBHOOK_URLS", string.Join(',', Addresses.Select(address => $"{address}v1/gateways/simulator/webhooks"))),
            ("SIMULATOR_WEBHOOK_SECRET", WebhookSecret), ("SIMULATOR_ACTION_MS", "20000"));

        await Task.WhenAll(Enumerable.Range(0, count).Select(StartNodeAsync));
    }

    public int NodeProcessId(int node) => nodes[node]!.Id;

    /// <summary>Starts a node, if it does not run, and waits until it says that it is ready.</summary>
    public async Task StartNodeAsync(int node)
    {
        if (nodes[node] is { HasExited: true } ended)
        {
            // Only a node that its Orleans cluster declared dead may end by itself; its supervisor brings it back.
            Assert.True(SiloEngine.Name == "orleans", $"node {node} ended by itself with {ended.ExitCode}");
            ended.Dispose();
            nodes[node] = null;
        }

        if (nodes[node] is null)
        {
            var start = new ProcessStartInfo("dotnet", [typeof(NodeOptions).Assembly.Location]);
            start.Environment["PAYMENTS_DATABASE"] = await Postgres.AppAsync();
            start.Environment["PAYMENTS_URL"] = Addresses[node].ToString();
            start.Environment["PAYMENTS_NODE"] = $"node-{node}";
            start.Environment["PAYMENTS_SIMULATOR_URL"] = Simulator.ToString();
            start.Environment["PAYMENTS_SIMULATOR_WEBHOOK_SECRET"] = WebhookSecret;
            start.Environment["PAYMENTS_STATE"] = folder.FullName;
            foreach (var (name, value) in Environment)
            {
                start.Environment[name] = value;
            }

            start.Environment["PAYMENTS_SILO_PORT"] = $"{ports[node].Silo}";
            start.Environment["PAYMENTS_GATEWAY_PORT"] = $"{ports[node].Gateway}";
            nodes[node] = Logs.Start(start);
        }

        using var http = new HttpClient { BaseAddress = Addresses[node] };
        await Eventually.BecomesAsync(true, async () => nodes[node] is { HasExited: true } || await AnswersAsync(http, "health/ready"), TimeSpan.FromSeconds(60));
        Assert.False(nodes[node] is { HasExited: true }, $"node {node} ended while it started; its last words are above");
    }

    /// <summary>Waits until a node that hung knows where it stands in its Orleans cluster: it was declared dead and has ended, or is a member still.</summary>
    public Task KnowsItsStandingAsync(int node) => Eventually.BecomesAsync(
        true, async () => nodes[node]!.HasExited || await CountAsync($"SELECT count(*) FROM orleans_members WHERE port = {ports[node].Silo} AND status = 3") == 1,
        TimeSpan.FromSeconds(60));

    /// <summary>kill -9.</summary>
    public async Task KillNodeAsync(int node)
    {
        if (nodes[node] is { } process)
        {
            nodes[node] = null;
            process.Kill();
            await process.WaitForExitAsync();
            process.Dispose();
        }
    }

    /// <summary>SIGSTOP or SIGCONT: the node hangs as a whole, sockets open, and later goes on as if nothing had been.</summary>
    public async Task SignalNodeAsync(int node, string signal)
    {
        using var kill = Process.Start("kill", [$"-{signal}", $"{nodes[node]!.Id}"]);
        await kill.WaitForExitAsync();
    }

    /// <summary>SIGTERM, as a container's stop; the exit code once the node has ended.</summary>
    public async Task<int> StopNodeAsync(int node)
    {
        using var process = nodes[node]!;
        using var kill = Process.Start("kill", ["-TERM", $"{process.Id}"]);
        await process.WaitForExitAsync();
        nodes[node] = null;
        return process.ExitCode;
    }

    /// <summary>A merchant's client of one node.</summary>
    public HttpClient Client(int node) => ClientOf(node, SecretKey);

    /// <summary>An operator's client of one node.</summary>
    public HttpClient OperatorClient(int which, int node = 0) => ClientOf(node, OperatorKeys[which]);

    private HttpClient ClientOf(int node, string key) => new(new SocketsHttpHandler { MaxConnectionsPerServer = 256 })
    {
        BaseAddress = Addresses[node],
        Timeout = TimeSpan.FromSeconds(40),
        DefaultRequestHeaders = { Authorization = new AuthenticationHeaderValue("Bearer", key) },
    };

    /// <summary>Sends a POST with an idempotency key.</summary>
    public static async Task<(HttpStatusCode Status, JsonElement Body, HttpResponseMessage Response)> PostAsync(
        HttpClient client, string path, string key, object body)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = JsonContent.Create(body) };
        request.Headers.Add("Idempotency-Key", key);
        var response = await client.SendAsync(request);
        return (response.StatusCode, await response.Content.ReadFromJsonAsync<JsonElement>(), response);
    }

    /// <summary>Turns the processor's dial of faults; <c>new { }</c> turns all of them off.</summary>
    public async Task SetFaultsAsync(object faults)
    {
        using var http = new HttpClient { BaseAddress = Simulator };
        using var answer = await http.PostAsJsonAsync("admin/faults", faults);
        answer.EnsureSuccessStatusCode();
    }

    /// <summary>From now on the processor answers nobody for so long.</summary>
    public async Task TakeProcessorDownAsync(TimeSpan time)
    {
        using var http = new HttpClient { BaseAddress = Simulator };
        using var answer = await http.PostAsJsonAsync("admin/outage", new { ms = (int)time.TotalMilliseconds });
        answer.EnsureSuccessStatusCode();
    }

    /// <summary>The audit, against the live system: database and processor.</summary>
    public async Task<AuditReport> VerifyAsync()
    {
        await using var database = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(await Postgres.AppAsync()) { Pooling = false, SearchPath = "payments" });
        return await Audit.RunAsync(
            new AuditOptions { Database = database, Simulator = Simulator, StateDirectory = folder.FullName }, null, CancellationToken.None);
    }

    /// <summary>How many effects the processor counts, by kind.</summary>
    public async Task<IReadOnlyList<JsonElement>> EffectsAsync()
    {
        using var http = new HttpClient { BaseAddress = Simulator };
        var lines = await http.GetStringAsync(new Uri("admin/effects", UriKind.Relative));
        return [.. lines.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonSerializer.Deserialize<JsonElement>(line))];
    }

    public async Task ExecuteAsync(string sql)
    {
        await using var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(await Postgres.OwnerAsync()) { Pooling = false }.ConnectionString);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }

    public async Task<long> CountAsync(string sql) => (long)await ScalarAsync(sql);

    public async Task<string> TextAsync(string sql) => (string)await ScalarAsync(sql);

    /// <summary>Waits until a query finds nothing more; fails with what it still finds.</summary>
    public Task BecomesEmptyAsync(string sql, TimeSpan patience) =>
        Eventually.BecomesAsync("", () => TextAsync($"SELECT coalesce(string_agg(left_over::text, ' '), '') FROM ({sql} LIMIT 10) left_over"), patience);

    private async Task<object> ScalarAsync(string sql)
    {
        await using var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(await Postgres.OwnerAsync()) { Pooling = false }.ConnectionString);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand($"SET search_path = payments; {sql}", connection);
        return (await command.ExecuteScalarAsync())!;
    }

    public async ValueTask DisposeAsync()
    {
        await Task.WhenAll(Enumerable.Range(0, nodes.Count).Select(KillNodeAsync));
        if (simulator is not null)
        {
            await simulator.DisposeAsync();
        }

        await Postgres.DisposeAsync();
        folder.Delete(recursive: true);
        Logs.HoldNoSecrets(SecretKey, OperatorKeys[0], OperatorKeys[1], WebhookSecret);
    }

    private static async Task<bool> AnswersAsync(HttpClient http, string path)
    {
        try
        {
            using var answer = await http.GetAsync(new Uri(path, UriKind.Relative));
            return answer.IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }
}
