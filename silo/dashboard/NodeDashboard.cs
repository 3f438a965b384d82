#if EMBEDDED
using System.Text.Json;
using Payments.ClientApi.Dashboard;

namespace Payments.Silo.Dashboard;

/// <summary>The dashboard of the embedded engine, which has none of its own: a page, and the same as JSON.</summary>
internal static class NodeDashboard
{
    public const string StatsPath = $"{DashboardRoutes.Path}/stats.json";

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    public static void Map(IEndpointRouteBuilder pages)
    {
        var watch = pages.ServiceProvider.GetRequiredService<NodeWatch>(); // made now: it says since when the node is up
        pages.MapGet(DashboardRoutes.Path, async (CancellationToken end) => NodePage.Of(await watch.LookAsync(end)));
        pages.MapGet(StatsPath, async (CancellationToken end) => TypedResults.Json(await watch.LookAsync(end), Json));
    }
}
#endif
