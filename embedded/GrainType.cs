using System.Collections.Concurrent;
using System.Reflection;
using Microsoft.Extensions.DependencyInjection;
using Orleans;
using Orleans.Concurrency;
using Orleans.Core;
using Orleans.Runtime;

namespace Payments.Embedded;

/// <summary>What a grain class says of itself: read once in a process, however many nodes there are.</summary>
internal sealed class GrainType
{
    private const string Suffix = "Grain";

    private static readonly ConcurrentDictionary<Assembly, GrainType[]> Known = new();

    private readonly ObjectFactory _construct;
    private readonly (Type Type, string Name)[] _states;

    private GrainType(Type type)
    {
        Type = type;
        // Orleans derives the same name, so reminders stay valid under another engine.
        Name = (type.Name.EndsWith(Suffix, StringComparison.Ordinal) && type.Name != Suffix ? type.Name[..^Suffix.Length] : type.Name).ToLowerInvariant();
        IsReentrant = type.IsDefined(typeof(ReentrantAttribute));
        AgeLimit = type.IsDefined(typeof(KeepAliveAttribute)) ? TimeSpan.MaxValue : type.GetCustomAttribute<CollectionAgeLimitAttribute>()?.AgeLimit;
        Interfaces = [.. type.GetInterfaces().Where(candidate => typeof(IGrain).IsAssignableFrom(candidate))];
        Array.ForEach(Interfaces, GrainMethod.Check);
        var states = type.GetConstructors().SelectMany(constructor => constructor.GetParameters())
            .Select(parameter => (parameter.ParameterType, parameter.GetCustomAttribute<PersistentStateAttribute>()?.StateName)).Where(state => state.StateName is not null).ToArray();
        _construct = ActivatorUtilities.CreateFactory(type, [.. states.Select(state => state.ParameterType)]);
        _states = [.. states.Select(state => (typeof(PersistentState<>).MakeGenericType(state.ParameterType.GetGenericArguments()), state.StateName!))];
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

    /// <summary>The states that the constructor asks for; nothing is read yet.</summary>
    internal IStorage[] NewStates(Activation activation) =>
        [.. _states.Select(state => (IStorage)Activator.CreateInstance(state.Type, activation, state.Name)!)];

    internal Grain Construct(IServiceProvider services, IStorage[] states) => (Grain)_construct(services, states);

    private static bool IsOne(Type type) => type is { IsClass: true, IsAbstract: false, ContainsGenericParameters: false }
        && typeof(Grain).IsAssignableFrom(type) && typeof(IGrainWithStringKey).IsAssignableFrom(type);
}
