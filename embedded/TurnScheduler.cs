namespace Payments.Embedded;

/// <summary>Runs one task at a time, in order, on the node's scheduler. Whatever starts in a turn, or goes on after an await, is a turn too.</summary>
internal abstract class TurnScheduler(EmbeddedNode node) : TaskScheduler
{
    private Queue<Task>? _turns;
    private bool _isRunning;

    public override int MaximumConcurrencyLevel => 1;

    internal EmbeddedNode Node => node;

    protected override void QueueTask(Task task)
    {
        if (node.IsDead)
        {
            return;
        }

        // The lock is this object itself: there may be a hundred thousand of them, and nobody outside holds one as a lock.
        lock (this)
        {
            (_turns ??= new Queue<Task>(1)).Enqueue(task);
            if (_isRunning)
            {
                return;
            }

            _isRunning = true;
        }

        TakeSlice();
    }

    // Never inside the turn of somebody else, not even of this activation: what runs when must not depend on who completes a task.
    protected override bool TryExecuteTaskInline(Task task, bool taskWasPreviouslyQueued) => false;

    protected override IEnumerable<Task> GetScheduledTasks()
    {
        lock (this)
        {
            return _turns?.ToArray() ?? [];
        }
    }

    /// <summary>Whether no turn runs or waits. If so, gives back the memory of the queue. The caller holds the lock.</summary>
    protected bool RestsNow()
    {
        if (!_isRunning)
        {
            _turns = null;
        }

        return !_isRunning;
    }

    /// <summary>How many turns a slice took, how long they took together, and how long the longest.</summary>
    protected abstract void Count(int turns, long busy, long longest);

    private void TakeSlice() => new Task(static scheduler => ((TurnScheduler)scheduler!).RunSlice(), this).Start(node.Options.Scheduler);

    private void RunSlice()
    {
        // An ambient context would capture the awaits of grain code, and take them away from this scheduler.
        var ambient = SynchronizationContext.Current;
        SynchronizationContext.SetSynchronizationContext(null);
        var (taken, started, longest) = (0, node.Options.TimeProvider.GetTimestamp(), 0L);
        var ended = started;
        try
        {
            for (; taken < node.Options.TurnsPerSlice; taken++)
            {
                if (NextTurn() is not { } turn)
                {
                    return;
                }

                var began = ended;
                TryExecuteTask(turn);
                ended = node.Options.TimeProvider.GetTimestamp();
                longest = Math.Max(longest, ended - began);
            }
        }
        finally
        {
            Count(taken, ended - started, longest);
            SynchronizationContext.SetSynchronizationContext(ambient);
        }

        TakeSlice();
    }

    private Task? NextTurn()
    {
        lock (this)
        {
            if (!node.IsDead && _turns!.TryDequeue(out var turn))
            {
                return turn;
            }

            _isRunning = false;
            return null;
        }
    }
}
