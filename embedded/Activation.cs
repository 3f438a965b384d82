using Orleans;
using Orleans.Core;
using Orleans.Runtime;

namespace Payments.Embedded;

/// <summary>
/// A grain that lives on a node: which requests run, which wait, and when it ends. Its state is guarded by its lock;
/// nothing that could run foreign code (answers, callbacks) happens while the lock is held.
/// </summary>
internal sealed partial class Activation(EmbeddedNode node, GrainClass grainClass, string key) : TurnScheduler(node), IGrainContext
{
    [ThreadStatic]
    private static Activation? s_underConstruction;

    private RequestList _waiting;
    private RequestList _running;
    private int _exclusive;
    private int _reading;
    private State _state;
    private Ending? _ending;
    private List<GrainTimer>? _timers;
    private long _lastUse = node.Clock.Tick;
    private long _keepUntil;

    private enum State : byte
    {
        Starting,
        Active,
        Ending,
        Gone,
    }

    public object? GrainInstance { get; private set; }

    public IServiceProvider ActivationServices => Node.Options.Services;

    public Task Deactivated
    {
        get
        {
            lock (this)
            {
                return _state == State.Gone ? Task.CompletedTask : (_ending ??= new Ending()).Done.Task;
            }
        }
    }

    internal static Activation? UnderConstruction => s_underConstruction;

    internal GrainClass GrainClass => grainClass;

    internal string Key => key;

    /// <summary>The neighbours in the node's list of activations.</summary>
    internal Activation? Older { get; set; }

    internal Activation? Newer { get; set; }

    internal int Waiting => _waiting.Count;

    internal int Timers => _timers?.Count ?? 0;

    public override string ToString() => $"{GrainClass.Name}/{Key}";

    /// <summary>Constructs the grain; the first requests start when that is done.</summary>
    internal void Begin() =>
        _ = Task.Factory.StartNew(BeginAsync, CancellationToken.None, TaskCreationOptions.DenyChildAttach, this);

    /// <summary>Queues or starts the request; false if this activation has ended and another has to take it.</summary>
    internal bool TryAccept(Request request)
    {
        var limit = Node.Options.MaxQueuedRequests;
        lock (this)
        {
            if (_state == State.Gone)
            {
                return false;
            }

            request.Activation = this;
            if (request.CountsAsUse)
            {
                _lastUse = Node.Clock.Tick;
            }

            // Requests that do not interleave start in the order in which they came.
            if (_state == State.Active && _ending is not { IsRequested: true } && MayStart(request)
                && (_waiting.Count == 0 || request.Interleaving == Interleaving.Always))
            {
                Start(request);
                return true;
            }

            if (_waiting.Count < limit || request.EndsWithActivation)
            {
                _waiting.Add(request);
                return true;
            }
        }

        Node.Refuse(request, new LimitExceededException(nameof(EmbeddedNodeOptions.MaxQueuedRequests), limit, limit, this));
        return true;
    }

    /// <summary>The request is done: others may start.</summary>
    internal void Finish(Request request)
    {
        lock (this)
        {
            _running.Remove(request);
            _exclusive -= request.Interleaving == Interleaving.Exclusive ? 1 : 0;
            _reading -= request.Interleaving == Interleaving.Reads ? 1 : 0;
            if (request.CountsAsUse)
            {
                _lastUse = Node.Clock.Tick;
            }
        }

        GoOn();
        Node.Close(request);
    }

    public void Deactivate(DeactivationReason deactivationReason, CancellationToken cancellationToken = default)
    {
        lock (this)
        {
            _ending ??= new Ending();
            if (_ending.IsRequested)
            {
                return;
            }

            _ending.Request(deactivationReason, cancellationToken);
        }

        GoOn();
    }

    internal void DelayDeactivation(TimeSpan delay)
    {
        lock (this)
        {
            _keepUntil = Node.Clock.TickAfter(delay);
        }
    }

    /// <summary>Once per tick of the clock: callers that waited too long are told so, and an idle activation ends.</summary>
    internal void Inspect(long tick)
    {
        List<Request>? overdue = null;
        List<Request>? dropped = null;
        bool isIdle;
        lock (this)
        {
            for (var request = _running.First; request is not null; request = request.Next)
            {
                if (request.Deadline <= tick)
                {
                    request.Deadline = long.MaxValue;
                    (overdue ??= []).Add(request);
                }
            }

            for (Request? request = _waiting.First, next; request is not null; request = next)
            {
                next = request.Next;
                if (request.Deadline <= tick)
                {
                    _waiting.Remove(request);
                    (dropped ??= []).Add(request);
                }
            }

            isIdle = RestsNow() && _state == State.Active && _running.Count == 0 && _waiting.Count == 0
                && tick >= _keepUntil && tick >= Node.Clock.TickAfter(_lastUse, GrainClass.CollectionAge);
        }

        overdue?.ForEach(request => request.Fail(new TimeoutException($"No answer from {this} in time; the request goes on.")));
        dropped?.ForEach(request => Node.Refuse(request, new TimeoutException($"{this} was busy for too long; the request was dropped before it started.")));
        if (dropped is not null)
        {
            GoOn();
        }

        if (isIdle)
        {
            Deactivate(new DeactivationReason(DeactivationReasonCode.ActivationIdle, $"Not used for {GrainClass.CollectionAge}."));
        }
    }

