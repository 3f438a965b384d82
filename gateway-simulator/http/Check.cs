using System.Text.RegularExpressions;
using Payments.GatewaySimulator.Rules;

namespace Payments.GatewaySimulator.Http;

/// <summary>What a field must look like; null when it does.</summary>
internal static partial class Check
{
    public const long MaxAmount = 1_000_000_000_000;

    private const int MaxSlowMs = 600_000;

    public static Refusal? Key(string? value) =>
        Text("Idempotency-Key", value, KeyShape(), "1 to 255 printable ASCII characters, given once");

    /// <summary>References stand in paths, so they need no escaping.</summary>
    public static Refusal? Reference(string? value) =>
        Text("reference", value, ReferenceShape(), "1 to 255 letters, digits or _ - . : and starts with a letter or digit");

    public static Refusal? Currency(string? value) => Text("currency", value, CurrencyShape(), "three capital letters");

    /// <summary>What an IBAN looks like; whether it is one is the client's to know.</summary>
    public static Refusal? Destination(string? value) => Text("destination", value, DestinationShape(), "an IBAN without spaces");

    public static Refusal? Id(string field, string? value) => Text(field, value, KeyShape(), "the id of an operation");

    public static Refusal? Token(string? value) =>
        value is null ? Missing("token")
        : TestTokens.IsKnown(value) ? null
        : new Refusal("unknown_token", "token", "No payment method has this token.");

    public static Refusal? Amount(long? value) => Range("amount", value, 1, MaxAmount);

    public static Refusal? Milliseconds(string field, int? value) => value is null ? null : Range(field, value, 0, MaxSlowMs);

    public static Refusal? Webhooks(string? value) =>
        value is null or "late" or "all" ? null : new Refusal("invalid_field", "webhooks", "webhooks must be late or all.");

    /// <summary>Optional.</summary>
    public static Refusal? Url(string field, string? value) =>
        value is null || (value.Length <= 2_000 && Uri.TryCreate(value, UriKind.Absolute, out var url) && url.Scheme is "http" or "https")
            ? null
            : new Refusal("invalid_field", field, $"{field} must be an http or https address.");

    public static Refusal? Probability(string field, double? value) =>
        value is null or (>= 0 and <= 1) ? null : new Refusal("invalid_field", field, $"{field} must be from 0 to 1.");

    private static Refusal? Range(string field, long? value, long from, long to) =>
        value is null ? Missing(field)
        : value >= from && value <= to ? null
        : new Refusal("invalid_field", field, $"{field} must be a whole number from {from} to {to}.");

    private static Refusal? Text(string field, string? value, Regex shape, string rule) =>
        value is null ? Missing(field)
        : shape.IsMatch(value) ? null
        : new Refusal("invalid_field", field, $"{field} must be {rule}.");

    private static Refusal Missing(string field) => new("missing_field", field, $"{field} is required.");

    [GeneratedRegex(@"\A[\x20-\x7e]{1,255}\z")]
    private static partial Regex KeyShape();

    [GeneratedRegex(@"\A[A-Za-z0-9][A-Za-z0-9_.:-]{0,254}\z")]
    private static partial Regex ReferenceShape();

    [GeneratedRegex(@"\A[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}\z")]
    private static partial Regex DestinationShape();

    [GeneratedRegex(@"\A[A-Z]{3}\z")]
    private static partial Regex CurrencyShape();
}
