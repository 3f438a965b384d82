namespace Orleans;

/// <summary>Gives references to grains. A reference is an address: getting one activates nothing.</summary>
public interface IGrainFactory
{
    /// <summary>
    /// The grain of that key. <paramref name="grainClassNamePrefix"/> chooses where several classes implement the interface.
    /// </summary>
    TGrainInterface GetGrain<TGrainInterface>(string primaryKey, string? grainClassNamePrefix = null)
        where TGrainInterface : IGrainWithStringKey;

    /// <summary>The grain of that key, by an interface that is known at run time only.</summary>
    IGrain GetGrain(Type grainInterfaceType, string grainPrimaryKey);
}
