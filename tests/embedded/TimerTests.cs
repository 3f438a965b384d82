using Orleans.Runtime;

namespace Payments.Tests.Embedded;

public sealed class TimerTests
{
    private readonly World _world = new();

    [Fact]
    public async Task A_timer_ticks_when_due_and_then_a_period_after_each_tick_has_ended()
    {
        var grain = await StartAsync("gate", Every(10));
        _world.Advance(9);
        Assert.Empty(_world.Stage.Trace);
        _world.Advance(1);
        Assert.Equal(["tick"], _world.Stage.Trace);
        _world.Advance(25);
        Assert.Equal(["tick"], _world.Stage.Trace);
        Open("gate");
        _world.Advance(9);
        Assert.Equal(["tick", "tock"], _world.Stage.Trace);
        _world.Advance(1);
        Assert.Equal(["tick", "tock", "tick", "tock"], _world.Stage.Trace);
        await _world.Start(grain.StopTimer);
        _world.Advance(30);
        Assert.Equal(4, _world.Stage.Trace.Count);
    }

    [Fact]
    public async Task A_tick_waits_for_the_running_request_unless_it_interleaves()
    {
        Open("gate");
        var grain = await StartAsync("gate", Every(10));
        _ = _world.Start(() => grain.Hold("hold"));
        _world.Advance(10);
        Assert.Equal(["hold starts"], _world.Stage.Trace);
        Open("hold");
        Assert.Equal(["hold starts", "hold ends", "tick", "tock"], _world.Stage.Trace);
    }

    [Fact]
    public async Task An_interleaving_tick_runs_beside_a_request()
    {
        Open("gate");
        var grain = await StartAsync("gate", Every(10) with { Interleave = true });
        _ = _world.Start(() => grain.Hold("hold"));
        _world.Advance(10);
        Assert.Equal(["hold starts", "tick", "tock"], _world.Stage.Trace);
    }

    [Fact]
    public async Task A_request_waits_for_a_tick_to_end()
    {
        var grain = await StartAsync("gate", Every(10));
        _world.Advance(10);
        _ = _world.Start(() => grain.Hold("hold"));
        Assert.Equal(["tick"], _world.Stage.Trace);
        Open("gate");
        Assert.Equal(["tick", "tock", "hold starts"], _world.Stage.Trace);
    }

    [Fact]
    public async Task A_timer_without_a_period_ticks_once_and_can_be_set_again()
    {
        Open("gate");
        var grain = await StartAsync("gate", new GrainTimerCreationOptions(TimeSpan.FromSeconds(1), Timeout.InfiniteTimeSpan));
        _world.Advance(20);
        Assert.Equal(2, _world.Stage.Trace.Count);
        await _world.Start(() => grain.ChangeTimer(TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(5)));
        _world.Advance(11);
        Assert.Equal(6, _world.Stage.Trace.Count);
    }

    [Fact]
    public async Task A_timer_that_is_changed_and_falls_due_while_its_tick_waits_ticks_on_after_it()
    {
        Open("gate");
        var grain = await StartAsync("gate", Every(10));
        _ = _world.Start(() => grain.Hold("hold"));
        _world.Advance(10);
        await _world.Start(() => grain.NudgeTimer(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(3)));
        _world.Advance(5);
        Open("hold");
        Assert.Equal(["hold starts", "hold ends", "tick", "tock"], _world.Stage.Trace);
        _world.Advance(3);
        Assert.Equal(6, _world.Stage.Trace.Count);
    }

    [Fact]
    public async Task A_tick_that_fails_does_not_end_its_timer()
    {
        await StartAsync("fail", Every(10));
        _world.Advance(30);
        Assert.Equal(["tick", "tick", "tick"], _world.Stage.Trace);
    }

    [Fact]
    public async Task Timers_end_with_their_activation_and_keep_it_alive_only_if_told_so()
    {
        Open("gate");
        var node = _world.StartNode();
        await _world.Start(() => node.Grains.GetGrain<ITickingGrain>("idle").StartTimer("gate", Every(10)));
        await _world.Start(() => node.Grains.GetGrain<ITickingGrain>("kept").StartTimer("gate", Every(10) with { KeepAlive = true }));
        _world.Advance(75);
        Assert.Contains("idle deactivated: ActivationIdle", _world.Stage.Trace);
        Assert.Equal(1, node.Snapshot().Activations["ticking"]);
        _world.Stage.Trace.Clear();
        _world.Advance(20);
        Assert.Equal(["tick", "tock", "tick", "tock"], _world.Stage.Trace);
    }

    private static GrainTimerCreationOptions Every(int seconds) => new(TimeSpan.FromSeconds(seconds), TimeSpan.FromSeconds(seconds));

    private async Task<ITickingGrain> StartAsync(string gate, GrainTimerCreationOptions options)
    {
        var grain = _world.StartNode().Grains.GetGrain<ITickingGrain>("t");
        await _world.Start(() => grain.StartTimer(gate, options));
        return grain;
    }

    private void Open(string gate)
    {
        _world.Stage.Open(gate);
        _world.Scheduler.RunUntilIdle();
    }
}
