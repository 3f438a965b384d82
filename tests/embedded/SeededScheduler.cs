namespace Payments.Tests.Embedded;

/// <summary>Runs queued tasks one by one on the test's thread, in an order that the seed alone decides.</summary>
internal sealed class SeededScheduler(int seed) : TaskScheduler
{
    private readonly Random _random = new(seed);
    private readonly List<Task> _queued = [];

    public double NextDouble() => _random.NextDouble();

    public void RunUntilIdle()
    {
        // The test runner's context would take the awaits of the callers away.
        var ambient = SynchronizationContext.Current;
        SynchronizationContext.SetSynchronizationContext(null);
        while (_queued.Count > 0)
        {
            var index = _random.Next(_queued.Count);
            var task = _queued[index];
            _queued[index] = _queued[^1];
            _queued.RemoveAt(_queued.Count - 1);
            TryExecuteTask(task);
        }

        SynchronizationContext.SetSynchronizationContext(ambient);
    }

    protected override void QueueTask(Task task) => _queued.Add(task);

    protected override bool TryExecuteTaskInline(Task task, bool taskWasPreviouslyQueued) => false;

    protected override IEnumerable<Task> GetScheduledTasks() => _queued;
}
