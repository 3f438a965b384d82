using System.Collections.Immutable;
using Microsoft.Extensions.Logging;
using Orleans;
using Orleans.Concurrency;
using Orleans.Runtime;
using Payments.Domain;
using Payments.Gateways;
using Payments.Storage;

namespace Payments.Grains;

/// <summary>How settlement files are fetched.</summary>
/// <param name="Period">The time between looks for days of which no file is imported.</param>
/// <param name="Grace">How long a day must be over: the processor's clock is not ours.</param>
/// <param name="Page">Days that are fetched in one look at most.</param>
/// <param name="Steps">The wait after the first failure, after the second, and so on; the last one repeats for ever.</param>
public sealed record SettlementPolicy(TimeSpan Period, TimeSpan Grace, int Page, ImmutableArray<TimeSpan> Steps)
{
    public static SettlementPolicy Default { get; } = new(
        TimeSpan.FromHours(1), TimeSpan.FromMinutes(5), 40,
        [TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(30), TimeSpan.FromMinutes(5), TimeSpan.FromMinutes(30), TimeSpan.FromHours(1)]);
}

/// <summary>
/// The schedule of one processor's settlement files. A timer looks while the grain lives, and a reminder brings it back when it does not. Reentrant:
/// a file may take minutes, and nothing waits for it.
/// </summary>
[Reentrant]
public sealed class SettlementImportGrain(
    ISettlementFiles files, ISettlementFetching fetching, SettlementPolicy policy, TimeProvider time, Dice dice, ILogger<SettlementImportGrain> log)
    : Grain, ISettlementImportGrain, IRemindable
{
    private string gateway = "";
    private IGrainTimer? timer;
    private int failures;
    private bool looking;

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        gateway = this.GetPrimaryKeyString()["settlement/".Length..];
        LookAfter(policy.Steps[0] * dice());
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
            failures = await FetchAllAsync() ? 0 : failures + 1;
        }
        finally
        {
            looking = false;
            LookAfter(failures == 0 ? policy.Period : policy.Steps[Math.Min(failures, policy.Steps.Length) - 1] * (1 + dice() / 4));
        }
    }

    private async Task<bool> FetchAllAsync()
    {
        var allWell = true;
        try
        {
            var today = DateOnly.FromDateTime((time.Now() - policy.Grace).UtcDateTime);
            foreach (var day in await files.MissingDaysAsync(gateway, today, policy.Page, CancellationToken.None))
            {
                try
                {
                    if (await fetching.ImportAsync(gateway, day, CancellationToken.None))
                    {
                        Log.SettlementImported(log, gateway, day);
                    }
                }
                catch (SettlementImportException overtaken) when (overtaken.Refusal == SettlementRefusal.Overtaken)
                {
                    // Another node does: the next look finds it done.
                    allWell = false;
                }
                catch (Exception refused) when (refused is not SettlementSourceException)
                {
                    // The day's own: those behind it may be good.
                    allWell = false;
                    Log.SettlementRefused(log, gateway, day, refused.Message);
                }
            }
        }
        catch (Exception away)
        {
            // The processor, or the database: nothing behind it will go better.
            allWell = false;
            Log.SettlementFailed(log, gateway, away.GetType().Name, away.Message);
        }

        return allWell;
    }

    private void LookAfter(TimeSpan delay)
    {
        timer?.Dispose();
        timer = this.RegisterGrainTimer(
            static (grain, _) => grain.LookAsync(), this,
            new() { DueTime = delay, Period = Timeout.InfiniteTimeSpan, Interleave = true, KeepAlive = true });
    }
}
