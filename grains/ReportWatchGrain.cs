using Microsoft.Extensions.Logging;
using Orleans;
using Orleans.Runtime;
using Payments.Domain;
using Payments.Storage;

namespace Payments.Grains;

/// <summary>
/// Reads from the database which reports are due, and wakes them: to be begun, to be taken over from a node that is gone, or to lose a file whose time is over. A timer
/// ticks while the grain lives, and its reminder brings it back when it does not.
/// </summary>
public sealed class ReportWatchGrain(IReportStore store, ReportPolicy policy, TimeProvider time, Dice dice, ILogger<ReportWatchGrain> log)
    : Grain, IReportWatchGrain, IRemindable
{
    private bool looking;

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        this.RegisterGrainTimer(
            static (grain, _) => grain.LookAsync(), this, new() { DueTime = policy.Look * dice(), Period = policy.Look, Interleave = true, KeepAlive = true });
        return Task.CompletedTask;
    }

    public Task StartAsync() => this.RegisterOrUpdateReminder("look", TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(1));

    // A node that puts idle grains away before their timer ticks still looks when the reminder does.
    public Task ReceiveReminder(string reminderName, TickStatus status) => LookAsync();

    private async Task LookAsync()
    {
        if (looking)
        {
            return;
        }

        looking = true;
        try
        {
            foreach (var (merchantId, id) in await store.DueAsync(time.Now(), policy.Page, CancellationToken.None))
            {
                await GrainFactory.GetGrain<IReportGrain>(GrainKeys.Report(merchantId, id)).WakeAsync();
            }
        }
        catch (Exception lost)
        {
            Log.ReportWatchFailed(log, lost.GetType().Name, lost.Message);
        }
        finally
        {
            looking = false;
        }
    }
}
