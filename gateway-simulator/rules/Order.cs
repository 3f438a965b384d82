namespace Payments.GatewaySimulator.Rules;

/// <summary>What a client asks for. Two orders with one key must be equal: that is what "the same content" means.</summary>
/// <remarks>The source is where the money comes from: a charge's token, a refund's charge id.</remarks>
internal sealed record Order(OperationKind Kind, string IdempotencyKey, string Reference, long Amount, string Currency, string Source)
{
    private const string ChargePrefix = "ch_";
    private const string RefundPrefix = "re_";

    /// <summary>Known as soon as the order is, so that a pending operation has its id already.</summary>
    public string Id => (Kind == OperationKind.Charge ? ChargePrefix : RefundPrefix) + Digest.Of(IdempotencyKey);

    /// <summary>The digest of the idempotency key that a charge id carries.</summary>
    public static bool TryParseChargeId(string id, out Digest key)
    {
        key = default;
        return id.StartsWith(ChargePrefix, StringComparison.Ordinal) && Digest.TryParse(id.AsSpan(ChargePrefix.Length), out key);
    }
}
