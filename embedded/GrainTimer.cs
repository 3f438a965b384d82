using Orleans.Runtime;

namespace Payments.Embedded;

/// <summary>A timer of an activation. Each tick is a request of its own, and the next one is due a period after it has ended.</summary>
internal sealed class GrainTimer : IGrainTimer
{
    private readonly Activation _activation;
    private readonly Func<CancellationToken, Task> _callback;
    private readonly GrainTimerCreationOptions _options;
    private readonly CancellationTokenSource _ended = new();
    private readonly ITimer _timer;
    private readonly Lock _lock = new();
    private TimeSpan _period;
    private bool _isTicking;
    private bool _isChanged;

    internal GrainTimer(Activation activation, Func<CancellationToken, Task> callback, GrainTimerCreationOptions options)
    {
        (_activation, _callback, _options) = (activation, callback, options);
        _timer = activation.Node.Clock.CreateTimer(static timer => ((GrainTimer)timer!).FallDue(), this);
        if (activation.TryAdd(this))
        {
            Change(options.DueTime, options.Period);
        }
        else
        {
            Dispose();
        }
    }

    public void Change(TimeSpan dueTime, TimeSpan period)
    {
        lock (_lock)
        {
            _period = period;
            _isChanged = _isTicking;
            _timer.Change(dueTime, Timeout.InfiniteTimeSpan);
        }
    }

    public void Dispose()
    {
        _activation.Remove(this);
        Stop();
        _ended.Cancel();
    }

    /// <summary>No more ticks. Cancelling what runs is for those who may run grain code.</summary>
    internal void Stop() => _timer.Dispose();

    private void FallDue()
    {
        lock (_lock)
        {
            if (_isTicking)
            {
                // It was changed while a tick waited or ran, and fell due before that one ended: then the period starts at the end.
                _isChanged = false;
                return;
            }

            _isTicking = true;
            _isChanged = false;
        }

        var isExclusive = !_options.Interleave && !_activation.GrainClass.IsReentrant;
        _activation.TryAccept(new Tick(this) { Interleaving = isExclusive ? Interleaving.Exclusive : Interleaving.Always });
    }

    private void Rearm()
    {
        lock (_lock)
        {
            _isTicking = false;
            if (!_isChanged)
            {
                _timer.Change(_period, Timeout.InfiniteTimeSpan);
            }
        }
    }

    private sealed class Tick(GrainTimer timer) : Request
    {
        internal override bool CountsAsUse => timer._options.KeepAlive;

        internal override bool EndsWithActivation => true;

        internal override void Fail(Exception exception)
        {
        }

        protected override Task Invoke(object grain) => timer._callback(timer._ended.Token);

        protected override void Complete(Task work)
        {
            if (work.Exception is { InnerException: { } failure })
            {
                timer._activation.Node.Logger.TimerFailed(failure, timer._activation.ToString());
            }

            timer.Rearm();
        }
    }
}
