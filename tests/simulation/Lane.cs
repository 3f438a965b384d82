namespace Payments.Simulation;

/// <summary>Everything that runs in one process: a task scheduler that hands its tasks to the world. A frozen lane does nothing until it thaws.</summary>
internal sealed class Lane(World world, string name) : TaskScheduler
{
    public string Name => name;

    /// <summary>What became ready while the lane is frozen; null while it is not.</summary>
    internal List<Work>? Held { get; set; }

    internal TimeSpan FrozenUntil { get; private set; }

    /// <summary>The process stands still, as in a long collection of garbage or under SIGSTOP; its clock goes on.</summary>
    public void Freeze(TimeSpan time)
    {
        if (Held is not null)
        {
            return;
        }

        FrozenUntil = world.Elapsed + time;
        world.Hold(this);
        world.After(time, world.Outside, () =>
        {
            var held = Held;
            Held = null;
            held!.ForEach(world.Enqueue);
        });
    }

    internal void Execute(Task task) => TryExecuteTask(task);

    protected override void QueueTask(Task task) => world.Enqueue(new(task, this));

    protected override bool TryExecuteTaskInline(Task task, bool taskWasPreviouslyQueued) => false;

    protected override IEnumerable<Task> GetScheduledTasks() => [];
}
