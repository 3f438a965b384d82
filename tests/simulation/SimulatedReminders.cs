using Payments.Embedded;

namespace Payments.Simulation;

/// <summary>The reminders that all nodes share. A claimed tick may be lost, as by a node that dies with it, or be claimed by two.</summary>
internal sealed class SimulatedReminders(World world, Scenario scenario, Counters counters) : IReminderStore
{
    private readonly RandomStream random = RandomStream.Of(scenario.Form.Seed, "reminders");
    private readonly List<Reminder> reminders = [];

    public Task UpsertAsync(Reminder reminder, CancellationToken cancellationToken)
    {
        reminders.RemoveAll(each => IsOf(each, reminder.GrainType, reminder.GrainKey) && each.Name == reminder.Name);
        reminders.Add(reminder);
        return Task.CompletedTask;
    }

    public Task RemoveAsync(string grainType, string grainKey, string name, CancellationToken cancellationToken)
    {
        reminders.RemoveAll(each => IsOf(each, grainType, grainKey) && each.Name == name);
        return Task.CompletedTask;
    }

    public Task<IReadOnlyList<Reminder>> GetAsync(string grainType, string grainKey, CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyList<Reminder>>(reminders.FindAll(each => IsOf(each, grainType, grainKey)));

    public Task<IReadOnlyList<Reminder>> ClaimDueAsync(DateTimeOffset now, int limit, CancellationToken cancellationToken)
    {
        var claimed = new List<Reminder>();
        for (var i = 0; i < reminders.Count && claimed.Count < limit; i++)
        {
            var reminder = reminders[i];
            if (reminder.NextTick > now)
            {
                continue;
            }

            var (lost, doubled) = (random.Chance(0.25), random.Chance(0.25));
            var faulty = world.Elapsed < scenario.FaultsEnd;
            if (doubled && faulty && scenario.Has(Faults.ReminderDoubled))
            {
                counters.Add(Rare.ReminderDoubled);
            }
            else
            {
                reminders[i] = reminder with { NextTick = reminder.NextAfter(now) };
            }

            if (lost && faulty && scenario.Has(Faults.ReminderLost))
            {
                counters.Add(Rare.ReminderLost);
                continue;
            }

            world.Trace?.Add($"reminder {reminder.Name} of {reminder.GrainType}/{reminder.GrainKey} ticks");
            claimed.Add(reminder);
        }

        return Task.FromResult<IReadOnlyList<Reminder>>(claimed);
    }

    private static bool IsOf(Reminder reminder, string grainType, string grainKey) => reminder.GrainType == grainType && reminder.GrainKey == grainKey;
}
