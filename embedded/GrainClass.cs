using System.Collections.Concurrent;
using Orleans;

namespace Payments.Embedded;

/// <summary>A grain class on one node, and its activations there.</summary>
internal sealed class GrainClass(GrainType type, EmbeddedNodeOptions options)
{
    internal Type Type => type.Type;

    internal string Name => type.Name;

    internal bool IsReentrant => type.IsReentrant;

    internal TimeSpan CollectionAge { get; } = type.AgeLimit ?? options.CollectionAge;

    internal Type[] Interfaces => type.Interfaces;

    /// <summary>By key. Its order is not the same in every run, so nothing enumerates it.</summary>
    internal ConcurrentDictionary<string, Activation> Activations { get; } = new(StringComparer.Ordinal);

    internal Grain Construct(IServiceProvider services) => type.Construct(services);
}
