using System.Collections.Concurrent;
using Orleans;

namespace Payments.Embedded;

/// <summary>Finds the class behind an interface, and makes references.</summary>
internal sealed class GrainFactory(EmbeddedNode node, IReadOnlyList<GrainClass> classes) : IGrainFactory
{
    private readonly ConcurrentDictionary<Type, GrainProxy> _prototypes = new();
    private readonly ConcurrentDictionary<(Type, GrainClass), GrainProxy> _prototypesByClass = new();

    public TGrainInterface GetGrain<TGrainInterface>(string primaryKey, string? grainClassNamePrefix = null)
        where TGrainInterface : IGrainWithStringKey => (TGrainInterface)(object)(grainClassNamePrefix is null
            ? GetReference(typeof(TGrainInterface), primaryKey)
            : GetReference(typeof(TGrainInterface), Find(typeof(TGrainInterface), grainClassNamePrefix), primaryKey));

    public IGrain GetGrain(Type grainInterfaceType, string grainPrimaryKey) => (IGrain)(object)GetReference(grainInterfaceType, grainPrimaryKey);

    internal GrainProxy GetReference(Type grainInterface, GrainClass grainClass, string key)
    {
        ArgumentException.ThrowIfNullOrEmpty(key);
        return _prototypesByClass.GetOrAdd((grainInterface, grainClass), of => GrainProxy.Prototype(of.Item1, node, of.Item2)).For(key);
    }

    private GrainProxy GetReference(Type grainInterface, string key)
    {
        ArgumentException.ThrowIfNullOrEmpty(key);
        return _prototypes.GetOrAdd(grainInterface, type => GrainProxy.Prototype(type, node, Find(type, ""))).For(key);
    }

    private GrainClass Find(Type grainInterface, string classNamePrefix)
    {
        var found = classes.Where(candidate => candidate.Interfaces.Contains(grainInterface)
            && candidate.Type.FullName!.StartsWith(classNamePrefix, StringComparison.Ordinal)).ToList();
        return found is [var one] ? one : throw new ArgumentException(
            $"{grainInterface.FullName} is implemented by {found.Count} grain classes instead of one: {string.Join(", ", found.Select(each => each.Type.FullName))}.");
    }
}
