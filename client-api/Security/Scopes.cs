namespace Payments.ClientApi.Security;

/// <summary>What a key may do.</summary>
internal static class Scopes
{
    /// <summary>Read payments and refunds.</summary>
    public const string Read = "read";

    /// <summary>Move money.</summary>
    public const string Write = "write";

    /// <summary>Read the merchant's own books.</summary>
    public const string Ledger = "ledger";

    /// <summary>See everybody's books; a key of the platform's own people.</summary>
    public const string Operator = "operator";
}
