using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization;
using Payments.Domain;
using Payments.Gateways;

namespace Payments.Hosting;

/// <summary>Which processors there are, and which payments go where: the file that <c>PAYMENTS_GATEWAYS</c> names. docs/gateways.md explains it.</summary>
internal sealed record GatewaySettings
{
    // Not compiled in: that would overlook the defaults of what is left out. It is read once.
    private static readonly JsonSerializerOptions Json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        ReadCommentHandling = JsonCommentHandling.Skip,
        AllowTrailingCommas = true,
    };

    public required ImmutableArray<GatewaySetting> Gateways { get; init; }

    /// <summary>Looked at in order: the first one that fits decides. Without a fitting one: all processors of the payment's mode, in order.</summary>
    public ImmutableArray<RoutingRule> Routes { get; init; } = [];

    /// <summary>What carries payouts out: one for each mode at most. Without one, no payouts of that mode are made.</summary>
    public ImmutableArray<BankSetting> Banks { get; init; } = [];

    /// <summary>What is used without a file: the simulator alone.</summary>
    public static GatewaySettings Simulator(Uri address, string? webhookSecret) => new()
    {
        Gateways =
        [
            new() { Name = "simulator", Connector = "simulator", Mode = "test", Url = address, WebhookSecrets = webhookSecret is null ? [] : [webhookSecret] },
        ],
        Banks = [new() { Name = "simulator", Connector = "simulator", Mode = "test", Url = address }],
    };

    /// <summary>Reads the file.</summary>
    /// <exception cref="ConfigurationException">It is missing, malformed or contradicts itself; the message says where.</exception>
    public static GatewaySettings Read(string path)
    {
        GatewaySettings? settings;
        try
        {
            settings = JsonSerializer.Deserialize<GatewaySettings>(File.ReadAllBytes(path), Json);
        }
        catch (Exception wrong) when (wrong is IOException or UnauthorizedAccessException or JsonException)
        {
            throw new ConfigurationException($"PAYMENTS_GATEWAYS: {path} cannot be read: {wrong.Message}");
        }

        if (settings is null || settings.Gateways.IsDefaultOrEmpty)
        {
            throw new ConfigurationException($"PAYMENTS_GATEWAYS: {path} names no gateways.");
        }

        foreach (var gateway in settings.Gateways)
        {
            gateway.Check(path);
        }

        var names = settings.Gateways.Select(gateway => gateway.Name).ToArray();
        if (names.Distinct(StringComparer.Ordinal).Count() < names.Length)
        {
            throw new ConfigurationException($"PAYMENTS_GATEWAYS: {path} names a gateway twice.");
        }

        foreach (var bank in settings.Banks)
        {
            bank.Check(path);
        }

        if (settings.Banks.Select(bank => bank.Mode).Distinct(StringComparer.Ordinal).Count() < settings.Banks.Length)
        {
            throw new ConfigurationException($"PAYMENTS_GATEWAYS: {path} names two banks of one mode.");
        }

        foreach (var (rule, i) in settings.Routes.Select((rule, i) => (rule, i)))
        {
            if (rule.Gateways.IsDefaultOrEmpty || rule.Gateways.FirstOrDefault(name => !names.Contains(name)) is not null)
            {
                throw new ConfigurationException($"PAYMENTS_GATEWAYS: routes[{i}] of {path} must name one or more of the gateways {string.Join(", ", names)}.");
            }
        }

        return settings;
    }
}

/// <summary>How a processor's settlement files are fetched.</summary>
internal sealed record SettlementSetting
{
    /// <summary>The time between looks for days of which no file is imported.</summary>
    public int EverySeconds { get; init; } = 3_600;
}

/// <summary>A connection that carries payouts out.</summary>
internal sealed record BankSetting
{
    /// <summary>Lower-case letters, digits and dashes. Never changed while payouts are open.</summary>
    public required string Name { get; init; }

    /// <summary><c>simulator</c>, or <c>file</c> for files of ISO 20022.</summary>
    public required string Connector { get; init; }

    /// <summary><c>test</c> or <c>live</c>.</summary>
    public required string Mode { get; init; }

    /// <summary>Of the simulator: where it is.</summary>
    public Uri? Url { get; init; }

