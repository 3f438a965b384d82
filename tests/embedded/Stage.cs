using System.Collections.Concurrent;

namespace Payments.Tests.Embedded;

/// <summary>What test grains share with their test: a trace of what happened, and gates that hold them up until the test opens them.</summary>
internal sealed class Stage
{
    private readonly Dictionary<string, TaskCompletionSource> _gates = [];
    private readonly ConcurrentDictionary<string, int> _inside = new();
    private int _touches;
    private int _deactivations;
    private int _overlaps;

    public List<string> Trace { get; } = [];

    public bool ActivationFails { get; set; }

    public int Touches => _touches;

    public int Deactivations => _deactivations;

    public int Overlaps => _overlaps;

    public void CountTouch() => Interlocked.Increment(ref _touches);

    public void CountDeactivation() => Interlocked.Increment(ref _deactivations);

    public void Enter(string key)
    {
        if (_inside.AddOrUpdate(key, 1, (_, count) => count + 1) > 1)
        {
            Interlocked.Increment(ref _overlaps);
        }
    }

    public void Exit(string key) => _inside.AddOrUpdate(key, 0, (_, count) => count - 1);

    public void Note(string what) => Trace.Add(what);

    public Task Gate(string name)
    {
        if (!_gates.TryGetValue(name, out var gate))
        {
            _gates.Add(name, gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        }

        return gate.Task;
    }

    public void Open(string name)
    {
        _ = Gate(name);
        _gates[name].TrySetResult();
    }
}
