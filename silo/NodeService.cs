using Npgsql;
using Payments.Grains;
using Payments.Hosting;
using Payments.Storage;
using Payments.Storage.Postgres;

namespace Payments.Silo;

/// <summary>The order of a node's life: database, group commit, grains, recovery; and backwards when it stops.</summary>
internal sealed class NodeService(
    SiloEngine engine, GroupCommitter committer, IPaymentQueries queries, RecoveryPolicy recovery, GatewaySettings processors, PayoutPolicy payouts, TimeProvider time,
    ILogger<NodeService> log) : IHostedService
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(500);

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        await WaitForDatabaseAsync(cancellationToken);
        await committer.StartAsync(cancellationToken);
        await engine.StartAsync(cancellationToken);
        for (var shard = 0; shard < recovery.Shards; shard++)
        {
            var key = GrainKeys.Recovery(shard);
            await StartAsync(key, () => engine.Grains.GetGrain<IRecoveryGrain>(key).StartAsync(), cancellationToken);
        }

        for (var shard = 0; shard < GrainKeys.InboxShards; shard++)
        {
            var key = GrainKeys.Inbox(shard);
            await StartAsync(key, () => engine.Grains.GetGrain<IInboxGrain>(key).StartAsync(), cancellationToken);
        }

        for (var shard = 0; shard < payouts.Shards; shard++)
        {
            var key = GrainKeys.PayoutSchedule(shard);
            await StartAsync(key, () => engine.Grains.GetGrain<IPayoutScheduleGrain>(key).StartAsync(), cancellationToken);
        }

        foreach (var gateway in processors.Gateways)
        {
            var key = GrainKeys.Reconciliation(gateway.Name);
            await StartAsync(key, () => engine.Grains.GetGrain<IReconciliationGrain>(key).StartAsync(), cancellationToken);
        }

        foreach (var gateway in processors.Gateways.Where(gateway => gateway.Settlement is not null))
        {
            var key = GrainKeys.SettlementImport(gateway.Name);
            await StartAsync(key, () => engine.Grains.GetGrain<ISettlementImportGrain>(key).StartAsync(), cancellationToken);
        }

        await StartAsync(
            GrainKeys.ReportWatch, () => engine.Grains.GetGrain<IReportWatchGrain>(GrainKeys.ReportWatch).StartAsync(), cancellationToken);
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        await engine.StopAsync(cancellationToken);
        await committer.DisposeAsync();
    }

    // A node that comes back after a crash may still be taken for the one that died: its first calls fail until the cluster knows better.
    private async Task StartAsync(string grain, Func<Task> start, CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                await start();
                return;
            }
            catch (Exception lost) when (!cancellationToken.IsCancellationRequested)
            {
                Log.GrainNotStarted(log, grain, lost.GetType().Name);
                await Task.Delay(Pause, time, cancellationToken);
            }
        }
    }

    // A database that is still starting is waited for; one with another schema is a mistake that waiting does not mend.
    private async Task WaitForDatabaseAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                await queries.CheckReadyAsync(cancellationToken);
                return;
            }
            catch (NpgsqlException away)
            {
                Log.WaitingForDatabase(log, away.Message);
                await Task.Delay(Pause, time, cancellationToken);
            }
        }
    }
}
