using Orleans.Runtime;
using Payments.Embedded;

namespace Payments.Tests.Embedded;

public sealed class LifecycleTests
{
    private readonly World _world = new();

    [Fact]
    public async Task An_idle_activation_is_collected_and_the_next_call_makes_another()
    {
        var node = _world.StartNode();
        var grain = node.Grains.GetGrain<IGateGrain>("g");
        _world.Stage.Open("a");
        await _world.Start(() => grain.Pass("a"));
        _world.Advance(59);
        Assert.Single(node.Snapshot().Activations);
        _world.Advance(4);
        Assert.Empty(node.Snapshot().Activations);
        await _world.Start(() => grain.Pass("a"));
        Assert.Equal(["activated", "a starts", "a ends", "deactivated: ActivationIdle", "activated", "a starts", "a ends"], _world.Stage.Trace);
    }

    [Fact]
    public async Task A_running_request_and_a_delay_keep_an_activation()
    {
        var node = _world.StartNode();
        var grain = node.Grains.GetGrain<IGateGrain>("busy");
        _ = _world.Start(() => grain.Peek("a"));
        await _world.Start(() => node.Grains.GetGrain<IGateGrain>("delayed").Stay(TimeSpan.FromSeconds(100)));
        _world.Advance(90);
        Assert.Equal(2, node.Snapshot().Activations["gate"]);
        _world.Advance(15);
        Assert.Equal(1, node.Snapshot().Activations["gate"]);
        _world.Stage.Open("a");
        _world.Advance(70);
        Assert.Empty(node.Snapshot().Activations);
    }

    [Fact]
    public async Task Deactivation_waits_for_the_current_request_and_forwards_the_others_in_order()
    {
        var grain = _world.StartNode().Grains.GetGrain<IGateGrain>("g");
        var calls = new[] { _world.Start(() => grain.PassAndLeave("a")), _world.Start(() => grain.Pass("b")), _world.Start(() => grain.Pass("c")) };
        Assert.Equal(["activated", "a starts"], _world.Stage.Trace);
        Array.ForEach(["a", "b", "c"], _world.Stage.Open);
        _world.Scheduler.RunUntilIdle();
        await Task.WhenAll(calls);
        Assert.Equal(
            ["activated", "a starts", "a ends", "deactivated: ApplicationRequested", "activated", "b starts", "b ends", "c starts", "c ends"],
            _world.Stage.Trace);
    }

    [Fact]
    public async Task An_activation_that_fails_fails_its_callers_and_the_next_call_tries_again()
    {
        var node = _world.StartNode();
        var grain = node.Grains.GetGrain<IChurnGrain>("g");
        _world.Stage.ActivationFails = true;
        var calls = new[] { _world.Start(grain.Touch), _world.Start(grain.Touch) };
        foreach (var call in calls)
        {
            Assert.Equal("The activation fails.", (await Assert.ThrowsAsync<FormatException>(() => call)).Message);
        }

        Assert.Empty(node.Snapshot().Activations);
        _world.Stage.ActivationFails = false;
        await _world.Start(grain.Touch);
        Assert.Equal(0, node.Snapshot().OpenRequests);
    }

    [Fact]
    public async Task Calls_are_neither_lost_nor_doubled_while_activations_come_and_go_on_real_threads()
    {
        var stage = new Stage();
        await using var node = new EmbeddedNode(World.OptionsFor(stage) with { CollectionAge = TimeSpan.FromMilliseconds(1), Quantum = TimeSpan.FromMilliseconds(1) });
        await node.StartAsync();
        await Task.WhenAll(Enumerable.Range(0, 50).Select(caller => Task.Run(async () =>
        {
            for (var i = 0; i < 2_000; i++)
            {
                await node.Grains.GetGrain<IChurnGrain>($"k{(caller + i) % 7}").Touch();
            }
        })));
        Assert.Equal(100_000, stage.Touches);
        Assert.Equal(0, stage.Overlaps);
        Assert.Equal(0, node.Snapshot().OpenRequests);
        Assert.True(stage.Deactivations > 1_000, $"Only {stage.Deactivations} deactivations: nothing was raced.");
    }

    [Fact]
    public async Task A_caller_waits_for_the_response_timeout_and_the_request_goes_on()
    {
        var grain = _world.StartNode().Grains.GetGrain<IGateGrain>("g");
        var call = _world.Start(() => grain.Pass("a"));
        _world.Advance(29);
        Assert.False(call.IsCompleted);
        _world.Advance(3);
        await Assert.ThrowsAsync<TimeoutException>(() => call);
        _world.Stage.Open("a");
        _world.Scheduler.RunUntilIdle();
        Assert.Equal("a ends", _world.Stage.Trace[^1]);
    }

    [Fact]
    public async Task A_method_can_have_a_response_timeout_of_its_own()
    {
        var call = _world.Start(() => _world.StartNode().Grains.GetGrain<IGateGrain>("g").PassQuickly("a"));
        _world.Advance(7);
        await Assert.ThrowsAsync<TimeoutException>(() => call);
    }

    [Fact]
    public async Task A_request_whose_caller_has_given_up_never_starts()
    {
        var node = _world.StartNode();
        var grain = node.Grains.GetGrain<IGateGrain>("g");
        _ = _world.Start(() => grain.Pass("a"));
        var late = _world.Start(() => grain.Pass("b"));
        _world.Advance(32);
        await Assert.ThrowsAsync<TimeoutException>(() => late);
        _world.Stage.Open("a");
        _world.Scheduler.RunUntilIdle();
        Assert.Equal(["activated", "a starts", "a ends"], _world.Stage.Trace);
        Assert.Equal(0, node.Snapshot().OpenRequests);
    }

