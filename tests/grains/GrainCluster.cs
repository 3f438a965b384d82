using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Payments.Domain;
using Payments.Embedded;
using Payments.Gateways;
using Payments.Grains;
using Payments.Hosting;
using Payments.Silo;
using Payments.Storage;
using Payments.Storage.Postgres;
using Payments.Tests.Support;

namespace Payments.Tests.Grains;

/// <summary>Embedded nodes in this process on one real database, with a scripted processor. Nodes share nothing else, as processes would not.</summary>
internal sealed class GrainCluster : IAsyncDisposable
{
    /// <summary>So many nodes' reports of a processor are kept.</summary>
    public const int MostNodes = 5;

    private readonly List<IAsyncDisposable> open = [];
    private readonly List<IPaymentStore> stores = [];
    private static readonly TimeSpan Soon = TimeSpan.FromMilliseconds(50);

    private GrainCluster(TestDatabase database) => Database = database;

    public TestDatabase Database { get; }

    public ScriptedGateway Gateway { get; } = new();

    public ScriptedBank Bank { get; } = new();

    /// <summary>How long the next node's reports keep their files.</summary>
    public TimeSpan Kept { get; set; } = TimeSpan.FromDays(30);

    public List<EmbeddedNode> Nodes { get; } = [];

    /// <summary>What the next node's grains take for the store of reports.</summary>
    public Func<IReportStore, IReportStore> Reports { get; set; } = store => store;

    public static async Task<GrainCluster> StartAsync(int nodes, PaymentPolicy? policy = null, RecoveryPolicy? recovery = null)
    {
        var cluster = new GrainCluster(await TestDatabase.CreateAsync());
        for (var i = 0; i < nodes; i++)
        {
            await cluster.AddNodeAsync(policy ?? PaymentPolicy.Default, recovery);
        }

        return cluster;
    }

    public IPaymentGrain Payment(int node, string key) =>
        Nodes[node].Grains.GetGrain<IPaymentGrain>(GrainKeys.Payment(Database.MerchantId, PaymentId(key)));

    public IPaymentStore Store(int node) => stores[node];

    public Guid PaymentId(string key) => Ids.Payment(new byte[32], Mode.Test, key);

    public Guid RefundId(string key, string refund) => Ids.Refund(new byte[32], Mode.Test, PaymentId(key), refund);

    public Guid CaptureId(string key, string capture) => Ids.Capture(new byte[32], Mode.Test, PaymentId(key), capture);

    public Guid CancellationId(string key, string cancellation) => Ids.Cancellation(new byte[32], Mode.Test, PaymentId(key), cancellation);

    public async Task AddNodeAsync(PaymentPolicy policy, RecoveryPolicy? recovery)
    {
        var reading = Connections.ForReading(Database.App);
        var reports = Connections.ForReports(Database.App);
        var writing = Connections.ForWriting(Database.App);
        var committer = new GroupCommitter(writing, new() { Node = $"node-{Nodes.Count}" }, TimeProvider.System, NullLogger<GroupCommitter>.Instance);
        await committer.StartAsync(CancellationToken.None);
        var store = new PostgresStore(reading, committer);
        stores.Add(store);
        var services = new ServiceCollection()
            .AddSingleton<IPaymentStore>(store)
            .AddSingleton<IJournalQueries>(new LedgerQueries(reading))
            .AddSingleton<IGatewayDirectory>(new GatewayDirectory([new(Gateway, Mode.Test)], [], _ => false))
            .AddSingleton<IPayoutStore>(new PayoutStore(reading)).AddSingleton<IBankDirectory>(new BankDirectory([(Mode.Test, Bank)]))
            .AddSingleton(PayoutPolicy.Default with { Period = Soon, Grace = TimeSpan.Zero })
            .AddSingleton(policy).AddSingleton(recovery ?? RecoveryPolicy.Default)
            .AddSingleton<IInbox>(new Inbox(reading)).AddSingleton(InboxPolicy.Default)
            .AddSingleton(Reports(new ReportStore(reports, new ReportLimits(MaxOpen: 3, MaxKept: 6)))).AddSingleton(new ReportPlaces(2))
            .AddSingleton(new ReportPolicy(Soon, 10, Soon * 8, Soon, MaxAttempts: 3, Soon, Kept))
            .AddSingleton(new GatewayWatchPolicy(Soon, Soon, Soon * 20, MostNodes))
            .AddSingleton(new ReminderBudget(TimeProvider.System, 50))
            .AddSingleton(TimeProvider.System)
            .AddSingleton<Dice>(() => 0.5)
            .AddSingleton<ILoggerFactory>(NullLoggerFactory.Instance)
            .AddSingleton(typeof(ILogger<>), typeof(NullLogger<>))
            .BuildServiceProvider();
        var node = new EmbeddedNode(new()
        {
            GrainAssemblies = [typeof(PaymentGrain).Assembly],
            Services = services,
            TimeProvider = TimeProvider.System,
            Scheduler = TaskScheduler.Default,
            Random = () => 0.5,
            Reminders = new PostgresReminders(reading),
            States = new PostgresStates(reading),
        });
        await node.StartAsync();
        Nodes.Add(node);
        open.AddRange([reading, reports, writing, committer, node]);
        if (recovery is not null)
        {
            for (var shard = 0; shard < recovery.Shards; shard++)
            {
                await node.Grains.GetGrain<IRecoveryGrain>(GrainKeys.Recovery(shard)).StartAsync();
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var item in Enumerable.Reverse(open))
        {
            await item.DisposeAsync();
        }

        await Database.DisposeAsync();
    }
}

/// <summary>A processor that does what a test says, and counts what it is asked.</summary>
internal sealed class ScriptedGateway : IPaymentGateway
{
    private int sends;
    private int queries;

