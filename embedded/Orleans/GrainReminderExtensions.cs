using Orleans.Runtime;
using Payments.Embedded;

namespace Orleans;

/// <summary>Reminders: ticks that survive the activation and the node.</summary>
public static class GrainReminderExtensions
{
    /// <summary>Registers the reminder, or replaces the one of that name.</summary>
    public static Task<IGrainReminder> RegisterOrUpdateReminder(this Grain grain, string reminderName, TimeSpan dueTime, TimeSpan period) =>
        grain.Activation.RegisterReminderAsync(reminderName, dueTime, period);

    /// <inheritdoc cref="RegisterOrUpdateReminder(Grain, string, TimeSpan, TimeSpan)"/>
    public static Task<IGrainReminder> RegisterOrUpdateReminder(this IGrainBase grain, string reminderName, TimeSpan dueTime, TimeSpan period) =>
        ((Activation)grain.GrainContext).RegisterReminderAsync(reminderName, dueTime, period);

    /// <summary>Ends the reminder; no error if it has ended before.</summary>
    public static Task UnregisterReminder(this Grain grain, IGrainReminder reminder) => grain.Activation.UnregisterReminderAsync(reminder);

    /// <inheritdoc cref="UnregisterReminder(Grain, IGrainReminder)"/>
    public static Task UnregisterReminder(this IGrainBase grain, IGrainReminder reminder) =>
        ((Activation)grain.GrainContext).UnregisterReminderAsync(reminder);

    /// <summary>The reminder of that name, or null.</summary>
    public static async Task<IGrainReminder?> GetReminder(this Grain grain, string reminderName) =>
        (await grain.Activation.GetRemindersAsync()).Find(reminder => reminder.ReminderName == reminderName);

    /// <inheritdoc cref="GetReminder(Grain, string)"/>
    public static async Task<IGrainReminder?> GetReminder(this IGrainBase grain, string reminderName) =>
        (await ((Activation)grain.GrainContext).GetRemindersAsync()).Find(reminder => reminder.ReminderName == reminderName);

    /// <summary>All reminders of the grain.</summary>
    public static Task<List<IGrainReminder>> GetReminders(this Grain grain) => grain.Activation.GetRemindersAsync();

    /// <inheritdoc cref="GetReminders(Grain)"/>
    public static Task<List<IGrainReminder>> GetReminders(this IGrainBase grain) => ((Activation)grain.GrainContext).GetRemindersAsync();
}
