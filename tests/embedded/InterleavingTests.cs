using Orleans.Runtime;

namespace Payments.Tests.Embedded;

public sealed class InterleavingTests
{
    private readonly World _world = new();

    [Fact]
    public async Task A_request_waits_for_the_one_before_it_to_end()
    {
        var grain = _world.StartNode().Grains.GetGrain<IGateGrain>("g");
        var first = _world.Start(() => grain.Pass("a"));
        var second = _world.Start(() => grain.Pass("b"));
        Assert.Equal(["activated", "a starts"], _world.Stage.Trace);
        await OpenAsync("b", "a");
        await first;
        await second;
        Assert.Equal(["activated", "a starts", "a ends", "b starts", "b ends"], _world.Stage.Trace);
    }

    [Fact]
    public async Task An_interleaving_method_runs_beside_any_other_and_blocks_none()
    {
        var grain = _world.StartNode().Grains.GetGrain<IGateGrain>("g");
        _ = _world.Start(() => grain.Peek("peek"));
        _ = _world.Start(() => grain.Pass("a"));
        _ = _world.Start(() => grain.Pass("b"));
        _ = _world.Start(() => grain.Peek("peek again"));
        Assert.Equal(["activated", "peek starts", "a starts", "peek again starts"], _world.Stage.Trace);
        await OpenAsync("a");
        Assert.Equal(["a ends", "b starts"], _world.Stage.Trace[^2..]);
    }

    [Fact]
    public async Task Reading_methods_interleave_with_each_other_only()
    {
        var grain = _world.StartNode().Grains.GetGrain<IGateGrain>("g");
        _ = _world.Start(() => grain.Look("r1"));
        _ = _world.Start(() => grain.Look("r2"));
        _ = _world.Start(() => grain.Pass("w"));
        _ = _world.Start(() => grain.Look("r3"));
        Assert.Equal(["activated", "r1 starts", "r2 starts"], _world.Stage.Trace);
        await OpenAsync("r1");
        Assert.Equal("r1 ends", _world.Stage.Trace[^1]);
        await OpenAsync("r2");
        Assert.Equal(["r2 ends", "w starts"], _world.Stage.Trace[^2..]);
        await OpenAsync("w");
        Assert.Equal(["w ends", "r3 starts"], _world.Stage.Trace[^2..]);
    }

    [Fact]
    public async Task All_requests_of_a_reentrant_class_interleave()
    {
        var grain = _world.StartNode().Grains.GetGrain<IReentrantGateGrain>("g");
        _ = _world.Start(() => grain.Pass("a"));
        _ = _world.Start(() => grain.Pass("b"));
        Assert.Equal(["activated", "a starts", "b starts"], _world.Stage.Trace);
        await OpenAsync("b");
        Assert.Equal("b ends", _world.Stage.Trace[^1]);
    }

    [Fact]
    public async Task An_interleaving_request_that_came_during_activation_does_not_wait_for_others()
    {
        var grain = _world.StartNode().Grains.GetGrain<IGateGrain>("g");
        await _world.Start(() =>
        {
            _ = grain.Pass("a");
            _ = grain.Pass("b");
            _ = grain.Peek("peek");
            return Task.CompletedTask;
        });
        Assert.Equal(["a starts", "activated", "peek starts"], _world.Stage.Trace.Order());
    }

    [Fact]
    public async Task Beyond_its_bound_a_queue_refuses_calls()
    {
        var node = _world.StartNode(options => options with { MaxQueuedRequests = 3 });
        var grain = node.Grains.GetGrain<IGateGrain>("g");
        var calls = Enumerable.Range(0, 5).Select(_ => _world.Start(() => grain.Pass("a"))).ToList();
        Assert.Equal((3, 4), (node.Snapshot().LongestQueue, node.Snapshot().OpenRequests));
        await Assert.ThrowsAsync<LimitExceededException>(() => calls[4]);
        await OpenAsync("a");
        await Task.WhenAll(calls[..4]);
        Assert.Equal(0, node.Snapshot().OpenRequests);
    }

    private Task OpenAsync(params string[] gates)
    {
        Array.ForEach(gates, _world.Stage.Open);
        _world.Scheduler.RunUntilIdle();
        return Task.CompletedTask;
    }
}
