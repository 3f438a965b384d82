namespace Payments.Embedded;

/// <summary>
/// Counts the node's ticks. One timer serves all activations and calls, reading the time costs a call nothing, and a clock that is
/// set back or forth expires nobody.
/// </summary>
internal sealed class NodeClock : IDisposable
{
    private readonly TimeProvider _provider;
    private readonly TimeSpan _quantum;
    private readonly ITimer _timer;
    private long _tick;

    internal NodeClock(EmbeddedNode node, Action<long> onTick)
    {
        (_provider, _quantum) = (node.Options.TimeProvider, node.Options.Quantum);
        _timer = CreateTimer(_ => node.Run(() =>
        {
            onTick(Interlocked.Increment(ref _tick));
            // Armed anew each time, so that a slow inspection is never overtaken by the next.
            Start();
            return Task.CompletedTask;
        }));
    }

    internal long Tick => Volatile.Read(ref _tick);

    public void Dispose() => _timer.Dispose();

    internal void Start() => _timer.Change(_quantum, Timeout.InfiniteTimeSpan);

    /// <summary>The first tick by which that time has surely passed.</summary>
    internal long TickAfter(TimeSpan delay) => TickAfter(Tick, delay);

    internal long TickAfter(long tick, TimeSpan delay) => delay <= TimeSpan.Zero ? tick
        : delay == TimeSpan.MaxValue ? long.MaxValue
        : tick + ((delay.Ticks - 1) / _quantum.Ticks) + 2;

    /// <summary>A timer that is not armed yet, and carries nobody's ambient context (such as a trace) into its callbacks.</summary>
    internal ITimer CreateTimer(TimerCallback callback, object? state = null)
    {
        var flow = ExecutionContext.IsFlowSuppressed() ? default(AsyncFlowControl?) : ExecutionContext.SuppressFlow();
        try
        {
            return _provider.CreateTimer(callback, state, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        }
        finally
        {
            flow?.Undo();
        }
    }
}