    /// <summary>The node died: no turn of this activation runs again, so all that is left is to tell callers from outside.</summary>
    internal void Drop()
    {
        StopTimers();
        var lost = new List<Request>();
        Ending? ending;
        lock (this)
        {
            (_state, ending) = (State.Gone, _ending);
            while ((_running.TakeFirst() ?? _waiting.TakeFirst()) is { } request)
            {
                lost.Add(request);
            }
        }

        lost.ForEach(request => Node.Refuse(request, new SiloUnavailableException()));
        ending?.Done.TrySetResult();
    }

    /// <summary>False if this activation ends, in which case the timer must not start.</summary>
    internal bool TryAdd(GrainTimer timer)
    {
        lock (this)
        {
            if (_state is State.Ending or State.Gone || !Node.AcceptsFromOutside)
            {
                return false;
            }

            (_timers ??= []).Add(timer);
            return true;
        }
    }

    internal void Remove(GrainTimer timer)
    {
        lock (this)
        {
            _timers?.Remove(timer);
        }
    }

    internal void StopTimers()
    {
        List<GrainTimer>? timers;
        lock (this)
        {
            (timers, _timers) = (_timers, null);
        }

        timers?.ForEach(timer => timer.Stop());
    }

    protected override void Count(int turns, long busy, long longest) => GrainClass.Count(turns, busy, longest);

    private async Task BeginAsync()
    {
        try
        {
            var states = GrainClass.NewStates(this);
            var grain = Construct(states);
            GrainInstance = grain;
            foreach (var state in states)
            {
                await state.ReadStateAsync();
            }

            await grain.OnActivateAsync(CancellationToken.None);
        }
        catch (Exception exception)
        {
            Node.Logger.ActivationFailed(exception, ToString());
            StopTimers();
            Leave(exception);
            return;
        }

        lock (this)
        {
            if (_state == State.Gone)
            {
                return;
            }

            _state = State.Active;
            for (Request? request = _waiting.First, next; request is not null && _ending is not { IsRequested: true }; request = next)
            {
                next = request.Next;
                if (request.Interleaving == Interleaving.Always)
                {
                    _waiting.Remove(request);
                    Start(request);
                }
            }
        }

        GoOn();
    }

    private Grain Construct(IStorage[] states)
    {
        s_underConstruction = this;
        try
        {
            return GrainClass.Construct(ActivationServices, states);
        }
        finally
        {
            s_underConstruction = null;
        }
    }

    private void GoOn()
    {
        lock (this)
        {
            if (_state != State.Active)
            {
                return;
            }

            if (_ending is not { IsRequested: true })
            {
                while (_waiting.First is { } first && MayStart(first))
                {
                    _waiting.Remove(first);
                    Start(first);
                }

                return;
            }

            if (_running.Count > 0)
            {
                return;
            }

            _state = State.Ending;
        }

        _ = Task.Factory.StartNew(EndAsync, CancellationToken.None, TaskCreationOptions.DenyChildAttach, this);
    }

    private bool MayStart(Request request) => request.Interleaving switch
    {
        Interleaving.Always => true,
        Interleaving.Reads => _exclusive == 0,
        Interleaving.Exclusive => _exclusive == 0 && _reading == 0,
    };

    private void Start(Request request)
    {
        _running.Add(request);
        _exclusive += request.Interleaving == Interleaving.Exclusive ? 1 : 0;
        _reading += request.Interleaving == Interleaving.Reads ? 1 : 0;
        request.Start(this);
    }

    private async Task EndAsync()
    {
        StopTimers();
        try
        {
            await ((Grain)GrainInstance!).OnDeactivateAsync(_ending!.Reason, _ending.CancellationToken);
        }
        catch (Exception exception)
        {
            Node.Logger.DeactivationFailed(exception, ToString());
        }

        Leave(null);
    }

    /// <summary>Ends this activation. Calls that wait move to a successor, in order, unless this one could not even begin.</summary>
    private void Leave(Exception? failure)
    {
        Activation? successor = null;
        List<Request>? orphans = null;
        Ending? ending;
        lock (this)
        {
            _state = State.Gone;
            while (_waiting.TakeFirst() is { } request)
            {
                if (request.EndsWithActivation)
                {
                    continue;
                }

                if (failure is null && Node.AcceptsActivations)
                {
                    successor ??= new Activation(Node, GrainClass, Key);
                    request.Activation = successor;
                    successor._waiting.Add(request);
                }
                else
                {
                    (orphans ??= []).Add(request);
                }
            }

            Node.Replace(this, successor);
            ending = _ending;
        }

        orphans?.ForEach(request => Node.Refuse(request, failure ?? new SiloUnavailableException("The node is stopping.")));
        if (Node.IsDead)
        {
            // It died after the successor was decided on, and may not have seen it.
            successor?.Drop();
        }

        ending?.Done.TrySetResult();
    }

    private sealed class Ending
    {
        public TaskCompletionSource Done { get; } = new();

        public bool IsRequested { get; private set; }

        public DeactivationReason Reason { get; private set; }

        public CancellationToken CancellationToken { get; private set; }

        public void Request(DeactivationReason reason, CancellationToken cancellationToken) =>
            (IsRequested, Reason, CancellationToken) = (true, reason, cancellationToken);
    }
}
