#if ORLEANS
using Orleans;
using Orleans.Configuration;
using Orleans.Hosting;

namespace Payments.Silo;

/// <summary>The grains on Microsoft Orleans: membership and reminders in the system's PostgreSQL.</summary>
public sealed class SiloEngine(IGrainFactory grains)
{
    /// <summary>The engine's name, as <c>./run</c> prints it.</summary>
    public const string Name = "orleans";

    /// <summary>How the grains are called.</summary>
    public IGrainFactory Grains => grains;

    /// <summary>Adds the silo; the host starts and stops it.</summary>
    public static void Add(WebApplicationBuilder builder)
    {
        var database = NodeOptions.FromEnvironment().Database;
        builder.Host.UseOrleans(silo => silo
            .Configure<ClusterOptions>(options => (options.ClusterId, options.ServiceId) = ("payments", "payments"))
            .UseAdoNetClustering(options => (options.Invariant, options.ConnectionString) = ("Npgsql", database))
            .UseAdoNetReminderService(options => (options.Invariant, options.ConnectionString) = ("Npgsql", database)));
        builder.Services.AddSingleton<SiloEngine>();
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
#endif
