#if ORLEANS
using Microsoft.Extensions.Options;
using Orleans;
using Orleans.Configuration;
using Orleans.Hosting;
using Payments.Grains;
using Payments.Hosting;

namespace Payments.Silo;

/// <summary>
/// The grains on Microsoft Orleans: membership, reminders and rebuildable state in the system's PostgreSQL. Nodes that share a database
/// are one cluster.
/// </summary>
public sealed class SiloEngine([FromKeyedServices(SiloEngine.Name)] IHostedService silo, IGrainFactory grains)
{
    /// <summary>The engine's name, as <c>./run</c> prints it.</summary>
    public const string Name = "orleans";

    /// <summary>The grain storage for state that is not money and can be rebuilt.</summary>
    public const string RebuildableState = "rebuildable";

    /// <summary>How the grains are called.</summary>
    public IGrainFactory Grains => grains;

    /// <summary>Adds the silo, and <see cref="IGrainFactory"/>.</summary>
    public static void Add(WebApplicationBuilder builder)
    {
        builder.UseOrleans(silo =>
        {
            silo.UseAdoNetClustering(clustering => clustering.Configure<ServingOptions>((options, host) =>
                (options.Invariant, options.ConnectionString) = (ClusterSettings.Invariant, ClusterSettings.Database(host))));
            silo.UseAdoNetReminderService(reminders => reminders.Configure<ServingOptions>((options, host) =>
                (options.Invariant, options.ConnectionString) = (ClusterSettings.Invariant, ClusterSettings.Database(host))));
            silo.AddAdoNetGrainStorage(RebuildableState, (OptionsBuilder<AdoNetGrainStorageOptions> storage) => storage.Configure<ServingOptions>((options, host) =>
                (options.Invariant, options.ConnectionString) = (ClusterSettings.Invariant, ClusterSettings.Database(host))));
            silo.Configure<ClusterOptions>(ClusterSettings.Name);
            silo.AddActivityPropagation();
            ClusterDashboard.Add(silo);
            silo.Configure<ClusterMembershipOptions>(DetectFailuresSoon);
            silo.Configure<GrainCollectionOptions>(ForgetWaitingPaymentsSoon);
            // A payment is asked for a few times within seconds, and an entry once: where a million of them were, nobody asks again.
            silo.Configure<GrainDirectoryOptions>(options => options.CacheSize = 20_000);
            if (ClusterCertificate.FromEnvironment() is { } certificate)
            {
                silo.UseTls(certificate.Secure);
            }
        });
        builder.Services.AddOptions<SiloOptions>().Configure<ServingOptions>((options, host) => options.SiloName = host.Node);
        builder.Services.AddOptions<EndpointOptions>().Configure<NodeOptions>((options, node) =>
            (options.AdvertisedIPAddress, options.SiloPort, options.GatewayPort) = (node.SiloAddress, node.SiloPort, node.GatewayPort));
        LetTheNodeStartIt(builder.Services);
        builder.Services.AddSingleton<SiloEngine>();
    }

    /// <summary>Adds the dashboard: what the cluster does.</summary>
    public static void MapDashboard(WebApplication app) => ClusterDashboard.Map(app);

    /// <summary>Joins the cluster; from the end of this call on, other nodes' calls reach grains here.</summary>
    public Task StartAsync(CancellationToken cancellationToken) => silo.StartAsync(cancellationToken);

    /// <summary>Hands the grains over and leaves the cluster.</summary>
    public Task StopAsync(CancellationToken cancellationToken) => silo.StopAsync(cancellationToken);

    // Orleans registers its silo with the host, which would start it before the database was looked at and stop it when it likes. The order
    // of a node's life is NodeService's: the silo becomes a service that only this class gets hold of.
    private static void LetTheNodeStartIt(IServiceCollection services)
    {
        var silo = services.Single(service => service.ServiceType == typeof(IHostedService) && service.ImplementationType?.Assembly == typeof(Orleans.Runtime.Silo).Assembly);
        services.Remove(silo);
        services.AddKeyedSingleton(typeof(IHostedService), Name, silo.ImplementationType!);
    }

    // A killed node's grains shall be served elsewhere within 3 seconds: two probes, each of about a second, are refused. A hung one's within 15:
    // no vote counts against a node that was heard of within NumMissedProbesLimit * MaxProbeTimeout. A pause for compiling or collecting
    // garbage is far shorter. A node that starts waits for members that died unnoticed until they have not signed in three times.
    private static void DetectFailuresSoon(ClusterMembershipOptions options)
    {
        options.ProbeTimeout = TimeSpan.FromSeconds(1);
        options.MaxProbeTimeout = TimeSpan.FromSeconds(3);
        options.NumMissedProbesLimit = 2;
        options.IAmAliveTablePublishTimeout = TimeSpan.FromSeconds(5);
        options.TableRefreshTimeout = TimeSpan.FromSeconds(5);
        options.MaxJoinAttemptTime = TimeSpan.FromMinutes(1);
        options.DefunctSiloExpiration = TimeSpan.FromDays(1);
    }

    // A payment at its end ends its activation itself; one that waits for a customer or a merchant is read again when they come.
    private static void ForgetWaitingPaymentsSoon(GrainCollectionOptions options)
    {
        options.CollectionQuantum = TimeSpan.FromSeconds(5);
        options.ClassSpecificCollectionAge[typeof(PaymentGrain).FullName!] = TimeSpan.FromSeconds(10);
    }
}
#endif
