using System.Collections.Immutable;
using System.Text.Json;
using Payments.Gateways.Connectors.Webhooks;

namespace Payments.Gateways.Connectors.Simulator;

/// <summary>
/// The simulator signs as the Standard Webhooks specification says: <c>webhook-signature</c> holds, separated by spaces, <c>v1,</c> and the
/// base64 of HMAC-SHA256 over <c>id.timestamp.body</c>.
/// </summary>
public sealed class SimulatorWebhooks(ImmutableArray<string> secrets) : IWebhookReader
{
    private const string Scheme = "v1,";

    private readonly ImmutableArray<byte[]> keys = [.. secrets.Select(KeyOf)];

    /// <inheritdoc/>
    public WebhookReading Read(Func<string, string?> header, ReadOnlyMemory<byte> body, DateTimeOffset now)
    {
        if (header("webhook-id") is not { Length: > 0 and <= 100 } id || header("webhook-timestamp") is not { } timestamp
            || header("webhook-signature") is not { } signatures)
        {
            return new WebhookReading.Refused("signature_missing");
        }

        if (!WebhookSignature.IsValid(keys, $"{id}.{timestamp}.", body.Span, [.. signatures.Split(' ').Select(Bytes).OfType<byte[]>()]))
        {
            return new WebhookReading.Refused("signature_invalid");
        }

        if (!WebhookSignature.IsTimely(timestamp, now))
        {
            return new WebhookReading.Refused("timestamp_outside_tolerance");
        }

        try
        {
            return JsonSerializer.Deserialize(body.Span, SimulatorJson.Default.SimulatorEvent) is { } message
                ? new WebhookReading.Accepted(id, SimulatorMessages.ReadNews(message))
                : new WebhookReading.Refused("body_unreadable");
        }
        catch (JsonException)
        {
            return new WebhookReading.Refused("body_unreadable");
        }
    }

    // whsec_ and base64.
    private static byte[] KeyOf(string secret)
    {
        const string prefix = "whsec_";
        var key = new byte[secret.Length];
        return secret.StartsWith(prefix, StringComparison.Ordinal) && Convert.TryFromBase64String(secret[prefix.Length..], key, out var length) && length is >= 24 and <= 64
            ? key[..length]
            : throw new ArgumentException("A webhook secret is whsec_ and the base64 of 24 to 64 bytes.", nameof(secret));
    }

    private static byte[]? Bytes(string signature)
    {
        var bytes = new byte[signature.Length];
        return signature.StartsWith(Scheme, StringComparison.Ordinal) && Convert.TryFromBase64String(signature[Scheme.Length..], bytes, out var length)
            ? bytes[..length]
            : null;
    }
}
