using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Payments.Tests.Engines;

/// <summary>The silo lives when the node says so, and not when the host starts: database and group commit come first and go last.</summary>
public sealed class SiloLifeTests
{
    private const string Active = "SELECT count(*) FROM orleans_members WHERE status = 3";

    [Fact]
    public async Task The_host_starts_without_the_silo_and_the_engine_starts_and_stops_it()
    {
        await using var node = await OrleansNode.CreateAsync();
        Assert.DoesNotContain(node.Services.GetServices<IHostedService>(), service => service.GetType().Assembly == typeof(Orleans.Runtime.Silo).Assembly);
        Assert.Equal(0, await node.Database.ScalarAsync<long>(Active));

        await node.Engine.StartAsync(CancellationToken.None);
        Assert.Equal(1, await node.Database.ScalarAsync<long>(Active));

        await node.Engine.StopAsync(CancellationToken.None);
        Assert.Equal(0, await node.Database.ScalarAsync<long>(Active));
    }
}
