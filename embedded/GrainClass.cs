using System.Collections.Concurrent;
using Orleans;
using Orleans.Core;

namespace Payments.Embedded;

/// <summary>A grain class on one node, and its activations there.</summary>
internal sealed class GrainClass(GrainType type, EmbeddedNodeOptions options)
{
    private long _turns;
    private long _busy;
    private long _longest;

    internal Type Type => type.Type;

    internal string Name => type.Name;

    internal bool IsReentrant => type.IsReentrant;

    internal TimeSpan CollectionAge { get; } = type.AgeLimit ?? options.CollectionAge;

    internal Type[] Interfaces => type.Interfaces;

    /// <summary>By key. Its order is not the same in every run, so nothing enumerates it.</summary>
    internal ConcurrentDictionary<string, Activation> Activations { get; } = new(StringComparer.Ordinal);

    internal IStorage[] NewStates(Activation activation) => type.NewStates(activation);

    internal Grain Construct(IServiceProvider services, IStorage[] states) => type.Construct(services, states);

    /// <summary>An activation took turns, on whichever thread; times are those of the node's <see cref="TimeProvider.GetTimestamp"/>.</summary>
    internal void Count(int turns, long busy, long longest)
    {
        Interlocked.Add(ref _turns, turns);
        Interlocked.Add(ref _busy, busy);
        for (var known = Volatile.Read(ref _longest); longest > known; known = Volatile.Read(ref _longest))
        {
            Interlocked.CompareExchange(ref _longest, longest, known);
        }
    }

    internal GrainSnapshot Snapshot(IReadOnlyList<Activation> live)
    {
        var queues = live.Select(activation => activation.Waiting).ToList();
        return new(
            Name, live.Count, queues.Sum(), queues.DefaultIfEmpty().Max(), live.Sum(activation => activation.Timers), Volatile.Read(ref _turns),
            options.TimeProvider.GetElapsedTime(0, Volatile.Read(ref _busy)), options.TimeProvider.GetElapsedTime(0, Volatile.Read(ref _longest)));
    }
}