    /// <summary>Of files: where they are written; all nodes must see the same folder.</summary>
    public string? Folder { get; init; }

    /// <summary>Of files: whose account is debited.</summary>
    public string? DebtorName { get; init; }

    /// <summary>Of files: that account, an IBAN.</summary>
    public string? DebtorIban { get; init; }

    /// <summary>Of files: its bank; left out where the IBAN is enough.</summary>
    public string? DebtorBic { get; init; }

    public int TimeoutMs { get; init; } = 10_000;

    /// <summary>The waits between attempts; the last one repeats for ever.</summary>
    public ImmutableArray<long> RetriesMs { get; init; } = [];

    /// <summary>The schedule; null: as everywhere.</summary>
    [JsonIgnore]
    public RetrySchedule? Retries => RetriesMs.IsDefaultOrEmpty
        ? null
        : RetrySchedule.Default with { Steps = [.. RetriesMs.Select(wait => TimeSpan.FromMilliseconds(wait))] };

    /// <summary>Holds it to its rules.</summary>
    public void Check(string path)
    {
        var wrong = Name is not { Length: > 0 and <= 40 } || !Name.All(letter => char.IsAsciiLetterLower(letter) || char.IsAsciiDigit(letter) || letter == '-')
                ? "name must be lower-case letters, digits and dashes"
            : Connector is not ("simulator" or "file") ? "connector must be simulator or file"
            : Mode is not ("test" or "live") ? "mode must be test or live"
            : Connector == "simulator" && Mode != "test" ? "the simulator moves no real money: mode must be test"
            : Connector == "simulator" && Url is null ? "the simulator needs a url"
            : Connector == "file" && (string.IsNullOrWhiteSpace(Folder) || DebtorName is not { Length: > 0 and <= FieldRules.MaxHolder }) ? "files need a folder and a debtor_name"
            : Connector == "file" && !(DebtorIban is { } iban && Iban.IsValid(iban)) ? "debtor_iban must be an IBAN"
            : TimeoutMs is < 100 or > 60_000 ? "timeout_ms goes from 100 to 60000"
            : RetriesMs.Any(wait => wait is < 10 or > 86_400_000) ? "each of retries_ms goes from 10 to 86400000 (a day)"
            : null;
        if (wrong is not null)
        {
            throw new ConfigurationException($"PAYMENTS_GATEWAYS: bank '{Name}' of {path}: {wrong}.");
        }
    }
}

/// <summary>One processor.</summary>
internal sealed record GatewaySetting
{
    /// <summary>Part of account names: lower-case letters, digits and dashes. Never changed once payments were made with it.</summary>
    public required string Name { get; init; }

    /// <summary><c>simulator</c> or <c>stripe</c>.</summary>
    public required string Connector { get; init; }

    /// <summary><c>test</c> or <c>live</c>: payments of the other mode never reach it.</summary>
    public required string Mode { get; init; }

    public required Uri Url { get; init; }

    /// <summary>The secret key: <c>env:NAME</c> or <c>file:PATH</c>; secrets never stand in this file.</summary>
    public string? Key { get; init; }

    /// <summary>What webhooks are signed with; two while one is replaced. As <see cref="Key"/>.</summary>
    public ImmutableArray<string> WebhookSecrets { get; init; } = [];

    /// <summary>Of stripe: <c>payment_intents</c>, or <c>charges</c> for a server that knows only the older API.</summary>
    public string? Api { get; init; }

    public int TimeoutMs { get; init; } = 10_000;
    public int MaxInFlight { get; init; } = 256;

    /// <summary>The waits between attempts; the last one repeats for ever.</summary>
    public ImmutableArray<long> RetriesMs { get; init; } = [];

    /// <summary>Whether its settlement files are fetched and imported by themselves; null: they are not.</summary>
    public SettlementSetting? Settlement { get; init; }

    public double BreakerRatio { get; init; } = 0.5;
    public int BreakerCalls { get; init; } = 20;
    public int BreakMs { get; init; } = 5_000;

