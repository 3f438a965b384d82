using Payments.Embedded;

namespace Payments.Tests.Embedded;

/// <summary>Reminders that survive a node, because nodes of a test share it.</summary>
internal sealed class InMemoryReminderStore : IReminderStore
{
    private readonly Lock _lock = new();
    private readonly List<Reminder> _reminders = [];

    public bool IsDown { get; set; }

    public Task UpsertAsync(Reminder reminder, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            _reminders.RemoveAll(each => IsOf(each, reminder.GrainType, reminder.GrainKey) && each.Name == reminder.Name);
            _reminders.Add(reminder);
        }

        return Task.CompletedTask;
    }

    public Task RemoveAsync(string grainType, string grainKey, string name, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            _reminders.RemoveAll(each => IsOf(each, grainType, grainKey) && each.Name == name);
        }

        return Task.CompletedTask;
    }

    public Task<IReadOnlyList<Reminder>> GetAsync(string grainType, string grainKey, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            return Task.FromResult<IReadOnlyList<Reminder>>(_reminders.FindAll(each => IsOf(each, grainType, grainKey)));
        }
    }

    public Task<IReadOnlyList<Reminder>> ClaimDueAsync(DateTimeOffset now, int limit, CancellationToken cancellationToken)
    {
        if (IsDown)
        {
            throw new InvalidOperationException("The store is down.");
        }

        lock (_lock)
        {
            var due = _reminders.Where(reminder => reminder.NextTick <= now).OrderBy(reminder => reminder.NextTick).Take(limit).ToList();
            foreach (var reminder in due)
            {
                _reminders[_reminders.IndexOf(reminder)] = reminder with { NextTick = reminder.NextAfter(now) };
            }

            return Task.FromResult<IReadOnlyList<Reminder>>(due);
        }
    }

    private static bool IsOf(Reminder reminder, string grainType, string grainKey) =>
        reminder.GrainType == grainType && reminder.GrainKey == grainKey;
}
