using Payments.Storage;

namespace Payments.Hosting;

/// <summary>Which processors operators have closed for new payments, as the database had it a moment ago.</summary>
internal sealed class GatewayDrains(IServiceProvider services, TimeProvider time, ILogger<GatewayDrains> log) : BackgroundService
{
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(1);

    private volatile IReadOnlyList<string> drained = [];

    public bool Contains(string gateway) => drained.Contains(gateway);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var store = services.GetRequiredService<IOperatorStore>();
        using var timer = new PeriodicTimer(Period, time);
        do
        {
            try
            {
                drained = await store.DrainedAsync(stoppingToken);
            }
            catch (Exception lost) when (!stoppingToken.IsCancellationRequested)
            {
                // What was known stays believed: a database that is away takes no payments anyway.
                Log.DrainsNotRead(log, lost.GetType().Name);
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }
}
