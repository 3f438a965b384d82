#if ORLEANS
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orleans.Configuration;
using Orleans.Hosting;
using Payments.Examples.InClusterService;

if (args is not [var file] || Environment.GetEnvironmentVariable("PAYMENTS_DATABASE") is not { } database || Environment.GetEnvironmentVariable("PAYMENTS_MERCHANT") is not { } merchant)
{
    Console.Error.WriteLine("Usage: PAYMENTS_DATABASE=(connection string) PAYMENTS_MERCHANT=mer_... in-cluster-service ORDERS.jsonl");
    return 2;
}

var builder = Host.CreateApplicationBuilder();
builder.Logging.SetMinimumLevel(LogLevel.Warning);
builder.UseOrleansClient(client =>
{
    // The nodes say in the database where they are.
    client.UseAdoNetClustering(clustering => (clustering.Invariant, clustering.ConnectionString) = ("Npgsql", $"{database};Search Path=payments"));
    client.Configure<ClusterOptions>(cluster => (cluster.ClusterId, cluster.ServiceId) = ("payments", "payments"));
    client.UseConnectionRetryFilter(async (_, end) =>
    {
        await Task.Delay(TimeSpan.FromSeconds(1), TimeProvider.System, end); // no node is up yet
        return true;
    });
});
builder.Services.AddSingleton(new Job(file, database, merchant));
builder.Services.AddHostedService<OrderService>();
await builder.Build().RunAsync();
return Environment.ExitCode;
#else
Console.Error.WriteLine("Grains are called from another process on the Orleans engine alone: start the nodes and build this program with GRAIN_ENGINE=orleans, or use the HTTP API.");
return 2;
#endif
