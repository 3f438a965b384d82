using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Orleans;
using Orleans.Configuration;
using Orleans.Runtime;
using Orleans.Runtime.MembershipService;
using Payments.Tests.Support;

namespace Payments.Tests.Engines;

/// <summary>What Orleans' clustering provider expects of our tables and queries.</summary>
public sealed class MembershipContractTests : IAsyncLifetime
{
    private static readonly DateTime Start = new(2026, 11, 23, 12, 0, 0, DateTimeKind.Utc);
    private TestDatabase database = null!;
    private AdoNetClusteringTable table = null!;

    public async Task InitializeAsync()
    {
        database = await TestDatabase.CreateAsync();
        table = Table("contract");
        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Table("contract").InitializeMembershipTableAsync(true, CancellationToken.None)));
        await table.InitializeMembershipTableAsync(true, CancellationToken.None);
    }

    public async Task DisposeAsync() => await database.DisposeAsync();

    [Fact]
    public async Task A_new_cluster_has_version_0_and_no_member()
    {
        var all = await table.ReadAllAsync(CancellationToken.None);
        Assert.Equal(0, all.Version.Version);
        Assert.Empty(all.Members);
        Assert.Empty((await table.ReadRowAsync(Member(1).SiloAddress, CancellationToken.None)).Members);
    }

    [Fact]
    public async Task A_member_comes_back_as_it_was_written()
    {
        var member = Member(1);
        Assert.True(await table.InsertRowAsync(member, (await table.ReadAllAsync(CancellationToken.None)).Version.Next(), CancellationToken.None));
        member.Status = SiloStatus.Active;
        member.SuspectTimes = [Tuple.Create(Member(2).SiloAddress, Start)];
        Assert.True(await UpdateAsync(member));
        member.IAmAliveTime = Start.AddMinutes(1);
        await table.UpdateIAmAliveAsync(member, CancellationToken.None);

        var read = await table.ReadRowAsync(member.SiloAddress, CancellationToken.None);
        Assert.Equal(2, read.Version.Version); // a sign of life is no change of the cluster
        var row = Assert.Single(read.Members).Item1;
        Assert.Equal(
            (member.SiloAddress, "silo-1", "host", SiloStatus.Active, 30001, Start, Start.AddMinutes(1)),
            (row.SiloAddress, row.SiloName, row.HostName, row.Status, row.ProxyPort, row.StartTime, row.IAmAliveTime));
        Assert.Equal(member.SuspectTimes, row.SuspectTimes);
    }

    [Fact]
    public async Task Of_changes_that_name_the_same_version_one_wins()
    {
        var version = (await table.ReadAllAsync(CancellationToken.None)).Version.Next();
        var inserts = await Task.WhenAll(Enumerable.Range(1, 50).Select(i => table.InsertRowAsync(Member(i), version, CancellationToken.None)));
        Assert.Single(inserts, won => won);

        var all = await table.ReadAllAsync(CancellationToken.None);
        var (member, etag) = Assert.Single(all.Members);
        Assert.Equal(1, all.Version.Version);
        var updates = await Task.WhenAll(Enumerable.Range(1, 50).Select(_ => table.UpdateRowAsync(member, etag, all.Version.Next(), CancellationToken.None)));
        Assert.Single(updates, won => won);
        Assert.Equal(2, (await table.ReadAllAsync(CancellationToken.None)).Version.Version);
    }

    [Fact]
    public async Task A_member_that_exists_is_not_inserted_and_one_that_does_not_is_not_updated()
    {
        Assert.True(await table.InsertRowAsync(Member(1), (await table.ReadAllAsync(CancellationToken.None)).Version.Next(), CancellationToken.None));
        var version = (await table.ReadAllAsync(CancellationToken.None)).Version;
        Assert.False(await table.InsertRowAsync(Member(1), version.Next(), CancellationToken.None));
        Assert.False(await table.UpdateRowAsync(Member(2), Assert.Single((await table.ReadAllAsync(CancellationToken.None)).Members).Item2, version.Next(), CancellationToken.None));
        Assert.Equal(version.Version, (await table.ReadAllAsync(CancellationToken.None)).Version.Version);
    }

    [Fact]
    public async Task Only_the_long_dead_are_cleared_away_and_only_of_this_cluster()
    {
        var other = Table("another");
        await other.InitializeMembershipTableAsync(true, CancellationToken.None);
        await other.InsertRowAsync(Member(1, SiloStatus.Dead), (await other.ReadAllAsync(CancellationToken.None)).Version.Next(), CancellationToken.None);
        await table.InsertRowAsync(Member(1, SiloStatus.Dead), (await table.ReadAllAsync(CancellationToken.None)).Version.Next(), CancellationToken.None);
        await table.InsertRowAsync(Member(2, SiloStatus.Active), (await table.ReadAllAsync(CancellationToken.None)).Version.Next(), CancellationToken.None);

        await table.CleanupDefunctSiloEntriesAsync(Start.AddSeconds(-1), CancellationToken.None);
        Assert.Equal(2, (await table.ReadAllAsync(CancellationToken.None)).Members.Count);
        await table.CleanupDefunctSiloEntriesAsync(Start.AddSeconds(1), CancellationToken.None);
        Assert.Equal("silo-2", Assert.Single((await table.ReadAllAsync(CancellationToken.None)).Members).Item1.SiloName);
        await table.DeleteMembershipTableEntriesAsync("contract", CancellationToken.None);
        Assert.Equal(1, await database.ScalarAsync<long>("SELECT count(*) FROM orleans_members"));
    }

    private async Task<bool> UpdateAsync(MembershipEntry member)
    {
        var read = await table.ReadRowAsync(member.SiloAddress, CancellationToken.None);
        return await table.UpdateRowAsync(member, Assert.Single(read.Members).Item2, read.Version.Next(), CancellationToken.None);
    }

    private static MembershipEntry Member(int number, SiloStatus status = SiloStatus.Joining) => new()
    {
        SiloAddress = SiloAddress.New(IPAddress.Loopback, 11110 + number, 1),
        SiloName = $"silo-{number}",
        HostName = "host",
        Status = status,
        ProxyPort = 30000 + number,
        StartTime = Start,
        IAmAliveTime = Start,
    };

    private AdoNetClusteringTable Table(string cluster) => new(
        new ServiceCollection().BuildServiceProvider(),
        Options.Create(new ClusterOptions { ClusterId = cluster, ServiceId = "payments" }),
        Options.Create(new AdoNetClusteringSiloOptions { Invariant = "Npgsql", ConnectionString = database.App }),
        NullLogger<AdoNetClusteringTable>.Instance);
}
