using Microsoft.Extensions.Logging;
using Orleans;
using Orleans.Concurrency;
using Orleans.Runtime;
using Payments.Storage;

namespace Payments.Grains;

/// <summary>How reconciliation looks for work.</summary>
/// <param name="Period">The time between looks.</param>
public sealed record ReconciliationPolicy(TimeSpan Period)
{
    public static ReconciliationPolicy Default { get; } = new(TimeSpan.FromSeconds(10));
}

/// <summary>
/// Reconciles one processor's files. A timer looks while the grain lives, and a reminder brings it back when it does not. It keeps nothing: what is done is in the
/// database, and a run that breaks off is gone on with by the next, here or elsewhere. Reentrant: a file may take minutes, and nothing waits for it.
/// </summary>
[Reentrant]
public sealed class ReconciliationGrain(
    IReconciliation books, ReconciliationPolicy policy, TimeProvider time, Dice dice, ILogger<ReconciliationGrain> log) : Grain, IReconciliationGrain, IRemindable
{
    private string gateway = "";
    private bool running;

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        gateway = this.GetPrimaryKeyString()["reconciliation/".Length..];
        this.RegisterGrainTimer(
            static (grain, _) => grain.RunAsync(), this,
            new() { DueTime = policy.Period * dice(), Period = policy.Period, Interleave = true, KeepAlive = true });
        return Task.CompletedTask;
    }

    public Task StartAsync() => this.RegisterOrUpdateReminder("look", TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(1));

    // A node that puts idle grains away before their timer ticks still looks when the reminder does.
    public Task ReceiveReminder(string reminderName, TickStatus status) => RunAsync();

    public async Task RunAsync()
    {
        if (running)
        {
            return;
        }

        running = true;
        try
        {
            await new ReconciliationRun(books, CommitAsync, time).RunAsync(gateway, null, CancellationToken.None);
        }
        catch (Exception lost)
        {
            Log.ReconciliationFailed(log, gateway, lost.GetType().Name, lost.Message);
        }
        finally
        {
            running = false;
        }
    }

    // Through the grain of the entry's home account, like every entry.
    private Task<CommitResult> CommitAsync(Commit commit) =>
        GrainFactory.GetGrain<ILedgerCommits>(GrainKeys.LedgerAccount(commit.Entry!.Postings[0].Account)).CommitAsync(commit);
}
