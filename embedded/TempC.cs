namespace Orleans.Concurrency;
[AttributeUsage(AttributeTargets.All)] public sealed class AlwaysInterleaveAttribute : Attribute;
[AttributeUsage(AttributeTargets.All)] public sealed class ReadOnlyAttribute : Attribute;
