#if ORLEANS
using Orleans.Dashboard;
using Orleans.Hosting;
using Payments.ClientApi.Dashboard;

namespace Payments.Hosting;

/// <summary>The Orleans Dashboard: what the whole cluster does, from whichever program one looks.</summary>
internal static class ClusterDashboard
{
    // Its script puts styles on elements.
    private const string Policy =
        $"{DashboardRoutes.Policy}; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self' data:; connect-src 'self'";

    public static void Map(WebApplication app) => app.MapDashboard(pages => pages.MapOrleansDashboard(DashboardRoutes.Path), Policy);

    /// <summary>What a node adds for it. Logs are read elsewhere.</summary>
    public static void Add(ISiloBuilder silo) => silo.AddDashboard(Configure);

    /// <summary>What a client of the cluster adds for it.</summary>
    public static void Add(IClientBuilder client) => client.AddDashboard(Configure);

    private static void Configure(DashboardOptions options) => options.HideTrace = true;
}
#endif
