using Orleans;
using Orleans.Runtime;

namespace Payments.Embedded;

/// <summary>The reminders of a grain. The node's poller fires them.</summary>
internal sealed partial class Activation
{
    /// <summary>As in Orleans: reminders are for slow things, timers for fast ones.</summary>
    private static readonly TimeSpan s_minimumPeriod = TimeSpan.FromMinutes(1);

    internal async Task<IGrainReminder> RegisterReminderAsync(string name, TimeSpan dueTime, TimeSpan period)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        ArgumentOutOfRangeException.ThrowIfLessThan(dueTime, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfLessThan(period, s_minimumPeriod);
        if (GrainInstance is not IRemindable)
        {
            throw new InvalidOperationException($"{GrainClass.Type.Name} is not {nameof(IRemindable)}.");
        }

        var first = Node.Options.TimeProvider.GetUtcNow() + dueTime;
        await Node.Options.Reminders.UpsertAsync(new Reminder(GrainClass.Name, Key, name, first, period, first), CancellationToken.None);
        return new Registered(name);
    }

    internal Task UnregisterReminderAsync(IGrainReminder reminder) =>
        Node.Options.Reminders.RemoveAsync(GrainClass.Name, Key, reminder.ReminderName, CancellationToken.None);

    internal async Task<List<IGrainReminder>> GetRemindersAsync() =>
        [.. from reminder in await Node.Options.Reminders.GetAsync(GrainClass.Name, Key, CancellationToken.None) select new Registered(reminder.Name)];

    private sealed record Registered(string ReminderName) : IGrainReminder;
}
