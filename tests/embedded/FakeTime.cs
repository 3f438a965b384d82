namespace Payments.Tests.Embedded;

/// <summary>A clock that moves when told, and fires what falls due in order.</summary>
internal sealed class FakeTime : TimeProvider
{
    private readonly List<FakeTimer> _timers = [];
    private DateTimeOffset _now = new(2030, 1, 1, 0, 0, 0, TimeSpan.Zero);

    public int ArmedTimers => _timers.Count(timer => timer.Due is not null);

    public override DateTimeOffset GetUtcNow() => _now;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new FakeTimer(this, () => callback(state));
        _timers.Add(timer);
        timer.Change(dueTime, period);
        return timer;
    }

    public void Advance(TimeSpan by, Action afterEach)
    {
        var end = _now + by;
        afterEach();
        while (_timers.Where(timer => timer.Due <= end).MinBy(timer => timer.Due) is { Due: { } due } next)
        {
            _now = due;
            next.Fire();
            afterEach();
        }

        _now = end;
    }

    private sealed class FakeTimer(FakeTime time, Action callback) : ITimer
    {
        private bool _isDisposed;

        public DateTimeOffset? Due { get; private set; }

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            Due = _isDisposed || dueTime == Timeout.InfiniteTimeSpan ? null : time._now + dueTime;
            return !_isDisposed;
        }

        public void Fire()
        {
            Due = null;
            callback();
        }

        public void Dispose()
        {
            (_isDisposed, Due) = (true, null);
            time._timers.Remove(this);
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
