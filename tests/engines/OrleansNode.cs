using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Payments.Hosting;
using Payments.Silo;
using Payments.Tests.Support;

namespace Payments.Tests.Engines;

/// <summary>A host with the Orleans engine as a node has it, on a database of its own. The engine runs when the test starts it.</summary>
internal sealed class OrleansNode : IAsyncDisposable
{
    private readonly WebApplication host;

    private OrleansNode(TestDatabase database, WebApplication host) => (Database, this.host) = (database, host);

    public TestDatabase Database { get; }

    public IServiceProvider Services => host.Services;

    public SiloEngine Engine => Services.GetRequiredService<SiloEngine>();

    public static async Task<OrleansNode> CreateAsync()
    {
        var database = await TestDatabase.CreateAsync();
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        builder.Services.AddSingleton(new ServingOptions
        {
            Database = database.App,
            Url = new Uri("http://127.0.0.1:0"),
            Node = "node-0",
            Simulator = new Uri("http://127.0.0.1:1"),
            TwoOperatorsFrom = 100_000,
        });
        builder.Services.AddSingleton(new NodeOptions
        {
            UnknownFor = TimeSpan.FromMinutes(5),
            SiloAddress = IPAddress.Loopback,
            SiloPort = FreePort.Find(),
            GatewayPort = 0,
        });
        SiloEngine.Add(builder);
        var node = new OrleansNode(database, builder.Build());
        await node.host.StartAsync();
        return node;
    }

    /// <summary>A node whose engine runs.</summary>
    public static async Task<OrleansNode> StartAsync()
    {
        var node = await CreateAsync();
        await node.Engine.StartAsync(CancellationToken.None);
        return node;
    }

    public async ValueTask DisposeAsync()
    {
        await Engine.StopAsync(CancellationToken.None);
        await host.DisposeAsync();
        await Database.DisposeAsync();
    }
}
