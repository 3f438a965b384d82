using Microsoft.Extensions.DependencyInjection;
using Orleans;
using Orleans.Runtime;
using Orleans.Storage;
using Payments.Silo;

namespace Payments.Tests.Engines;

/// <summary>What Orleans' grain storage expects of our table and queries, and more: a grain's first write is guarded too.</summary>
public sealed class GrainStorageContractTests
{
    public static TheoryData<string> Keys => new("payment/mer_x/pay_1", $"number/{GrainIdKeyExtensions.CreateIntegerKey(7)}");

    [Theory]
    [MemberData(nameof(Keys))]
    public async Task Of_50_first_writes_at_once_one_wins_and_the_others_are_told(string grain)
    {
        await using var node = await OrleansNode.StartAsync();
        var storage = node.Services.GetRequiredKeyedService<IGrainStorage>(SiloEngine.RebuildableState);
        var id = GrainId.Parse(grain);
        var writes = await Task.WhenAll(Enumerable.Range(1, 50).Select<int, Task<GrainState<Cursor>?>>(async i =>
        {
            var state = new GrainState<Cursor>(new Cursor { Position = i });
            try
            {
                await storage.WriteStateAsync("cursor", id, state);
                return state;
            }
            catch (InconsistentStateException)
            {
                return null;
            }
        }));

        var winner = Assert.Single(writes, state => state is not null)!;
        var read = new GrainState<Cursor>();
        await storage.ReadStateAsync("cursor", id, read);
        Assert.Equal((winner.State?.Position, winner.ETag, true), (read.State?.Position, read.ETag, read.RecordExists));
        Assert.Equal(1, await node.Database.ScalarAsync<long>("SELECT count(*) FROM orleans_states"));
    }

    [Fact]
    public async Task A_write_or_a_clearing_of_another_version_is_refused()
    {
        await using var node = await OrleansNode.StartAsync();
        var storage = node.Services.GetRequiredKeyedService<IGrainStorage>(SiloEngine.RebuildableState);
        var id = GrainId.Parse("payment/mer_x/pay_1");
        var state = new GrainState<Cursor>(new Cursor { Position = 1 });
        await storage.WriteStateAsync("cursor", id, state);
        var stale = new GrainState<Cursor>(new Cursor { Position = 2 }, state.ETag);
        await storage.WriteStateAsync("cursor", id, state);
        await Assert.ThrowsAsync<InconsistentStateException>(() => storage.WriteStateAsync("cursor", id, stale));
        await Assert.ThrowsAsync<InconsistentStateException>(() => storage.ClearStateAsync("cursor", id, stale));

        await storage.ClearStateAsync("cursor", id, state);
        var read = new GrainState<Cursor>();
        await storage.ReadStateAsync("cursor", id, read);
        Assert.False(read.RecordExists);
        read.State = new Cursor { Position = 3 };
        await storage.WriteStateAsync("cursor", id, read); // a cleared grain writes on
    }

    [GenerateSerializer, Alias("tests.Cursor")]
    internal sealed class Cursor
    {
        [Id(0)]
        public int Position { get; set; }
    }
}
