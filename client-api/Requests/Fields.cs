using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using Payments.ClientApi.Errors;
using Payments.Domain;
using Payments.Grains;

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

        return value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out var amount) && FieldRules.IsAmount(amount)
            ? amount
            : Refuse<long>(name, FieldRules.AmountRule);
    }

    /// <summary>A required currency.</summary>
    public string Currency(string name)
    {
        var code = Take(name) is not { } value ? Required<string>(name, null)
            : value.ValueKind == JsonValueKind.String && Domain.Currency.TryParse(value.GetString(), out var currency) ? currency.Code
            : Refuse(name, FieldRules.CurrencyRule);
        return code ?? "";
    }

    /// <summary>A required token: visible ASCII characters.</summary>
    public string Token(string name, int most)
    {
        var token = Take(name) is not { } value ? Required<string>(name, null)
            : value.ValueKind == JsonValueKind.String && value.GetString() is { } text && FieldRules.IsToken(text, most) ? text
            : Refuse(name, FieldRules.TokenRule(most));
        return token ?? "";
    }

    /// <summary>A required text of 1 to <paramref name="most"/> characters.</summary>
    public string Text(string name, int most) => Required(name, OptionalText(name, most)) ?? "";

    /// <summary>A whole number, written in digits only, or null.</summary>
    public long? OptionalNumber(string name, long least, long most) => Take(name) is not { } value ? null
        : value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out var number) && number >= least && number <= most ? number
        : Refuse<long>(name, $"must be a whole number from {least} to {most}, written in digits only");

    /// <summary>A required list of at least one of the words, each once.</summary>
    public ImmutableArray<string> Words(string name, params ImmutableArray<string> words)
    {
        if (Take(name) is not { } value)
        {
            Required<string>(name, null);
            return [];
        }

        string[] given = value.ValueKind == JsonValueKind.Array && value.EnumerateArray().All(item => item.ValueKind == JsonValueKind.String)
            ? [.. value.EnumerateArray().Select(item => item.GetString()!)] : [];
        if (given.Length == 0 || given.Distinct().Count() < given.Length || !given.All(words.Contains))
        {
            Refuse(name, $"must be a list of one or more of {string.Join(", ", words)}, each once");
        }

        return [.. given];
    }

    /// <summary>A text of 1 to <paramref name="most"/> characters, or null.</summary>
    public string? OptionalText(string name, int most) =>
        OptionalText(name, text => FieldRules.IsText(text, most), FieldRules.TextRule(most));

    /// <summary>A text that a rule takes, or null.</summary>
    public string? OptionalText(string name, Func<string, bool> isGood, string rule)
    {
        if (Take(name) is not { } value)
        {
            return null;
        }

        return value.ValueKind == JsonValueKind.String && value.GetString() is { } text && isGood(text) ? text : Refuse(name, rule);
    }

    /// <summary>A required text that a rule takes.</summary>
    public string RequiredText(string name, Func<string, bool> isGood, string rule) => Required(name, OptionalText(name, isGood, rule)) ?? "";

    /// <summary>A required true or false.</summary>
    public bool Boolean(string name) => Required(name, OptionalBoolean(name)) ?? false;

    /// <summary>A list of texts, each of 1 to <paramref name="longest"/> characters; empty when there is none.</summary>
    public ImmutableArray<string> OptionalTexts(string name, int most, int longest)
    {
        if (Take(name) is not { } value)
        {
            return [];
        }

        if (value.ValueKind == JsonValueKind.Array && value.GetArrayLength() <= most
            && value.EnumerateArray().All(item => item.ValueKind == JsonValueKind.String && FieldRules.IsText(item.GetString()!, longest)))
        {
            return [.. value.EnumerateArray().Select(item => item.GetString()!)];
        }

        Refuse(name, $"must be a list of at most {most} texts of 1 to {longest} characters");
        return [];
    }

    /// <summary>An instant in UTC as answers write it (RFC 3339 with Z), or a date, which is its first instant; or null.</summary>
    public DateTimeOffset? OptionalInstant(string name) => Take(name) is not { } value ? null
        : value.ValueKind == JsonValueKind.String && DateTimeOffset.TryParseExact(
            value.GetString(), ["yyyy-MM-dd", "yyyy-MM-dd'T'HH:mm:ss.FFFFFF'Z'"], CultureInfo.InvariantCulture,
            DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var at) && at >= DateTimeOffset.UnixEpoch ? at
        : Refuse<DateTimeOffset>(name, InstantRule);

    public const string InstantRule = "must be a date or an instant in UTC since 1970, e.g. 2026-03-01 or 2026-03-01T12:00:00Z";

    /// <summary>true or false, or null.</summary>
    public bool? OptionalBoolean(string name) => Take(name) is not { } value ? null
        : value.ValueKind is JsonValueKind.True or JsonValueKind.False ? value.GetBoolean()
        : Refuse<bool>(name, "must be true or false");

    /// <summary>A required list of postings, each an account and an amount. What they must be together the entry knows.</summary>
    public ImmutableArray<PostingRequest> Postings(string name)
    {
        if (Take(name) is not { } value)
        {
            Required<string>(name, null);
            return [];
        }

        if (value.ValueKind != JsonValueKind.Array || value.GetArrayLength() is < JournalEntry.MinPostings or > JournalEntry.MaxPostings)
        {
            Refuse(name, FieldRules.PostingsRule);
            return [];
        }

        return [.. value.EnumerateArray().Select((posting, i) => Posting($"{name}[{i}]", posting))];
    }

    private PostingRequest Posting(string name, JsonElement posting)
    {
        if (posting.ValueKind != JsonValueKind.Object)
        {
            Refuse(name, "must be an object with account and amount");
            return default;
        }

        var fields = new Fields(posting);
        var account = fields.Text("account", FieldRules.MaxAccount);
        var amount = fields.Required("amount", fields.OptionalNumber("amount", -Money.MaxOperation, Money.MaxOperation)) ?? 0;
        if (amount == 0 && fields._problem is null)
        {
            fields.Refuse("amount", FieldRules.PostingRule);
        }

        _problem ??= fields.Problem is { Field: { } field } wrong ? wrong with { Field = $"{name}.{field}" } : fields.Problem;
        return new(account, amount);
    }

    /// <summary>Names and texts that the merchant keeps for itself; empty when there are none.</summary>
    public ImmutableSortedDictionary<string, string> Metadata(string name)
    {
        if (Take(name) is not { } value)
        {
            return Domain.Metadata.Empty;
        }

        var isFlat = value.ValueKind == JsonValueKind.Object && value.EnumerateObject().All(entry => entry.Value.ValueKind == JsonValueKind.String);
        var metadata = isFlat
            ? value.EnumerateObject().ToImmutableSortedDictionary(entry => entry.Name, entry => entry.Value.GetString()!, StringComparer.Ordinal)
            : null;
        if (metadata is null || !FieldRules.IsMetadata(metadata))
        {
            Refuse(name, FieldRules.MetadataRule);
        }

        return metadata ?? Domain.Metadata.Empty;
    }

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
