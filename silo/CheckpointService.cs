using Npgsql;
using Payments.Storage.Postgres;

namespace Payments.Silo;

/// <summary>Signs and exports the heads of the books' chains each minute: a chain alone cannot show that its tail was cut.</summary>
internal sealed class CheckpointService(NpgsqlDataSource reading, NodeOptions options, TimeProvider time, ILogger<CheckpointService> log) : BackgroundService
{
    private static readonly TimeSpan Period = TimeSpan.FromMinutes(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (options.State is not { } state)
        {
            return;
        }

        using var timer = new PeriodicTimer(Period, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                await Checkpoints.TakeAsync(reading, state, time, stoppingToken);
            }
            catch (Exception failed) when (failed is NpgsqlException or IOException or UnauthorizedAccessException)
            {
                Log.CheckpointFailed(log, failed);
            }
        }
    }
}
