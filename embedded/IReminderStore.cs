namespace Payments.Embedded;

/// <summary>
/// Keeps reminders across restarts. Nodes may share one: whoever claims a tick fires it, so each tick fires on one node,
/// or on none if that node dies in between.
/// </summary>
public interface IReminderStore
{
    /// <summary>Adds the reminder, or replaces the one with its grain and name.</summary>
    Task UpsertAsync(Reminder reminder, CancellationToken cancellationToken);

    /// <summary>Removes the reminder, if it is there.</summary>
    Task RemoveAsync(string grainType, string grainKey, string name, CancellationToken cancellationToken);

    /// <summary>All reminders of one grain.</summary>
    Task<IReadOnlyList<Reminder>> GetAsync(string grainType, string grainKey, CancellationToken cancellationToken);

    /// <summary>
    /// Up to <paramref name="limit"/> reminders whose next tick is not after <paramref name="now"/>, as they were,
    /// each having been moved in the store to <see cref="Reminder.NextAfter"/> that instant.
    /// </summary>
    Task<IReadOnlyList<Reminder>> ClaimDueAsync(DateTimeOffset now, int limit, CancellationToken cancellationToken);
}
