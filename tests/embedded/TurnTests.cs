using Orleans;
using Payments.Embedded;

namespace Payments.Tests.Embedded;

public sealed class TurnTests
{
    [Fact]
    public async Task Concurrent_calls_of_one_grain_run_one_at_a_time()
    {
        var world = new World();
        var node = world.StartNode();
        await world.Start(() => Task.WhenAll(Enumerable.Range(0, 1000).Select(_ => node.Grains.GetGrain<ICounterGrain>("c").Increment())));
        Assert.Equal(1000, await world.Start(() => node.Grains.GetGrain<ICounterReader>("c").Count()));
        Assert.Equal(1, node.Snapshot().Activations["counter"]);
    }

    [Fact]
    public async Task Concurrent_calls_run_one_at_a_time_on_real_threads()
    {
        await using var node = new EmbeddedNode(World.OptionsFor(new Stage()));
        var callers = Enumerable.Range(0, 8).Select(_ => Task.Run(async () =>
        {
            for (var i = 0; i < 2_000; i++)
            {
                await node.Grains.GetGrain<ICounterGrain>("c").IncrementOther($"k{i % 3}", CancellationToken.None);
            }
        }));
        await Task.WhenAll(callers);
        var counts = await Task.WhenAll(Enumerable.Range(0, 3).Select(i => node.Grains.GetGrain<ICounterReader>($"k{i}").Count()));
        Assert.Equal(16_000, counts.Sum());
    }

    [Fact]
    public async Task What_a_turn_awaits_or_starts_stays_on_the_scheduler_of_its_activation()
    {
        var world = new World();
        var node = world.StartNode();
        Assert.True(await world.Start(() => node.Grains.GetGrain<ICounterGrain>("c").StaysOnItsScheduler()));
    }

    [Fact]
    public async Task An_ambient_synchronization_context_does_not_take_turns_away()
    {
        await using var node = new EmbeddedNode(World.OptionsFor(new Stage()) with { Scheduler = new ContextualScheduler() });
        Assert.True(await node.Grains.GetGrain<ICounterGrain>("c").StaysOnItsScheduler());
    }

    [Fact]
    public async Task An_exception_reaches_the_caller_with_its_type_and_stack()
    {
        var world = new World();
        var node = world.StartNode();
        var grain = node.Grains.GetGrain<ICounterGrain>("c");
        var atOnce = await Assert.ThrowsAsync<FormatException>(() => world.Start(() => grain.Throw("one")));
        var later = await Assert.ThrowsAsync<FormatException>(() => world.Start(() => grain.ThrowLater("two")));
        Assert.Contains(nameof(CounterGrain), atOnce.StackTrace, StringComparison.Ordinal);
        Assert.Contains(nameof(CounterGrain.ThrowLater), later.StackTrace, StringComparison.Ordinal);
        await Assert.ThrowsAsync<InvalidOperationException>(() => world.Start(grain.NullTask));
        Assert.Equal(1, await world.Start(grain.Increment));
    }

    [Fact]
    public async Task A_cancellation_token_reaches_the_grain_and_its_cancellation_the_caller()
    {
        var world = new World();
        var node = world.StartNode();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() =>
            world.Start(() => node.Grains.GetGrain<ICounterGrain>("c").IncrementOther("d", new CancellationToken(canceled: true))));
    }

    [Fact]
    public void References_to_one_grain_are_equal_and_know_their_key()
    {
        var node = new World().StartNode();
        var reference = node.Grains.GetGrain<ICounterGrain>("c");
        Assert.Equal("c", reference.GetPrimaryKeyString());
        Assert.Equal<object>(reference, reference.AsReference<ICounterReader>());
        Assert.NotEqual(reference, node.Grains.GetGrain<ICounterGrain>("d"));
        Assert.Empty(node.Snapshot().Activations);
    }

    [Fact]
    public void An_interface_of_several_classes_needs_the_name_of_one()
    {
        var node = new World().StartNode();
        Assert.Throws<ArgumentException>(() => node.Grains.GetGrain(typeof(IGates), "g"));
    }

    [Fact]
    public void A_grain_is_not_constructed_by_hand() => Assert.Throws<InvalidOperationException>(() => new CounterGrain());

    /// <summary>Runs its tasks under a synchronization context, as some test runners and user interfaces do.</summary>
    private sealed class ContextualScheduler : TaskScheduler
    {
        protected override void QueueTask(Task task) => new Task(() =>
        {
            SynchronizationContext.SetSynchronizationContext(new SynchronizationContext());
            TryExecuteTask(task);
            SynchronizationContext.SetSynchronizationContext(null);
        }).Start(Default);

        protected override bool TryExecuteTaskInline(Task task, bool taskWasPreviouslyQueued) => false;

        protected override IEnumerable<Task> GetScheduledTasks() => [];
    }
}
