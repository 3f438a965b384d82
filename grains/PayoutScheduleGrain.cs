using Microsoft.Extensions.Logging;
using Orleans;
using Orleans.Runtime;
using Payments.Domain;
using Payments.Storage;

namespace Payments.Grains;

/// <summary>How payouts are looked after.</summary>
/// <param name="Shards">How many grains share the work.</param>
/// <param name="Period">The time between looks.</param>
/// <param name="Grace">How long overdue a payout must be: its own timer gets the first chance.</param>
/// <param name="Page">Payouts, and days of schedules, in one look at most.</param>
/// <param name="Concurrency">How many are worked on at once.</param>
public sealed record PayoutPolicy(int Shards, TimeSpan Period, TimeSpan Grace, int Page, int Concurrency)
{
    public static PayoutPolicy Default { get; } = new(4, TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(2), 200, 8);
}

/// <summary>
/// The payouts of a shard of merchants: makes those of schedules, and wakes those that are due. It keeps nothing in memory: a payout of a schedule is named
/// by its day, so that a day that is looked at twice makes one. A timer ticks while the grain lives, and its reminder brings it back when it does not.
/// </summary>
public sealed class PayoutScheduleGrain(
    IPayoutStore payouts, IPaymentStore store, PayoutPolicy policy, TimeProvider time, Dice dice, ILogger<PayoutScheduleGrain> log)
    : Grain, IPayoutScheduleGrain, IRemindable
{
    private int shard;
    private bool looking;

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        shard = int.Parse(this.GetPrimaryKeyString().AsSpan("payouts/".Length));
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
            var today = DateOnly.FromDateTime(time.Now().UtcDateTime);
            await EachAsync(await payouts.ScheduledAsync(today, shard, policy.Shards, policy.Page, CancellationToken.None), settings => MakeAsync(settings, today));
            await EachAsync(
                await payouts.DueAsync(time.Now() - policy.Grace, shard, policy.Shards, policy.Page, CancellationToken.None),
                due => GrainFactory.GetGrain<IPayoutGrain>(GrainKeys.Payout(due.MerchantId, due.PayoutId)).WakeAsync());
        }
        catch (Exception lost)
        {
            Log.PayoutsFailed(log, shard, lost.GetType().Name, lost.Message);
        }
        finally
        {
            looking = false;
        }
    }

    private async Task MakeAsync(PayoutSettings settings, DateOnly today)
    {
        var day = StatusNames.Parse<PayoutSchedule>(settings.Schedule, PayoutNames.Name).LatestDay(today)!.Value;
        var payable = await payouts.PayableAsync(settings.MerchantId, settings.Currency, time.Now(), CancellationToken.None);
        if (payable is [{ } one] && one.Available >= settings.Minimum)
        {
            var merchant = (await store.MerchantAsync(settings.MerchantId, CancellationToken.None))!;
            var id = Ids.ScheduledPayout(merchant.Salt.AsSpan(), Currency.Of(settings.Currency), day);
            var reply = await GrainFactory.GetGrain<IPayoutGrain>(GrainKeys.Payout(settings.MerchantId, id))
                .RequestAsync(new() { Amount = null, Currency = settings.Currency, ScheduledFor = day });
            if (reply.Kind is ReplyKind.Busy or ReplyKind.Unknown)
            {
                return;
            }

            if (reply.Kind == ReplyKind.Refused)
            {
                // Somebody else took the balance meanwhile, or no bank is set up: the next day is the next chance.
                Log.PayoutNotMade(log, settings.MerchantId, settings.Currency, day, reply.Code);
            }
        }

        await payouts.LookedAtAsync(settings.MerchantId, settings.Currency, day, CancellationToken.None);
    }

    private async Task EachAsync<T>(IReadOnlyList<T> all, Func<T, Task> work)
    {
        foreach (var group in all.Chunk(policy.Concurrency))
        {
            await Task.WhenAll(group.Select(async one =>
            {
                try
                {
                    await work(one);
                }
                catch (Exception lost)
                {
                    Log.PayoutsFailed(log, shard, lost.GetType().Name, lost.Message);
                }
            }));
        }
    }
}
