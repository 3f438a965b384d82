using System.Diagnostics.CodeAnalysis;

namespace Payments.GatewaySimulator;

/// <summary>How the simulator runs.</summary>
/// <param name="Url">Where it listens; port 0 picks a free one. Loopback unless told otherwise: it has no authentication.</param>
/// <param name="DataFolder">The folder of its durable record; created when absent.</param>
/// <param name="SlowFor">How long a charge or authorization of <c>tok_slow</c> takes.</param>
/// <param name="ShortAuthorizationFor">How long an authorization of <c>tok_authorization_expires</c> can be captured.</param>
public sealed record SimulatorSettings(string Url, string DataFolder, TimeSpan SlowFor, TimeSpan ShortAuthorizationFor)
{
    private const int DefaultSlowMs = 3_000;
    private const int DefaultShortAuthorizationMs = 2_000;

    /// <summary>
    /// Reads <c>SIMULATOR_URL</c>, <c>SIMULATOR_DATA</c>, <c>SIMULATOR_SLOW_MS</c> and <c>SIMULATOR_SHORT_AUTHORIZATION_MS</c>,
    /// or says what is wrong.
    /// </summary>
    public static bool TryRead(
        Func<string, string?> variable,
        [NotNullWhen(true)] out SimulatorSettings? settings,
        [NotNullWhen(false)] out string? complaint)
    {
        settings = null;
        var url = variable("SIMULATOR_URL") is { Length: > 0 } given ? given : "http://127.0.0.1:8090";
        var folder = variable("SIMULATOR_DATA");
        var slow = Milliseconds("SIMULATOR_SLOW_MS", DefaultSlowMs, out var slowComplaint);
        var life = Milliseconds("SIMULATOR_SHORT_AUTHORIZATION_MS", DefaultShortAuthorizationMs, out var lifeComplaint);
        complaint =
            !IsListenable(url)
                ? $"SIMULATOR_URL '{url}' is not of the form http://address:port, with an IP address or localhost."
            : string.IsNullOrWhiteSpace(folder)
                ? "SIMULATOR_DATA must name the folder for the simulator's record."
            : slowComplaint ?? lifeComplaint;
        if (complaint is not null)
        {
            return false;
        }

        settings = new SimulatorSettings(url, folder!, slow, life);
        return true;

        TimeSpan Milliseconds(string name, int otherwise, out string? wrong)
        {
            var value = otherwise;
            wrong = variable(name) is { Length: > 0 } text && !(int.TryParse(text, out value) && value is >= 0 and <= 600_000)
                ? $"{name} '{text}' is not a number of milliseconds from 0 to 600000."
                : null;
            return TimeSpan.FromMilliseconds(value);
        }
    }

    // Under any other host name the server would listen on every interface, and this one has no authentication.
    private static bool IsListenable(string url) =>
        Uri.TryCreate(url, UriKind.Absolute, out var parsed)
        && parsed.Scheme == Uri.UriSchemeHttp
        && parsed.PathAndQuery == "/"
        && (parsed.HostNameType is UriHostNameType.IPv4 or UriHostNameType.IPv6 || parsed.Host == "localhost");
}
