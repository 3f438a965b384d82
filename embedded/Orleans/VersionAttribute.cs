namespace Orleans.CodeGeneration;

/// <summary>The version of this interface: nodes of different versions in one cluster know by it which calls they can take.</summary>
[AttributeUsage(AttributeTargets.Interface)]
public sealed class VersionAttribute(ushort version) : Attribute
{
    /// <summary>The number.</summary>
    public ushort Version { get; private set; } = version;
}
