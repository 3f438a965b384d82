using Orleans.Runtime;
using Payments.Embedded;

namespace Orleans;

/// <summary>What can be asked of a grain and of a reference alike.</summary>
public static class GrainExtensions
{
    /// <summary>The key of the grain.</summary>
    public static string GetPrimaryKeyString(this IAddressable grain) => Identify(grain).Key;

    /// <summary>A reference to the same grain, by that interface. A grain calls itself through one, and hands one out instead of itself.</summary>
    public static TGrainInterface AsReference<TGrainInterface>(this IAddressable grain)
    {
        var (node, grainClass, key) = Identify(grain);
        return (TGrainInterface)(object)node.GetReference(typeof(TGrainInterface), grainClass, key);
    }

    private static (EmbeddedNode Node, GrainClass GrainClass, string Key) Identify(IAddressable grain) => grain switch
    {
        Grain { Activation: var activation } => (activation.Node, activation.GrainClass, activation.Key),
        GrainProxy proxy => (proxy.Node, proxy.GrainClass, proxy.Key),
        null => throw new ArgumentNullException(nameof(grain)),
        _ => throw new ArgumentException($"{grain.GetType().FullName} is neither a grain nor a reference to one.", nameof(grain)),
    };
}
