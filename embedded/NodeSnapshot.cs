namespace Payments.Embedded;

/// <summary>What a node does at one instant, and what it has done.</summary>
/// <param name="Grains">One for each grain class, in the order of the names.</param>
/// <param name="OpenRequests">Calls that wait or run.</param>
public sealed record NodeSnapshot(IReadOnlyList<GrainSnapshot> Grains, int OpenRequests)
{
    /// <summary>Live activations by grain type, of those that have any.</summary>
    public IReadOnlyDictionary<string, int> Activations { get; } =
        Grains.Where(grain => grain.Activations > 0).ToDictionary(grain => grain.Name, grain => grain.Activations, StringComparer.Ordinal);

    /// <summary>The most requests that wait at one activation.</summary>
    public int LongestQueue => Grains.Select(grain => grain.LongestQueue).DefaultIfEmpty().Max();
}

/// <summary>What the activations of one grain class do, and what they and their predecessors on the node have done.</summary>
/// <param name="Name">The grain type, as Orleans names it.</param>
/// <param name="Activations">How many live.</param>
/// <param name="Waiting">Requests that wait, at all of them.</param>
/// <param name="LongestQueue">The most that wait at one.</param>
/// <param name="Timers">Their timers.</param>
/// <param name="Turns">Turns taken since the node's start.</param>
/// <param name="Busy">How long those took together.</param>
/// <param name="LongestTurn">How long the longest took.</param>
public sealed record GrainSnapshot(
    string Name, int Activations, int Waiting, int LongestQueue, int Timers, long Turns, TimeSpan Busy, TimeSpan LongestTurn);
