using Microsoft.Extensions.DependencyInjection;
using Orleans.Metadata;
using Orleans.Runtime;

namespace Payments.Tests.Engines;

/// <summary>Where grains are put is what docs/engines.md says, also with another version of Orleans.</summary>
public sealed class PlacementTests
{
    [Fact]
    public async Task Grains_are_put_where_there_is_the_most_to_spare_stated_or_by_default()
    {
        await using var node = await OrleansNode.StartAsync();
        Assert.IsType<ResourceOptimizedPlacement>(node.Services.GetRequiredService<PlacementStrategy>());
        var manifest = node.Services.GetRequiredService<IClusterManifestProvider>().LocalGrainManifest;
        foreach (var grain in new[] { "payment", "ledgeraccount" })
        {
            Assert.Equal(nameof(ResourceOptimizedPlacement), manifest.Grains[GrainType.Create(grain)].Properties[WellKnownGrainTypeProperties.PlacementStrategy]);
        }
    }
}
