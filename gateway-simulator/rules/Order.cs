using System.Text.Json.Serialization;

namespace Payments.GatewaySimulator.Rules;

/// <summary>What a client asks for.</summary>
/// <remarks>
/// The source is where the money comes from: the token of a charge or authorization, otherwise the id of the operation it builds on; of a transfer it
/// is the account that it goes to.
/// A void says neither amount (0) nor currency (empty) before it is decided: they follow from its authorization.
/// </remarks>
internal sealed record Order(
    OperationKind Kind,
    string IdempotencyKey,
    string Reference,
    long Amount,
    string Currency,
    string Source,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] bool Final = false,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] string? ReturnUrl = null)
{
    /// <summary>Known as soon as the order is, so that a pending operation has its id already.</summary>
    public string Id => Prefix + Digest.Of(IdempotencyKey);

    private string Prefix => Kind switch
    {
        OperationKind.Charge => "ch_",
        OperationKind.Authorization => "au_",
        OperationKind.Capture => "cap_",
        OperationKind.Void => "vo_",
        OperationKind.Refund => "re_",
        OperationKind.Transfer => "tr_",
    };

    /// <summary>Two orders with one key must ask for the same: that is what "the same content" means.</summary>
    public bool AsksTheSameAs(Order other) => AsAsked == other.AsAsked;

    private Order AsAsked => Kind == OperationKind.Void ? this with { Amount = 0, Currency = "" } : this;

    /// <summary>The digest of the idempotency key that an id carries, whatever its kind.</summary>
    public static bool TryParseId(string id, out Digest key) => Digest.TryParse(id.AsSpan(id.IndexOf('_') + 1), out key);
}
