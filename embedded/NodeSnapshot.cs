namespace Payments.Embedded;

/// <summary>What a node does at one instant.</summary>
/// <param name="Activations">Live activations by grain type, in the order of the names.</param>
/// <param name="OpenRequests">Calls that wait or run.</param>
/// <param name="LongestQueue">The most calls that wait at one activation.</param>
/// <param name="Turns">Turns that the live activations have taken.</param>
public sealed record NodeSnapshot(IReadOnlyDictionary<string, int> Activations, int OpenRequests, int LongestQueue, long Turns);
