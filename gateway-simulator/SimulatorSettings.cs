using System.Diagnostics.CodeAnalysis;

namespace Payments.GatewaySimulator;

/// <summary>How the simulator runs.</summary>
/// <param name="Url">Where it listens; port 0 picks a free one. Loopback unless told otherwise: it has no authentication.</param>
/// <param name="DataFolder">The folder of its durable record; created when absent.</param>
/// <param name="SlowFor">How long a charge of <c>tok_slow</c> takes.</param>
public sealed record SimulatorSettings(string Url, string DataFolder, TimeSpan SlowFor)
{
    private const int DefaultSlowMs = 3_000;

    /// <summary>Reads <c>SIMULATOR_URL</c>, <c>SIMULATOR_DATA</c> and <c>SIMULATOR_SLOW_MS</c>, or says what is wrong.</summary>
    public static bool TryRead(
        Func<string, string?> variable,
        [NotNullWhen(true)] out SimulatorSettings? settings,
        [NotNullWhen(false)] out string? complaint)
    {
        settings = null;
        var url = variable("SIMULATOR_URL") is { Length: > 0 } given ? given : "http://127.0.0.1:8090";
        var folder = variable("SIMULATOR_DATA");
        var slow = DefaultSlowMs;
        complaint =
            !IsListenable(url)
                ? $"SIMULATOR_URL '{url}' is not of the form http://address:port, with an IP address or localhost."
            : string.IsNullOrWhiteSpace(folder)
                ? "SIMULATOR_DATA must name the folder for the simulator's record."
            : variable("SIMULATOR_SLOW_MS") is { Length: > 0 } text && !(int.TryParse(text, out slow) && slow is >= 0 and <= 600_000)
                ? $"SIMULATOR_SLOW_MS '{text}' is not a number of milliseconds from 0 to 600000."
            : null;
        if (complaint is not null)
        {
            return false;
        }

        settings = new SimulatorSettings(url, folder!, TimeSpan.FromMilliseconds(slow));
        return true;
    }

    // Under any other host name the server would listen on every interface, and this one has no authentication.
    private static bool IsListenable(string url) =>
        Uri.TryCreate(url, UriKind.Absolute, out var parsed)
        && parsed.Scheme == Uri.UriSchemeHttp
        && parsed.PathAndQuery == "/"
        && (parsed.HostNameType is UriHostNameType.IPv4 or UriHostNameType.IPv6 || parsed.Host == "localhost");
}
