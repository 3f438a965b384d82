using System.Globalization;
using Payments.ClientApi.Errors;

namespace Payments.ClientApi.Requests;

/// <summary>Takes the parameters of a request one by one, each with its rule, and then says what was wrong first.</summary>
internal sealed class Parameters(IQueryCollection query)
{
    private Problem? _problem;

    /// <summary>The first thing that is wrong; null when all is well. To be asked when all parameters are taken.</summary>
    public Problem? Problem => _problem;

    /// <summary>How many at most.</summary>
    public int Limit() => (int)(Number("limit", 1, ApiLimits.MaxPage) ?? ApiLimits.DefaultPage);

    public string? Cursor() => Take("cursor");

    public long? Number(string name, long least, long most) => Take(name) is not { } text ? null
        : long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= least && number <= most ? number
        : Refuse<long>(name, $"must be a whole number from {least} to {most}");

    /// <summary>A text of 1 to <paramref name="most"/> characters without control characters.</summary>
    public string? Text(string name, int most)
    {
        if (Take(name) is not { } text)
        {
            return null;
        }

        if (text.Length == 0 || text.Length > most || text.Any(char.IsControl))
        {
            _problem ??= Problems.ParameterInvalid(name, $"must be a text of 1 to {most} characters");
        }

        return text;
    }

    /// <summary>The same, and it must be there.</summary>
    public string? Required(string name, int most)
    {
        if (Text(name, most) is { } text)
        {
            return text;
        }

        _problem ??= Problems.ParameterInvalid(name, "is required");
        return null;
    }

    public string? OneOf(string name, params string[] values)
    {
        if (Take(name) is not { } text)
        {
            return null;
        }

        if (!values.Contains(text))
        {
            _problem ??= Problems.ParameterInvalid(name, $"must be one of {string.Join(", ", values)}");
        }

        return text;
    }

    /// <summary>An instant in UTC, as answers write it (RFC 3339 with Z).</summary>
    public DateTimeOffset? Instant(string name) => Take(name) is not { } text ? null
        : DateTimeOffset.TryParseExact(
            text, "yyyy-MM-dd'T'HH:mm:ss.FFFFFF'Z'", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var at)
            && at >= DateTimeOffset.UnixEpoch ? at
        : Refuse<DateTimeOffset>(name, "must be an instant in UTC since 1970, e.g. 2026-03-01T12:00:00Z");

    /// <summary>A range of time, its start included and its end not.</summary>
    public (DateTimeOffset? From, DateTimeOffset? To) Range(string from, string to)
    {
        var range = (From: Instant(from), To: Instant(to));
        if (range.From > range.To)
        {
            _problem ??= Problems.ParameterInvalid(to, $"must not be before {from}");
        }

        return range;
    }

    private string? Take(string name)
    {
        var values = query[name];
        if (values.Count > 1)
        {
            _problem ??= Problems.ParameterInvalid(name, "may be given once");
        }

        return values.Count == 0 ? null : values[0] ?? "";
    }

    private T? Refuse<T>(string name, string rule) where T : struct
    {
        _problem ??= Problems.ParameterInvalid(name, rule);
        return null;
    }
}
