using Orleans;
using Orleans.Runtime;

namespace Payments.Embedded;

/// <summary>Claims due reminders and delivers them to their grains. A slow grain takes one place of many, and delays no other.</summary>
internal sealed class ReminderPoller : IDisposable
{
    private readonly EmbeddedNode _node;
    private readonly ITimer _timer;
    private int _inDelivery;

    internal ReminderPoller(EmbeddedNode node)
    {
        _node = node;
        _timer = node.Clock.CreateTimer(_ => node.Run(PollAsync));
    }

    public void Dispose() => _timer.Dispose();

    /// <summary>Jitter, because nodes that were started together would otherwise ask the store together for ever.</summary>
    internal void ScheduleNext() =>
        _timer.Change(_node.Options.ReminderPollPeriod * (0.9 + (0.2 * _node.Options.Random())), Timeout.InfiniteTimeSpan);

    private async Task PollAsync()
    {
        try
        {
            var room = _node.Options.ReminderConcurrency - Volatile.Read(ref _inDelivery);
            while (room > 0 && _node.AcceptsFromOutside)
            {
                var now = _node.Options.TimeProvider.GetUtcNow();
                var claimed = await _node.Options.Reminders.ClaimDueAsync(now, room, CancellationToken.None);
                foreach (var reminder in claimed)
                {
                    _ = DeliverAsync(reminder, now);
                }

                room = claimed.Count < room ? 0 : _node.Options.ReminderConcurrency - Volatile.Read(ref _inDelivery);
            }
        }
        catch (Exception exception)
        {
            _node.Logger.ReminderPollFailed(exception);
        }

        ScheduleNext();
    }

    private async Task DeliverAsync(Reminder reminder, DateTimeOffset now)
    {
        Interlocked.Increment(ref _inDelivery);
        try
        {
            var grain = (IRemindable)(object)_node.GetReference(typeof(IRemindable), _node.GrainClassOf(reminder.GrainType), reminder.GrainKey);
            await grain.ReceiveReminder(reminder.Name, new TickStatus(reminder.FirstTick.UtcDateTime, reminder.Period, now.UtcDateTime));
        }
        catch (Exception exception)
        {
            _node.Logger.ReminderFailed(exception, reminder.Name, reminder.GrainType, reminder.GrainKey);
        }
        finally
        {
            Interlocked.Decrement(ref _inDelivery);
        }
    }
}
