using System.ComponentModel;

namespace Payments.ClientApi.Resources;

/// <summary>A part of a list.</summary>
internal sealed record Page<T>
{
    [OneOf("list")]
    public string Object => "list";

    [Description("In order.")]
    public required IReadOnlyList<T> Data { get; init; }

    [Description("Whether there is more behind the last one: ask again with its id as starting_after.")]
    public required bool HasMore { get; init; }
}
