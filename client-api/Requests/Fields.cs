using System.Text.Json;
using Payments.ClientApi.Errors;
using Payments.Domain;

namespace Payments.ClientApi.Requests;

/// <summary>
/// Takes the fields of a body one by one, each with its rule, and then says what was wrong first. A field that nobody took is unknown, so
/// the code that reads a body is all there is to say about what it may hold. A null counts as absent.
/// </summary>
internal sealed class Fields(JsonElement body)
{
    private readonly List<string> _taken = [];
    private Problem? _problem;

    /// <summary>The first thing that is wrong; null when the body is as it should be. To be asked when all fields are taken.</summary>
    public Problem? Problem => _problem ?? UnknownField();

    /// <summary>A required amount in minor units.</summary>
    public long Amount(string name) => Required(name, OptionalAmount(name)) ?? 0;

    /// <summary>An amount in minor units: digits only, so that nobody has to wonder what 1e2 or 19.99 would mean.</summary>
    public long? OptionalAmount(string name)
    {
        if (Take(name) is not { } value)
        {
            return null;
        }

        return value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out var amount) && amount is >= 1 and <= Money.MaxOperation
            ? amount
            : Refuse<long>(name, $"must be a whole number of minor units from 1 to {Money.MaxOperation}, written in digits only");
    }

    /// <summary>A required currency.</summary>
    public string Currency(string name)
    {
        var code = Take(name) is not { } value ? Required<string>(name, null)
            : value.ValueKind == JsonValueKind.String && Domain.Currency.TryParse(value.GetString(), out var currency) ? currency.Code
            : Refuse(name, "must be an ISO 4217 currency code that is taken here, in capital letters");
        return code ?? "";
    }

    /// <summary>A required token: visible ASCII characters.</summary>
    public string Token(string name, int most)
    {
        var token = Take(name) is not { } value ? Required<string>(name, null)
            : value.ValueKind == JsonValueKind.String && value.GetString() is { } text && IsToken(text, most) ? text
            : Refuse(name, $"must be a text of 1 to {most} visible ASCII characters");
        return token ?? "";
    }

    /// <summary>A text of 1 to <paramref name="most"/> characters, or null.</summary>
    public string? OptionalText(string name, int most)
    {
        if (Take(name) is not { } value)
        {
            return null;
        }

        return value.ValueKind == JsonValueKind.String && value.GetString() is { Length: > 0 } text && Characters(text) <= most
            ? text
            : Refuse(name, $"must be a text of 1 to {most} characters");
    }

    private static bool IsToken(string text, int most) => text.Length > 0 && text.Length <= most && !text.AsSpan().ContainsAnyExceptInRange('!', '~');

    // As people and JSON Schema count: a surrogate pair is one.
    private static int Characters(string text) => text.Count(unit => !char.IsLowSurrogate(unit));

    private JsonElement? Take(string name)
    {
        _taken.Add(name);
        return body.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null ? value : null;
    }

    private T? Required<T>(string name, T? value)
    {
        if (value is null)
        {
            _problem ??= Problems.FieldMissing(name);
        }

        return value;
    }

    private string? Refuse(string name, string rule)
    {
        _problem ??= Problems.FieldInvalid(name, rule);
        return null;
    }

    private T? Refuse<T>(string name, string rule) where T : struct
    {
        Refuse(name, rule);
        return null;
    }

    private Problem? UnknownField()
    {
        foreach (var property in body.EnumerateObject())
        {
            if (!_taken.Contains(property.Name))
            {
                return Problems.FieldUnknown(TextRules.Repeatable(property.Name), _taken);
            }
        }

        return null;
    }
}
