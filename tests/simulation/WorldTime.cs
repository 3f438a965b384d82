namespace Payments.Simulation;

/// <summary>The clock of one process: the world's, a little fast or slow.</summary>
internal sealed class WorldTime(World world, Lane lane, TimeSpan skew) : TimeProvider
{
    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override DateTimeOffset GetUtcNow() => world.Now + skew;

    public override long GetTimestamp() => world.Elapsed.Ticks;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new WorldTimer(world, lane, () => callback(state));
        timer.Change(dueTime, period);
        return timer;
    }
}

/// <summary>A timer of the world. It fires once each time that it is armed: nothing here needs a period.</summary>
internal sealed class WorldTimer(World world, Lane lane, Action action) : ITimer
{
    private bool disposed;

    public Lane Lane => lane;

    /// <summary>Counts how often it was changed: what was armed before is void.</summary>
    public int Armed { get; private set; }

    public bool Change(TimeSpan dueTime, TimeSpan period)
    {
        if (period != Timeout.InfiniteTimeSpan)
        {
            throw new NotSupportedException("Periodic timers drift; arm it anew.");
        }

        Armed++;
        if (!disposed && dueTime != Timeout.InfiniteTimeSpan)
        {
            world.Arm(this, dueTime);
        }

        return !disposed;
    }

    public void Dispose()
    {
        disposed = true;
        Armed++;
    }

    public ValueTask DisposeAsync()
    {
        Dispose();
        return ValueTask.CompletedTask;
    }

    internal void Fire()
    {
        Armed++;
        action();
    }
}
