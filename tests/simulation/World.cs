namespace Payments.Simulation;

/// <summary>
/// Time and turns of one run, on one thread. Whatever is ready waits in one list, and a number of the seed picks what runs next; when
/// nothing is ready, or now and then although something is, the clock jumps to the next timer.
/// </summary>
internal sealed class World
{
    /// <summary>Where every run begins.</summary>
    public static readonly DateTimeOffset Epoch = new(2030, 1, 1, 0, 0, 0, TimeSpan.Zero);

    // A turn takes no longer than that, however slow its node is.
    private static readonly long LongestTurn = TimeSpan.FromSeconds(2).Ticks;

    private readonly RandomStream turns;
    private readonly double slowTurns;
    private readonly List<Work> ready = [];
    private readonly PriorityQueue<(WorldTimer Timer, int Armed), (long Due, long Order)> timers = new();
    private long order;

    public World(long seed, double slowTurns, Trace? trace)
    {
        (turns, this.slowTurns, Trace) = (RandomStream.Of(seed, "turns"), slowTurns, trace);
        Outside = new Lane(this, "outside");
    }

    /// <summary>The time since <see cref="Epoch"/>.</summary>
    public TimeSpan Elapsed { get; private set; }

    public DateTimeOffset Now => Epoch + Elapsed;

    /// <summary>How many turns and timers ran.</summary>
    public int Steps { get; private set; }

    /// <summary>Changes with every choice that was made: two runs with one fingerprint are one run.</summary>
    public ulong Fingerprint { get; private set; } = 14695981039346656037UL;

    /// <summary>Written only when somebody wants to read it.</summary>
    public Trace? Trace { get; }

    /// <summary>Where everything runs that belongs to no node: clients, networks, the processor, the database.</summary>
    public Lane Outside { get; }

    /// <summary>The first promise that was broken; it ends the run.</summary>
    public Violation? Violation { get; private set; }

    /// <summary>A promise is broken. Never an exception: grains catch those.</summary>
    public void Break(string promise, string what)
    {
        Violation ??= new(promise, what);
        Trace?.Add($"BROKEN {promise}: {what}");
    }

    /// <summary>Runs the next turn or timer; false when there is none.</summary>
    public bool Step()
    {
        if (ready.Count > 0 && !(turns.Chance(slowTurns) && NextDue() is { } due && due - Elapsed.Ticks <= LongestTurn && RunTimer()))
        {
            RunTurn();
            return true;
        }

        return ready.Count > 0 || RunTimer();
    }

    /// <summary>Runs something later, as a step of its own.</summary>
    public void After(TimeSpan delay, Lane lane, Action action) => new WorldTimer(this, lane, action).Change(delay, Timeout.InfiniteTimeSpan);

    /// <summary>Runs something as one of the next steps.</summary>
    public void Soon(Lane lane, Action action) => Enqueue(new(action, lane));

    internal void Enqueue(Work work) => (work.Lane.Held ?? ready).Add(work);

    internal void Hold(Lane lane)
    {
        lane.Held = ready.FindAll(work => work.Lane == lane);
        ready.RemoveAll(work => work.Lane == lane);
    }

    internal void Arm(WorldTimer timer, TimeSpan delay) =>
        timers.Enqueue((timer, timer.Armed), (Elapsed.Ticks + Math.Max(0, delay.Ticks), order++));

    private long? NextDue()
    {
        while (timers.TryPeek(out var next, out var place))
        {
            if (next.Timer.Armed == next.Armed)
            {
                return place.Due;
            }

            timers.Dequeue();
        }

        return null;
    }

    private bool RunTimer()
    {
        if (NextDue() is not { } due)
        {
            return false;
        }

        var (timer, _) = timers.Dequeue();
        Elapsed = new(Math.Max(Elapsed.Ticks, due));
        if (timer.Lane.FrozenUntil > Elapsed)
        {
            timers.Enqueue((timer, timer.Armed), (timer.Lane.FrozenUntil.Ticks, order++));
            return true;
        }

        Begin(timer.Lane, null, due);
        timer.Fire();
        return true;
    }

    private void RunTurn()
    {
        var index = turns.Below(ready.Count);
        var work = ready[index];
        ready[index] = ready[^1];
        ready.RemoveAt(ready.Count - 1);
        Begin(work.Lane, work.Job, index);
        work.Run();
    }

    private void Begin(Lane lane, object? job, long choice)
    {
        Steps++;
        Fingerprint = unchecked((Fingerprint ^ (ulong)choice ^ ((ulong)ready.Count << 40) ^ (ulong)Elapsed.Ticks) * 1099511628211UL);
        Trace?.Begin(Steps, Elapsed, lane.Name, job);
    }
}

/// <summary>A promise of the design that a run has broken.</summary>
/// <param name="Promise">I1 to I9.</param>
internal sealed record Violation(string Promise, string What);

/// <summary>Something that can run: a task of the grains, or an action of the simulation.</summary>
internal readonly record struct Work(object Job, Lane Lane)
{
    public void Run()
    {
        if (Job is Task task)
        {
            Lane.Execute(task);
        }
        else
        {
            ((Action)Job)();
        }
    }
}
