using Payments.Embedded;

namespace Payments.Tests.Embedded;

public sealed class ReminderTests
{
    private static readonly TimeSpan s_minute = TimeSpan.FromMinutes(1);
    private readonly World _world = new();

    private int Reminded => _world.Stage.Trace.Count(line => line.Contains("is reminded", StringComparison.Ordinal));

    [Fact]
    public async Task A_reminder_wakes_its_grain_after_a_restart_of_the_node()
    {
        var node = _world.StartNode();
        await RemindAsync(node, "r", "retry");
        await _world.Start(() => node.StopAsync(CancellationToken.None));
        _world.Advance(30);
        Assert.Equal(0, Reminded);

        _world.StartNode();
        _world.Advance(40);
        Assert.Equal(1, Reminded);
        _world.Advance(60);
        Assert.Equal(2, Reminded);
    }

    [Fact]
    public async Task Ticks_missed_while_no_node_ran_become_one()
    {
        var node = _world.StartNode();
        await RemindAsync(node, "r", "retry");
        node.Kill();
        _world.Advance(600);
        _world.StartNode();
        _world.Advance(2);
        Assert.Equal(1, Reminded);
    }

    [Fact]
    public async Task Nodes_that_share_a_store_fire_each_tick_once()
    {
        var first = _world.StartNode();
        _world.StartNode();
        for (var i = 0; i < 50; i++)
        {
            await RemindAsync(first, $"r{i}", "retry");
        }

        _world.Advance(62);
        Assert.Equal(50, Reminded);
        _world.Advance(60);
        Assert.Equal(100, Reminded);
    }

    [Fact]
    public async Task A_reminder_can_be_found_and_ended()
    {
        var grain = _world.StartNode().Grains.GetGrain<ITickingGrain>("r");
        await _world.Start(() => grain.Remind("a", s_minute, s_minute));
        await _world.Start(() => grain.Remind("b", s_minute, s_minute));
        await _world.Start(() => grain.Forget("a"));
        await _world.Start(() => grain.Forget("a"));
        Assert.Equal(["b"], await _world.Start(grain.Reminders));
        _world.Advance(62);
        Assert.Equal(1, Reminded);
    }

    [Fact]
    public async Task A_reminder_that_fails_or_a_store_that_is_down_does_not_end_reminders()
    {
        var node = _world.StartNode();
        await RemindAsync(node, "r", "bad");
        _world.Reminders.IsDown = true;
        _world.Advance(90);
        Assert.Equal(0, Reminded);
        _world.Reminders.IsDown = false;
        _world.Advance(90);
        Assert.Equal(2, Reminded);
    }

    [Fact]
    public async Task A_grain_that_does_not_answer_takes_one_place_and_delays_no_other()
    {
        var node = _world.StartNode(options => options with { ReminderConcurrency = 2 });
        await RemindAsync(node, "stuck", "retry");
        await RemindAsync(node, "r1", "retry");
        await RemindAsync(node, "r2", "retry");
        _ = _world.Start(() => node.Grains.GetGrain<ITickingGrain>("stuck").Hold("hold"));
        _world.Advance(65);
        Assert.Equal(2, Reminded);
    }

    [Fact]
    public async Task A_reminder_has_a_period_of_a_minute_at_least()
    {
        var grain = _world.StartNode().Grains.GetGrain<ITickingGrain>("r");
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => _world.Start(() => grain.Remind("a", TimeSpan.Zero, TimeSpan.FromSeconds(59))));
    }

    [Theory]
    [InlineData(-1, 0)]
    [InlineData(0, 60)]
    [InlineData(59, 60)]
    [InlineData(60, 120)]
    [InlineData(301, 360)]
    public void Ticks_keep_their_phase(int now, int next)
    {
        var first = new DateTimeOffset(2030, 1, 1, 0, 0, 0, TimeSpan.Zero);
        var reminder = new Reminder("ticking", "r", "a", first, s_minute, first);
        Assert.Equal(first.AddSeconds(next), reminder.NextAfter(first.AddSeconds(now)));
    }

    private Task RemindAsync(EmbeddedNode node, string key, string name) =>
        _world.Start(() => node.Grains.GetGrain<ITickingGrain>(key).Remind(name, s_minute, s_minute));
}
