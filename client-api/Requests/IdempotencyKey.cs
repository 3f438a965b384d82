using System.Diagnostics.CodeAnalysis;
using Payments.ClientApi.Errors;
using Payments.Domain;

namespace Payments.ClientApi.Requests;

/// <summary>
/// Reads the Idempotency-Key header: sent once, 1 to 255 characters of printable ASCII (0x20 to 0x7E; HTTP itself takes spaces off both
/// ends), taken as it is and told apart by every character. It names a payment for ever, so it must not hold a card number either.
/// </summary>
internal static class IdempotencyKey
{
    public const string Header = "Idempotency-Key";

    public static bool TryRead(HttpRequest request, [NotNullWhen(true)] out string? key, [NotNullWhen(false)] out Problem? problem)
    {
        var values = request.Headers[Header];
        key = values.Count == 1 ? values[0] : null;
        problem = values.Count == 0 ? Problems.IdempotencyKeyMissing()
            : key is null || !IsWellFormed(key) ? Problems.IdempotencyKeyInvalid()
            : CardNumber.IsIn(key) ? Problems.CardNumberRefused(Header)
            : null;
        return problem is null;
    }

    private static bool IsWellFormed(string key) =>
        key.Length is > 0 and <= Ids.MaxIdempotencyKey && !key.AsSpan().ContainsAnyExceptInRange(' ', '~');
}
