namespace Orleans.Placement;

// One process has one place; grains declare where theirs would be, so that the same code runs on a cluster.

/// <summary>Where a grain is activated that is active nowhere.</summary>
[AttributeUsage(AttributeTargets.Class, AllowMultiple = false)]
public abstract class PlacementAttribute : Attribute
{
    private protected PlacementAttribute()
    {
    }
}

/// <summary>On a node that has most to spare, of processor and memory.</summary>
[AttributeUsage(AttributeTargets.Class, AllowMultiple = false)]
public sealed class ResourceOptimizedPlacementAttribute : PlacementAttribute;

/// <summary>On the node that calls it; on any where the caller is no node.</summary>
[AttributeUsage(AttributeTargets.Class, AllowMultiple = false)]
public sealed class PreferLocalPlacementAttribute : PlacementAttribute;

/// <summary>On any node.</summary>
[AttributeUsage(AttributeTargets.Class, AllowMultiple = false)]
public sealed class RandomPlacementAttribute : PlacementAttribute;
