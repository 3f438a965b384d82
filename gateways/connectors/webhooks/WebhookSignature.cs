using System.Collections.Immutable;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Payments.Gateways.Connectors.Webhooks;

/// <summary>What signatures of webhooks have in common: HMAC-SHA256 over a time and the raw body, under one of two secrets while one is replaced.</summary>
internal static class WebhookSignature
{
    /// <summary>How old or early a webhook may be: time enough for networks and clocks, too short for who has overheard one.</summary>
    public static readonly TimeSpan Tolerance = TimeSpan.FromMinutes(5);

    /// <summary>Whether one of the given signatures is that of one of the secrets. Every pair is compared, each in constant time.</summary>
    /// <param name="secrets">The keys.</param>
    /// <param name="prefix">What is signed before the body.</param>
    /// <param name="given">The signatures as bytes.</param>
    public static bool IsValid(ImmutableArray<byte[]> secrets, string prefix, ReadOnlySpan<byte> body, IReadOnlyCollection<byte[]> given)
    {
        var isValid = false;
        foreach (var secret in secrets)
        {
            using var hash = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, secret);
            hash.AppendData(Encoding.UTF8.GetBytes(prefix));
            hash.AppendData(body);
            var right = hash.GetHashAndReset();
            foreach (var signature in given)
            {
                isValid |= CryptographicOperations.FixedTimeEquals(right, signature);
            }
        }

        return isValid;
    }

    /// <summary>Reads a time in seconds since 1970, and holds it against the tolerance.</summary>
    public static bool IsTimely(string text, DateTimeOffset now) =>
        long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) && seconds <= DateTimeOffset.MaxValue.ToUnixTimeSeconds()
        && (now - DateTimeOffset.FromUnixTimeSeconds(seconds)).Duration() <= Tolerance;
}
