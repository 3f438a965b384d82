namespace Payments.Tests.Embedded;

/// <summary>What a node says of itself.</summary>
public sealed class SnapshotTests
{
    private readonly World _world = new();

    [Fact]
    public async Task Activations_queues_and_timers_are_those_of_now_by_grain_type()
    {
        var node = _world.StartNode();
        var gate = node.Grains.GetGrain<IGateGrain>("g");
        var calls = Enumerable.Range(0, 3).Select(_ => _world.Start(() => gate.Pass("a"))).ToList();
        calls.Add(_world.Start(() => node.Grains.GetGrain<IGateGrain>("h").Pass("a")));
        await _world.Start(() => node.Grains.GetGrain<ITickingGrain>("t").StartTimer("a", new() { DueTime = TimeSpan.FromSeconds(5), Period = TimeSpan.FromSeconds(5) }));

        var grains = node.Snapshot().Grains.ToDictionary(grain => grain.Name);
        Assert.Equal((2, 2, 2), (grains["gate"].Activations, grains["gate"].Waiting, grains["gate"].LongestQueue));
        Assert.Equal((1, 1), (grains["ticking"].Activations, grains["ticking"].Timers));
        Assert.Equal((0, 0L), (grains["counter"].Activations, grains["counter"].Turns));
        Assert.Equal(grains.Keys.Order(StringComparer.Ordinal), node.Snapshot().Grains.Select(grain => grain.Name));
    }

    [Fact]
    public async Task Turns_are_counted_and_measured_and_outlive_their_activation()
    {
        var node = _world.StartNode();
        await _world.Start(() => Task.WhenAll(Enumerable.Range(0, 100).Select(i => node.Grains.GetGrain<ICounterGrain>($"c{i % 2}").Increment())));
        var before = node.Snapshot().Grains.Single(grain => grain.Name == "counter");
        Assert.Equal((2, 302L), (before.Activations, before.Turns)); // a call that awaits once is three, with the engine's own await of it; beginning to live is one
        Assert.InRange(before.LongestTurn, TimeSpan.FromTicks(1), before.Busy);

        _world.Advance(100);
        var after = node.Snapshot().Grains.Single(grain => grain.Name == "counter");
        Assert.Equal((0, true), (after.Activations, after.Turns >= before.Turns));
    }
}
