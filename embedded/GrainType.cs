using System.Collections.Concurrent;
using System.Reflection;
using Microsoft.Extensions.DependencyInjection;
using Orleans;
using Orleans.Concurrency;

namespace Payments.Embedded;

/// <summary>What a grain class says of itself: read once in a process, however many nodes there are.</summary>
internal sealed class GrainType
{
    private const string Suffix = "Grain";

    private static readonly ConcurrentDictionary<Assembly, GrainType[]> Known = new();

    private readonly ObjectFactory _construct;

    private GrainType(Type type)
    {
        Type = type;
        // Orleans derives the same name, so reminders stay valid under another engine.
        Name = (type.Name.EndsWith(Suffix, StringComparison.Ordinal) && type.Name != Suffix ? type.Name[..^Suffix.Length] : type.Name).ToLowerInvariant();
        IsReentrant = type.IsDefined(typeof(ReentrantAttribute));
        AgeLimit = type.IsDefined(typeof(KeepAliveAttribute)) ? TimeSpan.MaxValue : type.GetCustomAttribute<CollectionAgeLimitAttribute>()?.AgeLimit;
        Interfaces = [.. type.GetInterfaces().Where(candidate => typeof(IGrain).IsAssignableFrom(candidate))];
        Array.ForEach(Interfaces, GrainMethod.Check);
        _construct = ActivatorUtilities.CreateFactory(type, []);
    }

    internal Type Type { get; }

    internal string Name { get; }

    internal bool IsReentrant { get; }

    /// <summary>The class's own collection age; null: the node's.</summary>
    internal TimeSpan? AgeLimit { get; }

    internal Type[] Interfaces { get; }

    /// <summary>The grain classes of an assembly.</summary>
    internal static GrainType[] Of(Assembly assembly) =>
        Known.GetOrAdd(assembly, static assembly => [.. assembly.GetTypes().Where(IsOne).Select(type => new GrainType(type))]);

    internal Grain Construct(IServiceProvider services) => (Grain)_construct(services, null);

    private static bool IsOne(Type type) => type is { IsClass: true, IsAbstract: false, ContainsGenericParameters: false }
        && typeof(Grain).IsAssignableFrom(type) && typeof(IGrainWithStringKey).IsAssignableFrom(type);
}
