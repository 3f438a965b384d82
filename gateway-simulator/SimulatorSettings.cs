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
    private const int DefaultPendingMs = 1_000;
    private const int DefaultActionMs = 600_000;

    /// <summary>How long it takes until something happens by itself: a pending operation is decided, a dispute opened, and closed, a refund comes back.</summary>
    public TimeSpan PendingFor { get; init; } = TimeSpan.FromMilliseconds(DefaultPendingMs);

    /// <summary>How long a customer has to do what is wanted of it.</summary>
    public TimeSpan ActionFor { get; init; } = TimeSpan.FromMilliseconds(DefaultActionMs);

    /// <summary>How long an idempotency key is honoured; zero: for ever.</summary>
    public TimeSpan KeyLife { get; init; }

    /// <summary>Where events are sent to; none: they are not sent.</summary>
    public IReadOnlyList<Uri> WebhookUrls { get; init; } = [];

    /// <summary>What events are signed with: the bytes behind <c>whsec_</c>.</summary>
    public byte[] WebhookKey { get; init; } = [];

    /// <summary>Reads the environment (README.md tells what it may hold), or says what is wrong.</summary>
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
        var pending = Milliseconds("SIMULATOR_PENDING_MS", DefaultPendingMs, out var pendingComplaint);
        var action = Milliseconds("SIMULATOR_ACTION_MS", DefaultActionMs, out var actionComplaint);
        var keyLife = Milliseconds("SIMULATOR_KEY_LIFE_MS", 0, out var keyLifeComplaint);
        var urls = (variable("SIMULATOR_WEBHOOK_URLS") ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        var wrongUrl = urls.FirstOrDefault(text => !(Uri.TryCreate(text, UriKind.Absolute, out var target) && target.Scheme is "http" or "https"));
        var key = KeyOf(variable("SIMULATOR_WEBHOOK_SECRET") ?? FileOf("SIMULATOR_WEBHOOK_SECRET_FILE"));
        complaint =
            !IsListenable(url)
                ? $"SIMULATOR_URL '{url}' is not of the form http://address:port, with an IP address or localhost."
            : string.IsNullOrWhiteSpace(folder)
                ? "SIMULATOR_DATA must name the folder for the simulator's record."
            : wrongUrl is not null ? $"SIMULATOR_WEBHOOK_URLS holds '{wrongUrl}', which is no http address."
            : urls.Length > 0 && key is null ? "SIMULATOR_WEBHOOK_SECRET must be whsec_ and the base64 of 24 to 64 bytes when there are SIMULATOR_WEBHOOK_URLS."
            : slowComplaint ?? lifeComplaint ?? pendingComplaint ?? actionComplaint ?? keyLifeComplaint;
        if (complaint is not null)
        {
            return false;
        }

        settings = new SimulatorSettings(url, folder!, slow, life)
        {
            PendingFor = pending,
            ActionFor = action,
            KeyLife = keyLife,
            WebhookUrls = urls.Length == 0 ? [] : [.. urls.Select(text => new Uri(text))],
            WebhookKey = key ?? [],
        };
        return true;

        string? FileOf(string name) => variable(name) is { Length: > 0 } path && File.Exists(path) ? File.ReadAllText(path).TrimEnd('\r', '\n') : null;

        TimeSpan Milliseconds(string name, int otherwise, out string? wrong)
        {
            var value = otherwise;
            wrong = variable(name) is { Length: > 0 } text && !(int.TryParse(text, out value) && value is >= 0 and <= 600_000)
                ? $"{name} '{text}' is not a number of milliseconds from 0 to 600000."
                : null;
            return TimeSpan.FromMilliseconds(value);
        }
    }

    private static byte[]? KeyOf(string? secret)
    {
        const string prefix = "whsec_";
        var key = new byte[secret?.Length ?? 0];
        return secret is not null && secret.StartsWith(prefix, StringComparison.Ordinal)
            && Convert.TryFromBase64String(secret[prefix.Length..], key, out var length) && length is >= 24 and <= 64
            ? key[..length]
            : null;
    }

    // Under any other host name the server would listen on every interface, and this one has no authentication.
    private static bool IsListenable(string url) =>
        Uri.TryCreate(url, UriKind.Absolute, out var parsed)
        && parsed.Scheme == Uri.UriSchemeHttp
        && parsed.PathAndQuery == "/"
        && (parsed.HostNameType is UriHostNameType.IPv4 or UriHostNameType.IPv6 || parsed.Host == "localhost");
}
