namespace Payments.Embedded;

/// <summary>
/// Keeps grains' states. Nodes may share one: a write names the version that it replaces, so of two that saw the same one, one wins and the
/// other is told.
/// </summary>
public interface IStateStore
{
    /// <summary>What is stored; the version is null when nothing ever was, and the payload when it was cleared.</summary>
    Task<StoredState> ReadAsync(StateId id, CancellationToken cancellationToken);

    /// <summary>Stores the payload, or clears it (null), if this version is what is stored.</summary>
    /// <returns>The new version; null if another one is stored.</returns>
    Task<string?> WriteAsync(StateId id, byte[]? payload, string? version, CancellationToken cancellationToken);
}

/// <summary>Which state of which grain.</summary>
public readonly record struct StateId(string GrainType, string GrainKey, string Name);

/// <summary>A state as it is stored.</summary>
public readonly record struct StoredState(byte[]? Payload, string? Version);
