#if ORLEANS
using Orleans;
using Orleans.Configuration;
using Orleans.Hosting;
using Payments.Hosting;

namespace Payments.ClientApi.Host;

/// <summary>
/// Orleans' client, which connects while requests are already served: the front end is there before the cluster is, and while it is away.
/// </summary>
internal sealed class ClusterClient([FromKeyedServices(ClusterClient.Name)] IEnumerable<IHostedService> client, ClusterConnection connection) : BackgroundService
{
    private const string Name = "cluster";

    /// <summary>Adds it, and <see cref="IGrainFactory"/>.</summary>
    public static void Add(WebApplicationBuilder builder, ServingOptions host)
    {
        var before = builder.Services.Count;
        builder.UseOrleansClient(client =>
        {
            client.UseAdoNetClustering(clustering => (clustering.Invariant, clustering.ConnectionString) = (ClusterSettings.Invariant, ClusterSettings.Database(host)));
            client.Configure<ClusterOptions>(ClusterSettings.Name);
            client.AddActivityPropagation();
            ClusterDashboard.Add(client);
            // What a node took along when it died is never answered. Longer than a commit is waited for, and shorter than clients' patience.
            client.Configure<ClientMessagingOptions>(messages => messages.ResponseTimeout = TimeSpan.FromSeconds(15));
            client.Configure<GatewayOptions>(gateways => gateways.GatewayListRefreshPeriod = TimeSpan.FromSeconds(1));
            if (ClusterCertificate.FromEnvironment() is { } certificate)
            {
                client.UseTls(certificate.Secure);
            }
        });

        // Orleans would have the host wait for a node before it serves anything: its services become some that only this class gets hold of.
        var services = builder.Services;
        foreach (var service in services.Skip(before).Where(service => service.ServiceType == typeof(IHostedService)).ToArray())
        {
            services.Remove(service);
            services.AddKeyedSingleton(Name, (provider, _) => (IHostedService)service.ImplementationFactory!(provider));
        }

        services.AddSingleton<ClusterConnection>();
        services.AddSingleton<IReadiness>(provider => provider.GetRequiredService<ClusterConnection>());
        services.AddSingleton<IClusterConnectionStatusObserver>(provider => provider.GetRequiredService<ClusterConnection>());
        services.AddSingleton<IClientConnectionRetryFilter>(provider => provider.GetRequiredService<ClusterConnection>());
        services.AddHostedService<ClusterClient>();
    }

    /// <inheritdoc/>
    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        foreach (var service in client)
        {
            await service.StopAsync(cancellationToken);
        }
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        foreach (var service in client)
        {
            await service.StartAsync(stoppingToken);
        }

        connection.Started();
    }
}
#endif