    public string Name => "simulator";

    public GatewayCapabilities Capabilities { get; set; } = new(TimeSpan.FromHours(24), true, TimeSpan.FromSeconds(20), TimeSpan.FromSeconds(10));

    public int Sends => sends;

    public int Queries => queries;

    /// <summary>What a send brings; gets the number of the send, from 1.</summary>
    public Func<int, Task<GatewayAnswer>> OnSend { get; set; } = _ => Task.FromResult(new GatewayAnswer(GatewayAnswerKind.Approved, "proc_1"));

    /// <summary>What a query brings.</summary>
    public Func<int, Task<GatewayAnswer>> OnQuery { get; set; } = _ => Task.FromResult(new GatewayAnswer(GatewayAnswerKind.NotFound));

    /// <summary>The idempotency keys of all sends.</summary>
    public System.Collections.Concurrent.ConcurrentBag<string> Keys { get; } = [];

    public Task<GatewayAnswer> ChargeAsync(ChargeOrder order, CancellationToken cancellationToken) => SendAsync(order.IdempotencyKey);

    public Task<GatewayAnswer> AuthorizeAsync(ChargeOrder order, CancellationToken cancellationToken) => SendAsync(order.IdempotencyKey);

    public Task<GatewayAnswer> CaptureAsync(CaptureOrder order, CancellationToken cancellationToken) => SendAsync(order.IdempotencyKey);

    public Task<GatewayAnswer> VoidAsync(VoidOrder order, CancellationToken cancellationToken) => SendAsync(order.IdempotencyKey);

    public Task<GatewayAnswer> RefundAsync(RefundOrder order, CancellationToken cancellationToken) => SendAsync(order.IdempotencyKey);

    public Task<GatewayAnswer> QueryAsync(QueryOrder order, CancellationToken cancellationToken) =>
        OnQuery(Interlocked.Increment(ref queries));

    private Task<GatewayAnswer> SendAsync(string key)
    {
        Keys.Add(key);
        return OnSend(Interlocked.Increment(ref sends));
    }
}

/// <summary>A bank that does what a test says, and counts what it is asked.</summary>
internal sealed class ScriptedBank : IBankTransfers
{
    private int sends;

    public string Name => "scripted";

    public GatewayCapabilities Capabilities { get; set; } = new(TimeSpan.FromHours(24), true, TimeSpan.FromMilliseconds(300), TimeSpan.FromMilliseconds(200));

    public TimeSpan ReturnsFor { get; set; }

    public int Sends => sends;

    /// <summary>What a send brings; gets the order.</summary>
    public Func<TransferOrder, Task<GatewayAnswer>> OnSend { get; set; } = _ => Task.FromResult(new GatewayAnswer(GatewayAnswerKind.Approved, "bank_1"));

    /// <summary>What a query brings.</summary>
    public Func<string, Task<GatewayAnswer>> OnQuery { get; set; } = _ => Task.FromResult(new GatewayAnswer(GatewayAnswerKind.NotFound));

    /// <summary>What was ordered.</summary>
    public System.Collections.Concurrent.ConcurrentBag<TransferOrder> Orders { get; } = [];

    public Task<GatewayAnswer> TransferAsync(TransferOrder order, CancellationToken cancellationToken)
    {
        Orders.Add(order);
        Interlocked.Increment(ref sends);
        return OnSend(order);
    }

    public Task<GatewayAnswer> QueryAsync(string reference, CancellationToken cancellationToken) => OnQuery(reference);
}
