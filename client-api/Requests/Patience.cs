using System.Globalization;
using Microsoft.Extensions.Primitives;
using Payments.ClientApi.Errors;

namespace Payments.ClientApi.Requests;

/// <summary>
/// How long a client wants to wait for a final state (RFC 7240): <c>Prefer: wait=N</c>, <c>Prefer: respond-async</c>, or on a GET
/// <c>?wait=N</c>. Preferences that make no sense are passed over, as the RFC wants; a parameter that makes none is an error.
/// </summary>
/// <param name="Time">How long to wait.</param>
/// <param name="Seconds">What was asked for and is honoured; null when nothing was asked.</param>
/// <param name="Asynchronous">Whether an answer without a final state was asked for.</param>
internal readonly record struct Patience(TimeSpan Time, int? Seconds, bool Asynchronous)
{
    private const string AppliedHeader = "Preference-Applied";

    /// <summary>Of a POST: the default unless the client says otherwise.</summary>
    public static Patience OfPost(HttpRequest request, PaymentsApiOptions options)
    {
        var (seconds, asynchronous) = Preferences(request.Headers["Prefer"], options);
        var time = seconds is { } wanted ? TimeSpan.FromSeconds(wanted) : asynchronous ? TimeSpan.Zero : options.DefaultWait;
        return new(time, seconds, asynchronous);
    }

    /// <summary>Of a GET: none unless the client asks for it.</summary>
    public static Patience OfGet(HttpRequest request, PaymentsApiOptions options, out Problem? problem)
    {
        problem = null;
        if (request.Query.TryGetValue("wait", out var text))
        {
            var most = (int)options.MaxWait.TotalSeconds;
            if (!TryParse(text, out var asked) || asked > most)
            {
                problem = Problems.ParameterInvalid("wait", $"must be a whole number of seconds from 0 to {most}");
            }

            return new(TimeSpan.FromSeconds(asked), null, false);
        }

        var seconds = Preferences(request.Headers["Prefer"], options).Seconds;
        return new(TimeSpan.FromSeconds(seconds ?? 0), seconds, false);
    }

    /// <summary>Tells the client which of its preferences were honoured.</summary>
    public void Confirm(HttpResponse response, bool isFinal)
    {
        var wait = Seconds is { } seconds ? $"wait={seconds}" : null;
        var applied = (wait, Asynchronous && !isFinal) switch
        {
            (null, true) => "respond-async",
            (not null, true) => $"respond-async, {wait}",
            (_, false) => wait,
        };
        if (applied is not null)
        {
            response.Headers[AppliedHeader] = applied;
        }
    }

    private static (int? Seconds, bool Asynchronous) Preferences(StringValues headers, PaymentsApiOptions options)
    {
        int? seconds = null;
        var asynchronous = false;
        foreach (var preference in headers.SelectMany(header => (header ?? "").Split(',')))
        {
            var words = preference.Split(';')[0].Split('=', 2, StringSplitOptions.TrimEntries);
            if (words[0].Equals("respond-async", StringComparison.OrdinalIgnoreCase))
            {
                asynchronous = true;
            }
            else if (words is [var name, var value] && name.Equals("wait", StringComparison.OrdinalIgnoreCase) && TryParse(value.Trim('"'), out var asked))
            {
                // The first one counts, and more than we grant is cut to what we grant.
                seconds ??= Math.Min(asked, (int)options.MaxWait.TotalSeconds);
            }
        }

        return (seconds, asynchronous);
    }

    private static bool TryParse(string? text, out int seconds) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out seconds);
}
