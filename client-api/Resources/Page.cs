using System.ComponentModel;

namespace Payments.ClientApi.Resources;

/// <summary>A part of a list.</summary>
internal sealed record Page<T>
{
    [OneOf("list")]
    public string Object => "list";

    [Description("In order.")]
    public required IReadOnlyList<T> Data { get; init; }

    [Description("Whether there is more behind the last one.")]
    public bool HasMore => NextCursor is not null;

    [Description("Ask again with this as cursor for what comes next; null at the end.")]
    public required string? NextCursor { get; init; }
}