    [Fact]
    public async Task A_grain_that_awaits_a_call_to_itself_times_out()
    {
        var call = _world.Start(() => _world.StartNode().Grains.GetGrain<IGateGrain>("g").CallYourself());
        _world.Advance(40);
        await Assert.ThrowsAsync<TimeoutException>(() => call);
        Assert.Equal(["activated"], _world.Stage.Trace);
    }

    [Fact]
    public async Task Stopping_lets_requests_end_and_call_others_then_deactivates_all()
    {
        var node = _world.StartNode();
        var running = _world.Start(() => node.Grains.GetGrain<IChurnGrain>("g").PassAndTouch("a", "other"));
        await _world.Start(() => node.Grains.GetGrain<IGateGrain>("idle").Stay(TimeSpan.Zero));
        var stopped = _world.Start(() => node.StopAsync(CancellationToken.None));
        await Assert.ThrowsAsync<SiloUnavailableException>(() => _world.Start(() => node.Grains.GetGrain<IChurnGrain>("new").Touch()));
        Assert.False(stopped.IsCompleted);
        Assert.DoesNotContain("deactivated: ShuttingDown", _world.Stage.Trace);
        _world.Stage.Open("a");
        _world.Scheduler.RunUntilIdle();
        Assert.True(stopped.IsCompletedSuccessfully);
        await running;
        Assert.Contains("deactivated: ShuttingDown", _world.Stage.Trace);
        Assert.Equal(2, _world.Stage.Deactivations);
        Assert.Empty(node.Snapshot().Activations);
    }

    [Fact]
    public async Task Stopping_ends_when_its_time_is_up()
    {
        var node = _world.StartNode();
        var stuck = _world.Start(() => node.Grains.GetGrain<IGateGrain>("g").Pass("a"));
        using var deadline = new CancellationTokenSource();
        var stopped = _world.Start(() => node.StopAsync(deadline.Token));
        Assert.False(stopped.IsCompleted);
        await deadline.CancelAsync();
        _world.Scheduler.RunUntilIdle();
        Assert.True(stopped.IsCompletedSuccessfully);
        await Assert.ThrowsAsync<SiloUnavailableException>(() => stuck);
    }

    [Fact]
    public async Task A_node_that_is_killed_while_it_stops_has_stopped()
    {
        var node = _world.StartNode();
        _ = _world.Start(() => node.Grains.GetGrain<IGateGrain>("g").Pass("a"));
        var stopped = _world.Start(() => node.StopAsync(CancellationToken.None));
        node.Kill();
        _world.Scheduler.RunUntilIdle();
        await stopped;
        Assert.DoesNotContain("deactivated: ShuttingDown", _world.Stage.Trace);
    }

    [Fact]
    public async Task A_killed_node_never_runs_again_and_callers_from_outside_are_told()
    {
        var node = _world.StartNode();
        var grain = node.Grains.GetGrain<IGateGrain>("g");
        await _world.Start(() => node.Grains.GetGrain<ITickingGrain>("t").StartTimer("a", new(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(1))));
        var running = _world.Start(() => grain.Pass("a"));
        var waiting = _world.Start(() => grain.Pass("b"));
        var ownWork = Task.Factory.StartNew(() => _world.Stage.Note("own work"), CancellationToken.None, TaskCreationOptions.None, node.Scheduler);
        node.Kill();
        _world.Stage.Open("a");
        _world.Advance(200);
        await Assert.ThrowsAsync<SiloUnavailableException>(() => running);
        await Assert.ThrowsAsync<SiloUnavailableException>(() => waiting);
        await Assert.ThrowsAsync<SiloUnavailableException>(() => _world.Start(() => grain.Pass("c")));
        Assert.False(ownWork.IsCompleted);
        Assert.Equal(["activated", "a starts"], _world.Stage.Trace);
        Assert.Equal(0, _world.Time.ArmedTimers);
        Assert.Empty(node.Snapshot().Activations);
    }

    [Fact]
    public async Task Every_caller_is_told_when_a_busy_node_is_killed_on_real_threads()
    {
        for (var round = 0; round < 20; round++)
        {
            var stage = new Stage();
            await using var node = new EmbeddedNode(World.OptionsFor(stage));
            var callers = Enumerable.Range(0, 16).Select(caller => Task.Run(async () =>
            {
                while (true)
                {
                    await node.Grains.GetGrain<IChurnGrain>($"k{caller % 3}").Touch();
                }
            })).ToList();
            Assert.True(SpinWait.SpinUntil(() => stage.Touches > 500, TimeSpan.FromSeconds(30)));
            node.Kill();
            foreach (var caller in callers)
            {
                await Assert.ThrowsAsync<SiloUnavailableException>(() => caller.WaitAsync(TimeSpan.FromSeconds(30)));
            }
        }
    }

    [Fact]
    public void A_seed_decides_everything_that_happens()
    {
        static List<string> Run(int seed)
        {
            var world = new World(seed);
            var nodes = new[] { world.StartNode(), world.StartNode() };
            for (var i = 0; i < 200; i++)
            {
                var (node, key) = (nodes[i % 2], $"k{i % 5}");
                _ = world.Start(() => Task.WhenAll(
                    node.Grains.GetGrain<IChurnGrain>(key).TouchAndNote(),
                    node.Grains.GetGrain<IChurnGrain>("hub").TouchAndNote(),
                    node.Grains.GetGrain<IGateGrain>(key).Pass($"gate {i % 3}")));
                world.Advance(i % 7);
                world.Stage.Open($"gate {i % 11}");
            }

            nodes[0].Kill();
            world.Advance(100);
            return world.Stage.Trace;
        }

        Assert.Equal(Run(7), Run(7));
        Assert.NotEqual(Run(7), Run(8));
    }
}
