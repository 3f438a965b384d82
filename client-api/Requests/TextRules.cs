using System.Text.Json;
using Payments.ClientApi.Errors;
using Payments.Domain;

namespace Payments.ClientApi.Requests;

/// <summary>
/// What holds for every name and every text of a body, however deep: no control characters, no half characters, no card numbers, no name
/// twice in one object. It runs before anything is understood, so that a card number in a field that nobody knows is named as what it is.
/// </summary>
internal static class TextRules
{
    /// <summary>The first breach; null when there is none. Depth was bounded when it was parsed.</summary>
    /// <param name="path">Where the value stands, e.g. <c>metadata.order</c>; null at the top, or when a name is nothing to repeat.</param>
    public static Problem? Check(JsonElement value, string? path) => value.ValueKind switch
    {
        JsonValueKind.Object => CheckObject(value, path),
        JsonValueKind.Array => value.EnumerateArray().Select(item => Check(item, path)).FirstOrDefault(problem => problem is not null),
        JsonValueKind.String => CheckText(Decode(value.GetString), path),
        _ => null,
    };

    /// <summary>A name that is fit to be repeated in an answer: what our own fields look like, and no card number.</summary>
    public static string? Repeatable(string name) =>
        name.Length is > 0 and <= 64 && name.All(letter => char.IsAsciiLetterOrDigit(letter) || letter == '_') && !CardNumber.IsIn(name) ? name : null;

    private static Problem? CheckObject(JsonElement value, string? path)
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (var property in value.EnumerateObject())
        {
            var name = Decode(() => property.Name);
            if (CheckText(name, path) is { } wrongName)
            {
                return wrongName;
            }

            var inner = Repeatable(name!) is not { } shown ? path : path is null ? shown : $"{path}.{shown}";
            var problem = names.Add(name!) ? Check(property.Value, inner) : Problems.FieldRepeated(inner);
            if (problem is not null)
            {
                return problem;
            }
        }

        return null;
    }

    private static Problem? CheckText(string? text, string? path) =>
        text is null ? Invalid(path, "must hold whole Unicode characters: half of a surrogate pair is none")
        : text.Any(char.IsControl) ? Invalid(path, "must not hold control characters")
        // The check digits of an account number tell it from a card's.
        : CardNumber.IsIn(text) && !Iban.IsValid(text) ? Problems.CardNumberRefused(path)
        : null;

    private static Problem Invalid(string? path, string rule) =>
        path is null ? Problems.InvalidJson($"Every name and text {rule}.") : Problems.FieldInvalid(path, rule);

    // The reader meets an escaped half of a surrogate pair only when the text is decoded, and has no other way to say so.
    private static string? Decode(Func<string?> text)
    {
        try
        {
            return text();
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }
}
