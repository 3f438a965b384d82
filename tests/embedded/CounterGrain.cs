using Orleans;

namespace Payments.Tests.Embedded;

/// <summary>Loses counts unless its requests run one at a time.</summary>
internal interface ICounterGrain : IGrainWithStringKey
{
    Task<int> Increment();

    Task<int> IncrementOther(string key, CancellationToken cancellationToken);

    Task<bool> StaysOnItsScheduler();

    Task Throw(string message);

    Task<int> ThrowLater(string message);

    Task<int> NullTask();
}

/// <summary>A second face of the same grain.</summary>
internal interface ICounterReader : IGrainWithStringKey
{
    Task<int> Count();
}

internal sealed class CounterGrain : Grain, ICounterGrain, ICounterReader
{
    private int _count;

    public async Task<int> Increment()
    {
        var before = _count;
        await Task.Yield();
        return _count = before + 1;
    }

    public async Task<int> IncrementOther(string key, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return await GrainFactory.GetGrain<ICounterGrain>(key).Increment();
    }

    public async Task<bool> StaysOnItsScheduler()
    {
        var own = TaskScheduler.Current;
        await GrainFactory.GetGrain<ICounterGrain>("other").Increment();
        var afterCall = TaskScheduler.Current == own;
        var inStarted = await Task.Factory.StartNew(() => TaskScheduler.Current == own, CancellationToken.None, TaskCreationOptions.None, TaskScheduler.Current);
        return own != TaskScheduler.Default && afterCall && inStarted && TaskScheduler.Current == own;
    }

    public Task Throw(string message) => throw new FormatException(message);

    public async Task<int> ThrowLater(string message)
    {
        await Task.Yield();
        throw new FormatException(message);
    }

    public Task<int> NullTask() => null!;

    public Task<int> Count() => Task.FromResult(_count);
}
