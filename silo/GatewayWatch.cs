using Orleans;
using Payments.Domain;
using Payments.Gateways;
using Payments.Grains;
using Payments.Hosting;

namespace Payments.Silo;

/// <summary>Tells all nodes how the processors look from this one: when a breaker changes, and from time to time. No call of a processor waits for it.</summary>
internal sealed class GatewayWatch(
    IGatewayStates gateways, IGrainFactory grains, ServingOptions host, GatewayWatchPolicy policy, TimeProvider time, ILogger<GatewayWatch> log) : BackgroundService
{
    private readonly Dictionary<string, (string Breaker, DateTimeOffset Since, DateTimeOffset ToldAt)> seen = [];

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(policy.Look, time);
        do
        {
            await Task.WhenAll(gateways.All().Where(HasNews).ToArray().Select(state => TellAsync(state, stoppingToken)));
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    private bool HasNews(GatewayState state)
    {
        var now = time.Now();
        var known = seen.TryGetValue(state.Name, out var last) && last.Breaker == state.Breaker;
        if (known && now < last.ToldAt + policy.Beat)
        {
            return false;
        }

        seen[state.Name] = (state.Breaker, known ? last.Since : now, now);
        return true;
    }

    private async Task TellAsync(GatewayState state, CancellationToken stoppingToken)
    {
        var report = new GatewayReport
        {
            Node = host.Node,
            Breaker = state.Breaker,
            Since = seen[state.Name].Since,
            InFlight = state.InFlight,
            TurnedAway = state.TurnedAway,
        };
        try
        {
            await grains.GetGrain<IGatewayWatchGrain>(GrainKeys.GatewayWatch(state.Name)).ReportAsync(report).WaitAsync(policy.Beat, time, stoppingToken);
        }
        catch (Exception lost) when (!stoppingToken.IsCancellationRequested)
        {
            // The next beat says it again.
            Log.GatewayNotReported(log, state.Name, lost.GetType().Name);
        }
    }
}
