using System.Collections.Concurrent;
using System.Reflection;
using Microsoft.Extensions.DependencyInjection;
using Orleans;
using Orleans.Concurrency;

namespace Payments.Embedded;

/// <summary>A grain class on one node, and its activations there.</summary>
internal sealed class GrainClass
{
    private const string Suffix = "Grain";

    private readonly ObjectFactory _construct;

    internal GrainClass(Type type, EmbeddedNodeOptions options)
    {
        Type = type;
        // Orleans derives the same name, so reminders stay valid under another engine.
        Name = (type.Name.EndsWith(Suffix, StringComparison.Ordinal) && type.Name != Suffix ? type.Name[..^Suffix.Length] : type.Name).ToLowerInvariant();
        IsReentrant = type.IsDefined(typeof(ReentrantAttribute));
        CollectionAge = type.IsDefined(typeof(KeepAliveAttribute)) ? TimeSpan.MaxValue
            : type.GetCustomAttribute<CollectionAgeLimitAttribute>()?.AgeLimit ?? options.CollectionAge;
        Interfaces = [.. type.GetInterfaces().Where(candidate => typeof(IGrain).IsAssignableFrom(candidate))];
        Array.ForEach(Interfaces, GrainMethod.Check);
        _construct = ActivatorUtilities.CreateFactory(type, []);
    }

    internal Type Type { get; }

    internal string Name { get; }

    internal bool IsReentrant { get; }

    internal TimeSpan CollectionAge { get; }

    internal Type[] Interfaces { get; }

    /// <summary>By key. Its order is not the same in every run, so nothing enumerates it.</summary>
    internal ConcurrentDictionary<string, Activation> Activations { get; } = new(StringComparer.Ordinal);

    internal Grain Construct(IServiceProvider services) => (Grain)_construct(services, null);

    internal static bool IsOne(Type type) => type is { IsClass: true, IsAbstract: false, ContainsGenericParameters: false }
        && typeof(Grain).IsAssignableFrom(type) && typeof(IGrainWithStringKey).IsAssignableFrom(type);
}
