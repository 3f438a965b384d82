using System.ComponentModel;
using Payments.Domain;
using Payments.Storage;

namespace Payments.ClientApi.Resources;

/// <summary>A merchant as operators see it.</summary>
internal sealed record MerchantResource
{
    public required string Id { get; init; }

    [OneOf("merchant")]
    public string Object => "merchant";

    public required string Name { get; init; }

    [Description("Whether its payments move real money. Fixed when the merchant is made.")]
    [OneOf("test", "live")]
    public required string Mode { get; init; }

    [Description("The fee's part of what is captured, in hundredths of a percent.")]
    public required int FeeBasisPoints { get; init; }

    [Description("The fee's fixed part, in minor units of the payment's currency.")]
    public required long FeeFixed { get; init; }

    [Description("Whether a refund gives its share of the fee back to the merchant.")]
    public required bool FeeReturnedOnRefund { get; init; }

    public required DateTime CreatedAt { get; init; }

    public static MerchantResource Of(MerchantLine merchant) => new()
    {
        Id = merchant.Id,
        Name = merchant.Name,
        Mode = merchant.Mode,
        FeeBasisPoints = merchant.Fee.BasisPoints,
        FeeFixed = merchant.Fee.Fixed,
        FeeReturnedOnRefund = merchant.Fee.ReturnedOnRefund,
        CreatedAt = merchant.CreatedAt.UtcDateTime,
    };
}

/// <summary>A merchant's API key as operators see it. The secret itself is kept nowhere.</summary>
internal sealed record KeyResource
{
    public required string Id { get; init; }

    [OneOf("api_key")]
    public string Object => "api_key";

    public required string Merchant { get; init; }
    public required string? Name { get; init; }

    [Description("What the key may do.")]
    public required IReadOnlyList<string> Scopes { get; init; }

    [Description("The last four letters of the secret.")]
    public required string Hint { get; init; }

    [Description("The secret, in the answer that makes the key and never again; null in every other one.")]
    public required string? Secret { get; init; }

    public required DateTime CreatedAt { get; init; }

    [Description("To the minute; null when it was never used.")]
    public required DateTime? LastUsedAt { get; init; }

    [Description("When it ends, once it was rotated.")]
    public required DateTime? ExpiresAt { get; init; }

    public required DateTime? RevokedAt { get; init; }

    public static KeyResource Of(KeyRow key, string? secret = null) => new()
    {
        Id = Ids.Format(Ids.KeyPrefix, key.Id),
        Merchant = key.MerchantId ?? throw new ArgumentException("Operators' keys are not shown.", nameof(key)),
        Name = key.Name,
        Scopes = key.Scopes,
        Hint = key.Hint,
        Secret = secret,
        CreatedAt = key.CreatedAt.UtcDateTime,
        LastUsedAt = key.LastUsedAt?.UtcDateTime,
        ExpiresAt = key.ExpiresAt?.UtcDateTime,
        RevokedAt = key.RevokedAt?.UtcDateTime,
    };
}
