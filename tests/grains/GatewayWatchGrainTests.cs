using Payments.Grains;

namespace Payments.Tests.Grains;

/// <summary>What nodes say of a processor, kept where all of them see it, though each has an activation of its own.</summary>
public sealed class GatewayWatchGrainTests
{
    [Fact]
    public async Task Every_node_sees_what_any_node_said_last()
    {
        await using var cluster = await GrainCluster.StartAsync(nodes: 3);
        for (var round = 1; round <= 20; round++)
        {
            await Task.WhenAll(Enumerable.Range(0, 3).Select(node => Watch(cluster, node).ReportAsync(Report($"node-{node}", turnedAway: round))));
        }

        for (var node = 0; node < 3; node++)
        {
            var seen = await Watch(cluster, node).ListAsync();
            Assert.Equal([("node-0", 20L), ("node-1", 20L), ("node-2", 20L)], seen.Select(report => (report.Node, report.TurnedAway)));
        }
    }

    [Fact]
    public async Task Who_is_silent_is_forgotten()
    {
        await using var cluster = await GrainCluster.StartAsync(nodes: 1);
        await Watch(cluster, 0).ReportAsync(Report("gone"));
        await Support.Eventually.BecomesAsync(
            "here", async () =>
            {
                await Watch(cluster, 0).ReportAsync(Report("here"));
                return string.Join(' ', (await Watch(cluster, 0).ListAsync()).Select(report => report.Node));
            });
    }

    [Fact]
    public async Task Deleted_rows_lose_nothing_but_what_was_said_before()
    {
        await using var cluster = await GrainCluster.StartAsync(nodes: 2);
        await Watch(cluster, 0).ReportAsync(Report("node-0"));
        await Watch(cluster, 1).ReportAsync(Report("node-1"));
        await cluster.Database.ExecuteAsync("DELETE FROM orleans_states");
        Assert.Empty(await Watch(cluster, 1).ListAsync());

        await Watch(cluster, 0).ReportAsync(Report("node-0", turnedAway: 7));
        var report = Assert.Single(await Watch(cluster, 1).ListAsync());
        Assert.Equal(("node-0", 7), (report.Node, report.TurnedAway));
    }

    [Fact]
    public async Task So_many_nodes_are_kept_and_no_more()
    {
        await using var cluster = await GrainCluster.StartAsync(nodes: 1);
        for (var i = 0; i < 2 * GrainCluster.MostNodes; i++)
        {
            await Watch(cluster, 0).ReportAsync(Report($"node-{i}"));
        }

        var latest = await Watch(cluster, 0).ListAsync();
        Assert.True(latest.Length <= GrainCluster.MostNodes, $"{latest.Length}");
        Assert.Contains(latest, report => report.Node == $"node-{2 * GrainCluster.MostNodes - 1}");
    }

    private static IGatewayWatchGrain Watch(GrainCluster cluster, int node) => cluster.Nodes[node].Grains.GetGrain<IGatewayWatchGrain>(GrainKeys.GatewayWatch("simulator"));

    private static GatewayReport Report(string node, long turnedAway = 0) =>
        new() { Node = node, Breaker = "closed", Since = DateTimeOffset.UnixEpoch, InFlight = 0, TurnedAway = turnedAway };
}
