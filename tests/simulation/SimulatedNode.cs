using Microsoft.Extensions.Logging;
using Orleans;
using Payments.Domain;
using Payments.Embedded;
using Payments.Gateways;
using Payments.Grains;
using Payments.Storage;

namespace Payments.Simulation;

/// <summary>One incarnation of a node: the real grains on the real engine, between a simulated store, clock and network. It dies once.</summary>
internal sealed class SimulatedNode : IServiceProvider
{
    /// <summary>Attempts slow down to half a minute; the claims of a simulated processor are over in nine seconds.</summary>
    public static readonly RetrySchedule Retries = new(
        [TimeSpan.FromSeconds(0.5), TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(4), TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(30)],
        Margin: TimeSpan.FromSeconds(3), MaxUnsentAttempts: 4);

    private static readonly RecoveryPolicy Recovery = new(Shards: 1, TimeSpan.FromSeconds(15), TimeSpan.FromSeconds(2), Page: 3, Concurrency: 2);

    private static readonly InboxPolicy Inbox = new(
        Period: TimeSpan.FromSeconds(60), Grace: TimeSpan.FromSeconds(2), Page: 4, Concurrency: 2, [TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(20)]);

    private readonly World world;
    private readonly EmbeddedNode engine;
    private readonly SimulatedStore store;
    private readonly Dictionary<Type, object> services;

    public SimulatedNode(string name, World world, Scenario scenario, TimeSpan skew, SimulatedDatabase database, SimulatedReminders reminders,
        IReadOnlyList<SimulatedProcessor> processors, Checker checker, Counters counters, IReadOnlyList<(TimeSpan From, TimeSpan To)> outages)
    {
        (Name, this.world) = (name, world);
        Lane = new Lane(world, name);
        var time = new WorldTime(world, Lane, skew);
        var dice = RandomStream.Of(scenario.Form.Seed, $"dice of {name}");
        var network = new SimulatedNetworkToDatabase(scenario, RandomStream.Of(scenario.Form.Seed, $"database of {name}"), outages);
        store = new SimulatedStore(database, new(world, Lane, network, counters, (commits, judged) => checker.Written(name, !IsDead, commits, judged)));
        services = new Dictionary<Type, object>
        {
            [typeof(IPaymentStore)] = store,
            [typeof(IJournalQueries)] = store,
            [typeof(IInbox)] = store,
            [typeof(IGatewayDirectory)] = new SimulatedGateways(scenario, processors.ToDictionary(
                processor => processor.Name, processor => (IPaymentGateway)new SimulatedGateway(world, Lane, scenario, processor, counters, checker, name))),
            [typeof(PaymentPolicy)] = new PaymentPolicy(Retries, scenario.TimerHorizon, TimeSpan.FromSeconds(5)),
            [typeof(RecoveryPolicy)] = Recovery,
            [typeof(InboxPolicy)] = Inbox,
            [typeof(ReminderBudget)] = new ReminderBudget(time, 50),
            [typeof(TimeProvider)] = time,
            [typeof(Dice)] = new Dice(dice.NextDouble),
            [typeof(ILoggerFactory)] = new AttentiveLogger(world),
            [typeof(ILogger<PaymentGrain>)] = new AttentiveLogger<PaymentGrain>(world),
            [typeof(ILogger<InboxGrain>)] = new AttentiveLogger<InboxGrain>(world),
            [typeof(ILogger<RecoveryGrain>)] = new AttentiveLogger<RecoveryGrain>(world),
            [typeof(ILogger<LedgerEntryGrain>)] = new AttentiveLogger<LedgerEntryGrain>(world),
        };
        engine = new EmbeddedNode(new()
        {
            GrainAssemblies = [typeof(PaymentGrain).Assembly],
            Services = this,
            TimeProvider = time,
            Scheduler = Lane,
            Random = dice.NextDouble,
            Reminders = reminders,
            TurnsPerSlice = 1,
            Quantum = TimeSpan.FromSeconds(10),
            CollectionAge = TimeSpan.FromSeconds(10),
            ReminderPollPeriod = TimeSpan.FromSeconds(12),
        });
    }

    public string Name { get; }

    public Lane Lane { get; }

    public bool IsDead { get; private set; }

    public IGrainFactory Grains => engine.Grains;

    public object? GetService(Type serviceType) => services.GetValueOrDefault(serviceType);

    /// <summary>What a host does when it starts: the engine, then the recovery.</summary>
    public void Start() => _ = Task.Factory.StartNew(
        async () =>
        {
            await engine.StartAsync();
            await Grains.GetGrain<IRecoveryGrain>(GrainKeys.Recovery(0)).StartAsync();
            for (var shard = 0; shard < GrainKeys.InboxShards; shard++)
            {
                await Grains.GetGrain<IInboxGrain>(GrainKeys.Inbox(shard)).StartAsync();
            }
        },
        CancellationToken.None, TaskCreationOptions.DenyChildAttach, Lane);

    /// <summary>What the front end does with a webhook: store it, answer, and let its grain know. A node that cannot store it says so.</summary>
    public void Receive(InboxEvent received, Action<bool> answer) => _ = Task.Factory.StartNew(
        async () =>
        {
            try
            {
                await store.ReceiveAsync(received, default, CancellationToken.None);
            }
            catch (Exception lost) when (AttentiveLogger.IsExpected(lost))
            {
                answer(false);
                return;
            }

            answer(true);
            try
            {
                await Grains.GetGrain<IInboxGrain>(GrainKeys.InboxOf(received.Id.EventId)).DeliverAsync(received.Id.Source, received.Id.EventId);
            }
            catch (Exception lost) when (AttentiveLogger.IsExpected(lost))
            {
                // The inbox is looked through anyway.
            }
        },
        CancellationToken.None, TaskCreationOptions.DenyChildAttach, Lane);

    /// <summary>As by kill -9: no turn, timer or answer of this node ever happens again.</summary>
    public void Kill()
    {
        IsDead = true;
        store.Kill();
        engine.Kill();
        world.Trace?.Add($"{Name} dies");
    }
}
