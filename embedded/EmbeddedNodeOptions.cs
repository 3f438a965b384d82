using System.Reflection;

namespace Payments.Embedded;

/// <summary>What a node needs from outside, so that production and simulation run the same code.</summary>
public sealed record EmbeddedNodeOptions
{
    /// <summary>Where the grain classes are.</summary>
    public required IReadOnlyList<Assembly> GrainAssemblies { get; init; }

    /// <summary>The grains' dependencies, and an <c>ILoggerFactory</c> if there is one. Activations have no scope of their own.</summary>
    public required IServiceProvider Services { get; init; }

    /// <summary>
    /// The clock. Nothing depends on it but by <see cref="TimeProvider.GetUtcNow"/> and <see cref="TimeProvider.CreateTimer"/>;
    /// <see cref="TimeProvider.GetTimestamp"/> measures turns.
    /// </summary>
    public required TimeProvider TimeProvider { get; init; }

    /// <summary>
    /// What runs the turns of all activations: <see cref="TaskScheduler.Default"/>, or a simulation's.
    /// It must not run a task inside its own <c>QueueTask</c>.
    /// </summary>
    public required TaskScheduler Scheduler { get; init; }

    /// <summary>Gives numbers of [0, 1). They only spread the nodes' looks at a shared reminder store.</summary>
    public required Func<double> Random { get; init; }

    /// <summary>Where the reminders are kept.</summary>
    public required IReminderStore Reminders { get; init; }

    /// <summary>Where grains' states are kept; without it no grain that has one is activated.</summary>
    public IStateStore? States { get; init; }

    /// <summary>Activations are collected when they were idle for that long.</summary>
    public TimeSpan CollectionAge { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>The tick of the node's clock: how exact the collection age and the response timeout are.</summary>
    public TimeSpan Quantum { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>How long a caller waits for an answer, unless the method says otherwise.</summary>
    public TimeSpan ResponseTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How often the store is asked for due reminders, give or take a tenth.</summary>
    public TimeSpan ReminderPollPeriod { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>How many reminders are claimed and not yet received at any time.</summary>
    public int ReminderConcurrency { get; init; } = 100;

    /// <summary>How many requests may wait at one activation.</summary>
    public int MaxQueuedRequests { get; init; } = 5_000;

    /// <summary>How many turns an activation takes before it lets others run. One explores the most interleavings; more is faster.</summary>
    public int TurnsPerSlice { get; init; } = 32;
}
