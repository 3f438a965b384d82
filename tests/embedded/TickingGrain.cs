using Orleans;
using Orleans.Concurrency;
using Orleans.Runtime;

namespace Payments.Tests.Embedded;

/// <summary>A grain with a timer and a reminder, which notes their ticks.</summary>
internal interface ITickingGrain : IGrainWithStringKey, IRemindable
{
    Task StartTimer(string gate, GrainTimerCreationOptions options);

    Task StopTimer();

    Task ChangeTimer(TimeSpan dueTime, TimeSpan period);

    [AlwaysInterleave]
    Task NudgeTimer(TimeSpan dueTime, TimeSpan period);

    Task Remind(string name, TimeSpan dueTime, TimeSpan period);

    Task Forget(string name);

    Task<List<string>> Reminders();

    Task Hold(string gate);
}

internal sealed class TickingGrain(Stage stage) : Grain, ITickingGrain
{
    private IGrainTimer? _timer;

    public Task StartTimer(string gate, GrainTimerCreationOptions options)
    {
        _timer = this.RegisterGrainTimer(TickAsync, gate, options);
        return Task.CompletedTask;
    }

    public Task StopTimer()
    {
        _timer?.Dispose();
        return Task.CompletedTask;
    }

    public Task ChangeTimer(TimeSpan dueTime, TimeSpan period)
    {
        _timer?.Change(dueTime, period);
        return Task.CompletedTask;
    }

    public Task NudgeTimer(TimeSpan dueTime, TimeSpan period) => ChangeTimer(dueTime, period);

    public async Task Remind(string name, TimeSpan dueTime, TimeSpan period) =>
        Assert.Equal(name, (await this.RegisterOrUpdateReminder(name, dueTime, period)).ReminderName);

    public async Task Forget(string name)
    {
        if (await this.GetReminder(name) is { } reminder)
        {
            await this.UnregisterReminder(reminder);
        }
    }

    public async Task<List<string>> Reminders() => [.. (await this.GetReminders()).Select(reminder => reminder.ReminderName)];

    public async Task Hold(string gate)
    {
        stage.Note("hold starts");
        await stage.Gate(gate);
        stage.Note("hold ends");
    }

    public Task ReceiveReminder(string reminderName, TickStatus status)
    {
        stage.Note($"{this.GetPrimaryKeyString()} is reminded of {reminderName} at {status.CurrentTickTime - status.FirstTickTime}");
        return reminderName == "bad" ? throw new FormatException("A reminder fails.") : Task.CompletedTask;
    }

    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        stage.Note($"{this.GetPrimaryKeyString()} deactivated: {reason.ReasonCode}");
        return Task.CompletedTask;
    }

    private async Task TickAsync(string gate, CancellationToken cancellationToken)
    {
        stage.Note("tick");
        if (gate == "fail")
        {
            throw new FormatException("A tick fails.");
        }

        await stage.Gate(gate);
        stage.Note("tock");
    }
}
