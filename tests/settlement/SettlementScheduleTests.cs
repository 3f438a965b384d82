using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using Payments.Embedded;
using Payments.Gateways;
using Payments.Gateways.Connectors.Simulator;
using Payments.Gateways.Settlement;
using Payments.Grains;
using Payments.Silo;
using Payments.Storage;
using Payments.Storage.Postgres;
using Payments.Tests.Gateways;
using Payments.Tests.Grains;
using Payments.Tests.Support;

namespace Payments.Tests.Settlement;

/// <summary>The processor's files are fetched by themselves, whatever the wire and the processor do.</summary>
public sealed class SettlementScheduleTests : IAsyncLifetime
{
    private static readonly SettlementPolicy Soon = SettlementPolicy.Default with
    {
        Period = TimeSpan.FromMilliseconds(100),
        Grace = TimeSpan.Zero,
        Steps = [TimeSpan.FromMilliseconds(20), TimeSpan.FromMilliseconds(50)],
    };

    private readonly SimulatorFixture simulator = new();
    private readonly List<IAsyncDisposable> open = [];
    private GrainCluster cluster = null!;

    public async Task InitializeAsync()
    {
        await simulator.InitializeAsync();
        cluster = await GrainCluster.StartAsync(1);
        // From its first posting on, a processor's days are wanted.
        Assert.Equal(ReplyKind.Accepted, (await cluster.Payment(0, "a").ChargeAsync(new() { Amount = 1_000, Currency = "EUR", PaymentMethod = "tok_approve" })).Kind);
        await cluster.Payment(0, "a").WaitAsync(null, TimeSpan.FromSeconds(10));
        await simulator.Client.ChargeAsync("a", "tok_approve");
        simulator.Advance(TimeSpan.FromDays(2));
    }

    public async Task DisposeAsync()
    {
        foreach (var item in Enumerable.Reverse(open))
        {
            await item.DisposeAsync();
        }

        await cluster.DisposeAsync();
        await simulator.DisposeAsync();
    }

    [Fact]
    public async Task Each_day_that_is_over_is_imported_once_and_an_empty_one_too()
    {
        await StartAsync(simulator.Address);
        await StartAsync(simulator.Address);
        await BecomesAsync(2);
        Assert.Equal(
            [(1, "schedule"), (1, "schedule")],
            (await new SettlementFiles(Reading(), TimeProvider.System).ListAsync(null, 10, default)).Select(file => (file.Lines, file.By)));

        simulator.Advance(TimeSpan.FromDays(1));
        await BecomesAsync(3);
    }

    [Fact]
    public async Task A_transfer_that_breaks_half_way_imports_nothing_and_is_tried_again()
    {
        await using var wire = new BreakingWire(simulator.Address);
        await StartAsync(wire.Address);
        await Eventually.BecomesAsync(true, () => Task.FromResult(wire.Broken >= 3));
        Assert.Equal(0, await CountAsync());
        wire.IsWhole = true;
        await BecomesAsync(2);
    }

    [Fact]
    public async Task A_processor_that_is_down_is_asked_again_until_it_is_back()
    {
        var address = FreePort.Address();
        await StartAsync(address);
        Assert.Equal(0, await CountAsync());
        await using var wire = new BreakingWire(simulator.Address, address.Port) { IsWhole = true };
        await BecomesAsync(2);
    }

    private Task BecomesAsync(long files) => Eventually.BecomesAsync(files, CountAsync);

    private Task<long> CountAsync() => cluster.Database.ScalarAsync<long>("SELECT count(*) FROM settlement_files WHERE imported_at IS NOT NULL");

    private NpgsqlDataSource Reading()
    {
        var reading = Connections.ForReading(cluster.Database.App);
        open.Add(reading);
        return reading;
    }

    private async Task StartAsync(Uri processor)
    {
        var reading = Reading();
        var time = new SimulatorsClock(simulator);
        var files = new SettlementFiles(reading, time);
        var services = new ServiceCollection()
            .AddSingleton<ISettlementFiles>(files)
            .AddSingleton<ISettlementFetching>(new SettlementImport(files, [new SimulatorSettlements("simulator", processor, TimeSpan.FromSeconds(5), TimeProvider.System)]))
            .AddSingleton(Soon).AddSingleton<TimeProvider>(time).AddSingleton<Dice>(() => 0.5)
            .AddSingleton<ILoggerFactory>(NullLoggerFactory.Instance).AddSingleton(typeof(ILogger<>), typeof(NullLogger<>))
            .BuildServiceProvider();
        var node = new EmbeddedNode(new()
        {
            GrainAssemblies = [typeof(PaymentGrain).Assembly],
            Services = services,
            TimeProvider = TimeProvider.System,
            Scheduler = TaskScheduler.Default,
            Random = () => 0.5,
            Reminders = new PostgresReminders(reading),
        });
        await node.StartAsync();
        open.Add(node);
        await node.Grains.GetGrain<ISettlementImportGrain>(GrainKeys.SettlementImport("simulator")).StartAsync();
    }

    /// <summary>For the node it is as late as for the simulator.</summary>
    private sealed class SimulatorsClock(SimulatorFixture simulator) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => simulator.Now;
    }

    /// <summary>A wire to the simulator that cuts each answer short, right behind a line's end, until it is told not to.</summary>
    private sealed class BreakingWire : IAsyncDisposable
    {
        private readonly TcpListener listener;
        private readonly Uri target;
        private readonly CancellationTokenSource stopping = new();
        private readonly Task accepting;
        private int broken;

        public BreakingWire(Uri target, int port = 0)
        {
            this.target = target;
            listener = new(IPAddress.Loopback, port);
            listener.Start();
            accepting = AcceptAsync();
        }

        public Uri Address => new($"http://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}/");

        public bool IsWhole { get; set; }

        public int Broken => broken;

        public async ValueTask DisposeAsync()
        {
            await stopping.CancelAsync();
            listener.Stop();
            await accepting;
            stopping.Dispose();
        }

        private async Task AcceptAsync()
        {
            try
            {
                while (true)
                {
                    using var client = await listener.AcceptTcpClientAsync(stopping.Token);
                    var request = new StreamReader(client.GetStream());
                    var path = (await request.ReadLineAsync(stopping.Token))!.Split(' ')[1];
                    while (await request.ReadLineAsync(stopping.Token) is { Length: > 0 })
                    {
                    }

                    using var http = new HttpClient { BaseAddress = target };
                    var file = await http.GetStringAsync(new Uri(path[1..], UriKind.Relative), stopping.Token);
                    var given = IsWhole ? file : file[..(file.IndexOf('\n', StringComparison.Ordinal) + 1)];
                    await client.GetStream().WriteAsync(
                        Encoding.UTF8.GetBytes($"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n{given.Length:x}\r\n{given}\r\n{(IsWhole ? "0\r\n\r\n" : "")}"), stopping.Token);
                    broken += IsWhole ? 0 : 1;
                }
            }
            catch (Exception ended) when (ended is OperationCanceledException or SocketException or ObjectDisposedException)
            {
            }
        }
    }
}
