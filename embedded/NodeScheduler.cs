namespace Payments.Embedded;

/// <summary>Runs the work of a node that belongs to no activation, for as long as the node lives.</summary>
internal sealed class NodeScheduler(EmbeddedNode node) : TaskScheduler
{
    protected override void QueueTask(Task task)
    {
        if (!node.IsDead)
        {
            new Task(() => Run(task)).Start(node.Options.Scheduler);
        }
    }

    protected override bool TryExecuteTaskInline(Task task, bool taskWasPreviouslyQueued) => false;

    protected override IEnumerable<Task> GetScheduledTasks() => [];

    private void Run(Task task)
    {
        if (node.IsDead)
        {
            return;
        }

        var ambient = SynchronizationContext.Current;
        SynchronizationContext.SetSynchronizationContext(null);
        TryExecuteTask(task);
        SynchronizationContext.SetSynchronizationContext(ambient);
    }
}
