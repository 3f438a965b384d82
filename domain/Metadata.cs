using System.Collections.Immutable;
using System.Text.Json;

namespace Payments.Domain;

/// <summary>What a merchant keeps with a payment or operation for its own use: names and texts, never interpreted here.</summary>
public static class Metadata
{
    public const int MaxEntries = 50;
    public const int MaxName = 40;
    public const int MaxValue = 500;

    public static ImmutableSortedDictionary<string, string> Empty { get; } = ImmutableSortedDictionary.Create<string, string>(StringComparer.Ordinal);

    /// <summary>Whether a text can be a name: 1 to 40 letters, digits or <c>_ - .</c>.</summary>
    public static bool IsName(string text) =>
        text.Length is > 0 and <= MaxName && text.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '_' or '-' or '.');

    /// <summary>The canonical JSON, sorted by name; null when there is nothing to keep.</summary>
    public static string? ToJson(this ImmutableSortedDictionary<string, string> metadata) => metadata.IsEmpty ? null : JsonSerializer.Serialize(metadata);

    /// <summary>Reads what <see cref="ToJson"/> wrote, in whatever order the database keeps it.</summary>
    public static ImmutableSortedDictionary<string, string> FromJson(string? json) => json is null
        ? Empty
        : JsonSerializer.Deserialize<Dictionary<string, string>>(json)!.ToImmutableSortedDictionary(StringComparer.Ordinal);
}
