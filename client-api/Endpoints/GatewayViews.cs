using System.Collections.Immutable;
using Orleans;
using Payments.ClientApi.Resources;
using Payments.Gateways;
using Payments.Grains;

namespace Payments.ClientApi.Endpoints;

/// <summary>A processor as all nodes see it. While no node can be asked, that is what is said, and what the configuration and the database know is shown.</summary>
internal sealed partial class GatewayViews(IGrainFactory grains, IEnumerable<IReadiness> hosts, ILogger<GatewayViews> log)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    public async Task<GatewayResource> OfAsync(GatewayState state) => GatewayResource.Of(state, await ReportsAsync(state.Name));

    private async Task<ImmutableArray<GatewayReport>> ReportsAsync(string gateway)
    {
        try
        {
            return hosts.All(host => host.ReachesGrains)
                ? await grains.GetGrain<IGatewayWatchGrain>(GrainKeys.GatewayWatch(gateway)).ListAsync().WaitAsync(Patience)
                : [];
        }
        catch (Exception lost)
        {
            LogNobodyAnswers(gateway, lost.GetType().Name);
            return [];
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "What nodes say of {Gateway} could not be read ({Error}).")]
    private partial void LogNobodyAnswers(string gateway, string error);
}
