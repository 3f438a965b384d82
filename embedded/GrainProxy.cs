using System.Reflection;
using Orleans.Runtime;

namespace Payments.Embedded;

/// <summary>A reference to a grain. Each interface has one prototype per node, and references are clones of it.</summary>
internal class GrainProxy : DispatchProxy, IAddressable
{
    internal EmbeddedNode Node { get; private set; } = null!;

    internal GrainClass GrainClass { get; private set; } = null!;

    internal string Key { get; private set; } = "";

    /// <summary>References to one grain are equal, whatever their interfaces.</summary>
    public override bool Equals(object? obj) => obj is GrainProxy other && other.GrainClass == GrainClass && other.Key == Key;

    /// <inheritdoc/>
    public override int GetHashCode() => Key.GetHashCode(StringComparison.Ordinal);

    /// <inheritdoc/>
    public override string ToString() => $"{GrainClass.Name}/{Key}";

    internal static GrainProxy Prototype(Type grainInterface, EmbeddedNode node, GrainClass grainClass)
    {
        var prototype = (GrainProxy)Create(grainInterface, typeof(GrainProxy));
        (prototype.Node, prototype.GrainClass) = (node, grainClass);
        return prototype;
    }

    internal GrainProxy For(string key)
    {
        var reference = (GrainProxy)MemberwiseClone();
        reference.Key = key;
        return reference;
    }

    /// <inheritdoc/>
    protected override object Invoke(MethodInfo? targetMethod, object?[]? args) =>
        Node.Call(GrainClass, Key, GrainMethod.Of(targetMethod!), args!);
}
