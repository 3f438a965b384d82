using Xunit.Abstractions;

namespace Payments.Tests.Embedded;

/// <summary>Measures the whole process, so nothing else may run.</summary>
[Collection(nameof(MemoryTests))]
[CollectionDefinition(nameof(MemoryTests), DisableParallelization = true)]
public sealed class MemoryTests(ITestOutputHelper output)
{
    [Fact]
    public void An_idle_activation_costs_a_few_hundred_bytes()
    {
        const int Count = 60_000;
        var world = new World();
        var node = world.StartNode();
        var keys = Enumerable.Range(0, Count).Select(i => $"merchant/pay_{i}").ToArray();
        Use(keys[..1]);
        var before = GC.GetTotalMemory(forceFullCollection: true);
        Use(keys);
        world.Advance(2);
        var each = (GC.GetTotalMemory(forceFullCollection: true) - before) / Count;
        output.WriteLine($"{each} bytes an activation, its grain included, its key not");
        Assert.Equal(Count, node.Snapshot().Activations["counter"]);
        Assert.InRange(each, 1, 400);
        GC.KeepAlive(keys);

        void Use(string[] some)
        {
            foreach (var key in some)
            {
                var call = node.Grains.GetGrain<ICounterReader>(key).Count();
                world.Scheduler.RunUntilIdle();
                Assert.True(call.IsCompletedSuccessfully);
            }
        }
    }
}
