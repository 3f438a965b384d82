using Microsoft.Extensions.Logging;
using Orleans;
using Orleans.Runtime;
using Payments.Domain;
using Payments.Storage;

namespace Payments.Grains;

/// <summary>How the recovery looks for due payments.</summary>
/// <param name="Shards">How many recovery grains share the work.</param>
/// <param name="Period">The time between looks.</param>
/// <param name="Grace">How long overdue a payment must be: its own timer gets the first chance.</param>
/// <param name="Page">Payments read at once.</param>
/// <param name="Concurrency">Payments woken at once.</param>
public sealed record RecoveryPolicy(int Shards, TimeSpan Period, TimeSpan Grace, int Page, int Concurrency)
{
    public static RecoveryPolicy Default { get; } = new(4, TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(2), 200, 16);
}

/// <summary>
/// The safety net: reads from the database which payments of its shard are due, and wakes them. A crash between a commit and its call, a
/// lost timer, a lost reminder: all end here. A timer ticks while the grain lives, and its reminder brings it back when it does not.
/// </summary>
public sealed class RecoveryGrain(IPaymentStore store, RecoveryPolicy policy, TimeProvider time, Dice dice, ILogger<RecoveryGrain> log)
    : Grain, IRecoveryGrain, IRemindable
{
    private int shard;
    private bool looking;

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        shard = int.Parse(this.GetPrimaryKeyString().AsSpan("recovery/".Length));
        this.RegisterGrainTimer(
            static (grain, _) => grain.LookAsync(), this,
            new() { DueTime = policy.Period * dice(), Period = policy.Period, Interleave = true, KeepAlive = true });
        return Task.CompletedTask;
    }

    public Task StartAsync() => this.RegisterOrUpdateReminder("look", TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(1));

    public Task ReceiveReminder(string reminderName, TickStatus status) => Task.CompletedTask; // to be active is all that is needed

    private async Task LookAsync()
    {
        if (looking)
        {
            return;
        }

        looking = true;
        try
        {
            DuePayment? last = null;
            while (true)
            {
                var page = await store.DueAsync(time.Now() - policy.Grace, shard, policy.Shards, last, policy.Page, CancellationToken.None);
                foreach (var group in page.Chunk(policy.Concurrency))
                {
                    await Task.WhenAll(group.Select(WakeAsync));
                }

                if (page.Count < policy.Page)
                {
                    return;
                }

                last = page[^1];
            }
        }
        catch (Exception lost)
        {
            Log.RecoveryFailed(log, shard, lost.GetType().Name, lost.Message);
        }
        finally
        {
            looking = false;
        }
    }

    private async Task WakeAsync(DuePayment due)
    {
        try
        {
            await GrainFactory.GetGrain<IPaymentGrain>(GrainKeys.Payment(due.MerchantId, due.PaymentId)).WakeAsync();
        }
        catch (Exception lost)
        {
            Log.WakeFailed(log, due.PaymentId, lost);
        }
    }
}