    /// <summary>The schedule; null: as everywhere.</summary>
    [JsonIgnore]
    public RetrySchedule? Retries => RetriesMs.IsDefaultOrEmpty
        ? null
        : RetrySchedule.Default with { Steps = [.. RetriesMs.Select(wait => TimeSpan.FromMilliseconds(wait))] };

    /// <summary>Holds it to its rules.</summary>
    public void Check(string path)
    {
        var wrong = Name is not { Length: > 0 and <= 40 } || !Name.All(letter => char.IsAsciiLetterLower(letter) || char.IsAsciiDigit(letter) || letter == '-')
            || Name == Storage.EvidenceSources.Operator ? "name must be lower-case letters, digits and dashes, and not 'operator'"
            : Connector is not ("simulator" or "stripe") ? "connector must be simulator or stripe"
            : Mode is not ("test" or "live") ? "mode must be test or live"
            : Connector == "simulator" && Mode == "live" ? "the simulator moves no real money: mode must be test"
            : Connector == "stripe" && Key is null ? "stripe needs a key"
            : Api is not (null or "payment_intents" or "charges") ? "api must be payment_intents or charges"
            : WebhookSecrets.Length > 2 ? "webhook_secrets are two at most"
            : TimeoutMs is < 100 or > 60_000 ? "timeout_ms goes from 100 to 60000"
            : MaxInFlight is < 1 or > 10_000 ? "max_in_flight goes from 1 to 10000"
            : BreakerRatio is <= 0 or > 1 ? "breaker_ratio is more than 0 and at most 1"
            : BreakerCalls < 2 ? "breaker_calls is 2 at least"
            : BreakMs is < 500 or > 3_600_000 ? "break_ms goes from 500 to 3600000"
            : Settlement is not null && Connector != "simulator" ? "settlement files are fetched of the simulator alone; import those of others over HTTP"
            : Settlement is { EverySeconds: < 1 or > 86_400 } ? "every_seconds of settlement goes from 1 to 86400"
            : RetriesMs.Any(wait => wait is < 10 or > 86_400_000) ? "each of retries_ms goes from 10 to 86400000 (a day)"
            : null;
        if (wrong is not null)
        {
            throw new ConfigurationException($"PAYMENTS_GATEWAYS: gateway '{Name}' of {path}: {wrong}.");
        }
    }

    /// <summary>Looks a secret up where the setting says that it is.</summary>
    public static string Secret(string place)
    {
        if (place.StartsWith("env:", StringComparison.Ordinal))
        {
            return Variables.Optional(place[4..]) is { } value
                ? value
                : throw new ConfigurationException($"Set {place[4..]}: the gateways' settings say that a secret is there.");
        }

        if (place.StartsWith("file:", StringComparison.Ordinal) && File.Exists(place[5..]))
        {
            return File.ReadAllText(place[5..]).Trim();
        }

        throw new ConfigurationException("A secret of the gateways' settings is neither env:NAME nor file:PATH of a file that is there.");
    }
}

/// <summary>Which payments go where. What is left out fits every payment.</summary>
internal sealed record RoutingRule
{
    public ImmutableArray<string> Merchants { get; init; } = [];
    public ImmutableArray<string> Currencies { get; init; } = [];

    /// <summary>Minor units.</summary>
    public long? MinAmount { get; init; }

    /// <summary>Minor units.</summary>
    public long? MaxAmount { get; init; }

    /// <summary>Payment methods, whole or with a <c>*</c> at the end.</summary>
    public ImmutableArray<string> Methods { get; init; } = [];

    /// <summary>The processors to be tried, in order.</summary>
    public required ImmutableArray<string> Gateways { get; init; }

    public bool Fits(RouteQuery payment) =>
        IsAny(Merchants, name => name == payment.MerchantId)
        && IsAny(Currencies, code => code == payment.Amount.Currency.Code)
        && !(payment.Amount.Minor < MinAmount) && !(payment.Amount.Minor > MaxAmount)
        && IsAny(Methods, method => method.EndsWith('*')
            ? payment.PaymentMethod.StartsWith(method[..^1], StringComparison.Ordinal)
            : method == payment.PaymentMethod);

    private static bool IsAny(ImmutableArray<string> values, Func<string, bool> fits) => values.IsDefaultOrEmpty || values.Any(fits);
}
