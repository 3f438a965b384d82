namespace Orleans;
[AttributeUsage(AttributeTargets.All)] public sealed class GenerateSerializerAttribute : Attribute;
[AttributeUsage(AttributeTargets.All)] public sealed class ImmutableAttribute : Attribute;
[AttributeUsage(AttributeTargets.All)] public sealed class IdAttribute(uint id) : Attribute { public uint Id => id; }
[AttributeUsage(AttributeTargets.All)] public sealed class AliasAttribute(string alias) : Attribute { public string Alias => alias; }
public interface IGrainWithStringKey;
