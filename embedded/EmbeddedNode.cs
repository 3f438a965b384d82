using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Orleans;
using Orleans.Runtime;

namespace Payments.Embedded;

/// <summary>
/// Runs grains in this process: one activation for each grain that is used, one turn of it at a time. Nodes share nothing
/// but what their options share.
/// </summary>
public sealed class EmbeddedNode : IAsyncDisposable
{
    private readonly ActivationList _activations = new();
    private readonly List<GrainClass> _classes;
    private readonly GrainFactory _grains;
    private readonly ReminderPoller _reminders;
    private readonly TaskCompletionSource _drained = new();
    private readonly List<Activation> _inspected = [];
    private volatile Phase _phase;
    private int _open;

    /// <summary>Finds the grain classes. Nothing runs until the first call, and nothing ticks until <see cref="StartAsync"/>.</summary>
    public EmbeddedNode(EmbeddedNodeOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(options.Quantum, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfLessThan(options.TurnsPerSlice, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(options.ReminderConcurrency, 1);
        Options = options;
        Logger = options.Services.GetService<ILoggerFactory>()?.CreateLogger<EmbeddedNode>() ?? NullLogger<EmbeddedNode>.Instance;
        Scheduler = new NodeScheduler(this);
        _classes = [.. options.GrainAssemblies.SelectMany(GrainType.Of).Select(type => new GrainClass(type, options))];
        if (_classes.GroupBy(grainClass => grainClass.Name).FirstOrDefault(named => named.Skip(1).Any()) is { } twins)
        {
            throw new ArgumentException($"Several grain classes are named {twins.Key}, so their reminders could not be told apart.", nameof(options));
        }

        _grains = new GrainFactory(this, _classes);
        Clock = new NodeClock(this, InspectAll);
        _reminders = new ReminderPoller(this);
    }

    private enum Phase
    {
        Open,
        Draining,
        Closing,
        Dead,
    }

    /// <summary>Gives references to grains of this node, to grains and to callers from outside.</summary>
    public IGrainFactory Grains => _grains;

    /// <summary>
    /// For work of the node that belongs to no grain, such as its background services: it runs on the scheduler of the options
    /// until the node has stopped or died, and never again after that.
    /// </summary>
    public TaskScheduler Scheduler { get; }

    internal EmbeddedNodeOptions Options { get; }

    internal ILogger Logger { get; }

    internal NodeClock Clock { get; }

    internal bool IsDead => _phase == Phase.Dead;

    internal bool AcceptsFromOutside => _phase == Phase.Open;

    internal bool AcceptsActivations => _phase < Phase.Closing;

    /// <summary>Starts what depends on time: collection, response timeouts and reminders.</summary>
    public Task StartAsync(CancellationToken cancellationToken = default)
    {
        Clock.Start();
        _reminders.ScheduleNext();
        return Task.CompletedTask;
    }

    /// <summary>
    /// Stops gracefully: no more calls from outside, ticks and reminders; calls that run end, and may call other grains for that;
    /// then every activation is deactivated. When the token fires first, what is left is dropped as by <see cref="Kill"/>.
    /// </summary>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        if (!AcceptsFromOutside)
        {
            return;
        }

        _phase = Phase.Draining;
        _reminders.Dispose();
        foreach (var activation in _activations.ToList())
        {
            activation.StopTimers();
        }

        try
        {
            if (Volatile.Read(ref _open) > 0)
            {
                await _drained.Task.WaitAsync(cancellationToken);
            }

            if (IsDead)
            {
                return;
            }

            _phase = Phase.Closing;
            var last = _activations.ToList();
            last.ForEach(activation => activation.Deactivate(new(DeactivationReasonCode.ShuttingDown, "The node is stopping."), cancellationToken));
            await Task.WhenAll(last.Select(activation => activation.Deactivated)).WaitAsync(cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            Logger.StoppedAtOnce(Volatile.Read(ref _open));
        }

        Kill();
    }

    /// <summary>
    /// Dies as in a crash: no queued turn, timer or continuation of this node ever runs (a turn that another thread is in
    /// ends at its next await). Callers from outside get <see cref="SiloUnavailableException"/> at once.
    /// </summary>
    public void Kill()
    {
        _phase = Phase.Dead;
        Clock.Dispose();
        _reminders.Dispose();
        _drained.TrySetResult();
        foreach (var activation in _activations.ToList())
        {
            activation.Drop();
            _activations.Remove(activation);
        }

        _classes.ForEach(grainClass => grainClass.Activations.Clear());
    }

    /// <summary>Counts. They are taken while turns run, so they need not belong to one instant.</summary>
    public NodeSnapshot Snapshot()
    {
        var live = _activations.ToList().ToLookup(activation => activation.GrainClass);
        return new NodeSnapshot(
            [.. _classes.OrderBy(grainClass => grainClass.Name, StringComparer.Ordinal).Select(grainClass => grainClass.Snapshot([.. live[grainClass]]))],
            IsDead ? 0 : Volatile.Read(ref _open));
    }

    /// <summary>Drops whatever still runs. Call <see cref="StopAsync"/> before, to stop gracefully.</summary>
    public ValueTask DisposeAsync()
    {
        Kill();
        return ValueTask.CompletedTask;
    }

    /// <summary>Starts work that belongs to no grain.</summary>
    internal void Run(Func<Task> work) => _ = Task.Factory.StartNew(work, CancellationToken.None, TaskCreationOptions.DenyChildAttach, Scheduler);

    internal Task Call(GrainClass grainClass, string key, GrainMethod method, object?[] arguments)
    {
        var call = method.NewCall(arguments, grainClass.IsReentrant);
        Interlocked.Increment(ref _open);
        if (!AcceptsFromOutside && !AcceptsFrom(TaskScheduler.Current))
        {
            Refuse(call, new SiloUnavailableException("The node is stopping."));
            return call.Answer;
        }

        call.Deadline = Clock.TickAfter(method.ResponseTimeout ?? Options.ResponseTimeout);
        bool isTaken;
        do
        {
            // If it ends in between, the next look finds its successor, or makes one.
            isTaken = Find(grainClass, key)?.TryAccept(call) ?? false;
        }
        while (!isTaken && AcceptsActivations);

        if (!isTaken || IsDead)
        {
            Refuse(call, new SiloUnavailableException("The node is stopping."));
        }

        return call.Answer;
    }

    internal void Close(Request request)
    {
        if (!request.EndsWithActivation && Interlocked.Decrement(ref _open) == 0 && _phase == Phase.Draining)
        {
            _drained.TrySetResult();
        }
    }

    internal void Refuse(Request request, Exception reason)
    {
        request.Fail(reason);
        Close(request);
    }

    internal void Replace(Activation ended, Activation? successor)
    {
        _activations.Remove(ended);
        if (successor is null)
        {
            ended.GrainClass.Activations.TryRemove(ended.Key, out _);
        }
        else
        {
            ended.GrainClass.Activations[ended.Key] = successor;
            Begin(successor);
        }
    }

    internal GrainProxy GetReference(Type grainInterface, GrainClass grainClass, string key) => _grains.GetReference(grainInterface, grainClass, key);

    internal GrainClass GrainClassOf(string name) =>
        _classes.Find(grainClass => grainClass.Name == name) ?? throw new ArgumentException($"There is no grain class named {name}.", nameof(name));

    private bool AcceptsFrom(TaskScheduler caller) => !IsDead && caller is Activation activation && activation.Node == this;

    private Activation? Find(GrainClass grainClass, string key)
    {
        while (true)
        {
            if (grainClass.Activations.TryGetValue(key, out var activation) || !AcceptsActivations)
            {
                return activation;
            }

            activation = new Activation(this, grainClass, key);
            if (grainClass.Activations.TryAdd(key, activation))
            {
                Begin(activation);
                if (IsDead)
                {
                    // The node died before it could see this activation; others may have called it already.
                    activation.Drop();
                }

                return activation;
            }
        }
    }

    private void Begin(Activation activation)
    {
        _activations.Add(activation);
        activation.Begin();
    }

    private void InspectAll(long tick)
    {
        _activations.CopyTo(_inspected);
        _inspected.ForEach(activation => activation.Inspect(tick));
        _inspected.Clear();
    }
}
