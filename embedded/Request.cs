namespace Payments.Embedded;

/// <summary>A piece of work that an activation admits as a whole: a call, or the tick of a timer.</summary>
internal abstract class Request
{
    /// <summary>Made with the request, not when it starts, so that the request runs in the context of its caller (its trace).</summary>
    private readonly Task _turn;

    protected Request() => _turn = new Task(static request => _ = ((Request)request!).RunAsync(), this);

    /// <summary>The neighbours in the list that the request is in: queues cost an activation nothing while they are empty.</summary>
    internal Request? Next { get; set; }

    internal Request? Previous { get; set; }

    internal required Interleaving Interleaving { get; init; }

    /// <summary>Where the request waits or runs.</summary>
    internal Activation? Activation { get; set; }

    /// <summary>The tick of the node's clock at which the caller has waited long enough.</summary>
    internal long Deadline { get; set; } = long.MaxValue;

    /// <summary>Whether it keeps its activation from being idle.</summary>
    internal virtual bool CountsAsUse => true;

    /// <summary>A call waits for another activation if it has to; a tick ends with its own.</summary>
    internal virtual bool EndsWithActivation => false;

    internal void Start(Activation activation) => _turn.Start(activation);

    internal abstract void Fail(Exception exception);

    protected abstract Task Invoke(object grain);

    protected abstract void Complete(Task work);

    private async Task RunAsync()
    {
        Task work;
        try
        {
            work = Invoke(Activation!.GrainInstance!) ?? throw new InvalidOperationException("A grain method returned null instead of a task.");
        }
        catch (Exception exception)
        {
            work = Task.FromException(exception);
        }

        await work.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        Complete(work);
        Activation!.Finish(this);
    }
}
