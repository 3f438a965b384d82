using Orleans.Storage;
using Payments.Embedded;
using Payments.Silo;
using Payments.Tests.Support;

namespace Payments.Tests.Embedded;

/// <summary>Grains' states in a real database, by the same queries as Orleans' grain storage.</summary>
public sealed class StateTests
{
    [Fact]
    public async Task A_state_outlives_its_node_and_belongs_to_one_grain()
    {
        await using var database = await TestDatabase.CreateAsync();
        await using var source = database.OpenAsApp();
        await using (var first = Node(source))
        {
            await Note(first).Write("Ada");
        }

        await using var second = Node(source);
        Assert.Equal(("Ada", true), await Note(second).Read());
        Assert.Equal(("", false), await Note(second, "another").Read());
    }

    [Fact]
    public async Task Of_nodes_that_write_first_at_once_one_wins_and_the_others_are_told_and_can_go_on()
    {
        await using var database = await TestDatabase.CreateAsync();
        await using var source = database.OpenAsApp();
        var nodes = Enumerable.Range(0, 20).Select(_ => Node(source)).ToArray();
        await Task.WhenAll(nodes.Select(node => Note(node).Read())); // all of them saw that nothing is stored
        var writes = await Task.WhenAll(nodes.Select(async (node, i) =>
        {
            try
            {
                await Note(node).Write($"{i}");
                return i;
            }
            catch (InconsistentStateException)
            {
                return -1;
            }
        }));

        var winner = Assert.Single(writes, i => i >= 0);
        var loser = Note(nodes[winner == 0 ? 1 : 0]);
        await loser.Refresh();
        Assert.Equal(($"{winner}", true), await loser.Read());
        await loser.Write("later");
        await Assert.ThrowsAsync<InconsistentStateException>(() => Note(nodes[winner]).Write("too late"));
        await Assert.ThrowsAsync<InconsistentStateException>(() => Note(nodes[winner]).Clear());
        Assert.Equal(1, await database.ScalarAsync<long>("SELECT count(*) FROM orleans_states"));
        foreach (var node in nodes)
        {
            await node.DisposeAsync();
        }
    }

    [Fact]
    public async Task A_cleared_or_deleted_state_is_a_new_one_and_is_written_on()
    {
        await using var database = await TestDatabase.CreateAsync();
        await using var source = database.OpenAsApp();
        await using var node = Node(source);
        await Note(node).Write("Ada");
        await Note(node).Clear();
        Assert.Equal(("", false), await Note(node).Read());
        await Note(node).Write("Bob");

        await database.ExecuteAsync("DELETE FROM orleans_states");
        await Assert.ThrowsAsync<InconsistentStateException>(() => Note(node).Write("Eve"));
        await Note(node).Refresh();
        Assert.Equal(("", false), await Note(node).Read());
        await Note(node).Write("Eve");
        Assert.Equal(("Eve", true), await Note(node).Read());
    }

    [Fact]
    public async Task A_node_without_a_store_activates_no_grain_that_has_a_state()
    {
        await using var node = new EmbeddedNode(World.OptionsFor(new Stage()));
        var refused = await Assert.ThrowsAnyAsync<Exception>(() => Note(node).Read());
        Assert.Contains("States", $"{refused}", StringComparison.Ordinal);
    }

    private static EmbeddedNode Node(Npgsql.NpgsqlDataSource source) => new(World.OptionsFor(new Stage()) with { States = new PostgresStates(source) });

    private static INoteGrain Note(EmbeddedNode node, string key = "note") => node.Grains.GetGrain<INoteGrain>(key);
}
