using Microsoft.Extensions.DependencyInjection;
using Payments.Embedded;

namespace Payments.Tests.Embedded;

/// <summary>Nodes on one thread under a fake clock: everything that happens follows from the seed.</summary>
internal sealed class World(int seed = 1)
{
    public SeededScheduler Scheduler { get; } = new(seed);

    public FakeTime Time { get; } = new();

    public Stage Stage { get; } = new();

    public InMemoryReminderStore Reminders { get; } = new();

    public EmbeddedNodeOptions Options => OptionsFor(Stage) with
    {
        TimeProvider = Time,
        Scheduler = Scheduler,
        Random = Scheduler.NextDouble,
        Reminders = Reminders,
        TurnsPerSlice = 1,
    };

    /// <summary>The options of a node on real threads and time.</summary>
    public static EmbeddedNodeOptions OptionsFor(Stage stage) => new()
    {
        GrainAssemblies = [typeof(World).Assembly],
        Services = new ServiceCollection().AddSingleton(stage).BuildServiceProvider(),
        TimeProvider = TimeProvider.System,
        Scheduler = TaskScheduler.Default,
        Random = () => 0.5,
        Reminders = new InMemoryReminderStore(),
    };

    public EmbeddedNode StartNode(Func<EmbeddedNodeOptions, EmbeddedNodeOptions>? change = null)
    {
        var node = new EmbeddedNode(change is null ? Options : change(Options));
        _ = node.StartAsync();
        return node;
    }

    /// <summary>Starts something as a caller from outside, and runs the world until nothing moves without time.</summary>
    public Task<T> Start<T>(Func<Task<T>> call)
    {
        var task = Task.Factory.StartNew(async () => await call(), CancellationToken.None, TaskCreationOptions.None, Scheduler).Unwrap();
        Scheduler.RunUntilIdle();
        return task;
    }

    public Task Start(Func<Task> call)
    {
        var task = Task.Factory.StartNew(async () => await call(), CancellationToken.None, TaskCreationOptions.None, Scheduler).Unwrap();
        Scheduler.RunUntilIdle();
        return task;
    }

    public void Advance(double seconds) => Time.Advance(TimeSpan.FromSeconds(seconds), Scheduler.RunUntilIdle);
}
