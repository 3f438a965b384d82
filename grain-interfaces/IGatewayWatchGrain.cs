using System.Collections.Immutable;
using Orleans;
using Orleans.CodeGeneration;

namespace Payments.Grains;

/// <summary>
/// How a processor looks from each node. Its key is <c>gateway/{name}</c>, see <see cref="GrainKeys"/>. Nodes report of their own accord, and what
/// they say counts for a while only: nothing is decided by it.
/// </summary>
[Alias("payments.IGatewayWatchGrain"), Version(1)]
public interface IGatewayWatchGrain : IGrainWithStringKey
{
    /// <summary>Takes a node's report in place of that node's last one. One that is lost does no harm: another follows.</summary>
    [Alias("Report")]
    Task ReportAsync(GatewayReport report);

    /// <summary>The last reports of all nodes that reported lately, by the nodes' names.</summary>
    [Alias("List")]
    Task<ImmutableArray<GatewayReport>> ListAsync();
}

/// <summary>How a processor looks from a node.</summary>
[GenerateSerializer, Immutable, Alias("payments.GatewayReport")]
public sealed record GatewayReport
{
    /// <summary>The node's name.</summary>
    [Id(0)] public required string Node { get; init; }

    /// <summary><c>closed</c>, <c>half_open</c> or <c>open</c>.</summary>
    [Id(1)] public required string Breaker { get; init; }

    /// <summary>Since when the node has seen it so.</summary>
    [Id(2)] public required DateTimeOffset Since { get; init; }

    /// <summary>Calls of the node that were under way.</summary>
    [Id(3)] public required int InFlight { get; init; }

    /// <summary>Calls that the node did not make since it started.</summary>
    [Id(4)] public required long TurnedAway { get; init; }

    /// <summary>When it was heard, by the clock of whoever heard it.</summary>
    [Id(5)] public DateTimeOffset HeardAt { get; init; }

    public override string ToString() => nameof(GatewayReport);
}
