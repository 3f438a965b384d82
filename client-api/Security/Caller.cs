using System.Collections.Immutable;
using Microsoft.AspNetCore.Http.Features;
using Payments.Domain;
using Payments.Storage;

namespace Payments.ClientApi.Security;

/// <summary>Who is asking: what the key of a request stands for.</summary>
/// <param name="KeyId">Tells operators apart.</param>
/// <param name="MerchantId">Null for an operator.</param>
/// <param name="Salt">Turns the merchant's idempotency keys into ids.</param>
internal sealed record Caller(Guid KeyId, string? MerchantId, Mode Mode, ImmutableArray<byte> Salt, ImmutableArray<string> Scopes)
{
    /// <summary>The merchant, behind an endpoint that only merchants reach.</summary>
    public string Merchant => MerchantId ?? throw new InvalidOperationException("An operator's key reached a merchant's endpoint.");

    /// <summary>
    /// Any one of the scopes will do. A key without a merchant gets only where operators may go, whatever else it claims, and a merchant's
    /// key never as an operator.
    /// </summary>
    public bool MayUse(ImmutableArray<string> anyOf) => MerchantId is null
        ? anyOf.Contains(Security.Scopes.Operator) && Scopes.Contains(Security.Scopes.Operator)
        : anyOf.Any(scope => scope != Security.Scopes.Operator && Scopes.Contains(scope));

    public static Caller Of(ApiKeyRow key) => new(
        key.Id,
        key.MerchantId,
        key.Mode is null ? Mode.Test : StatusNames.Parse<Mode>(key.Mode, ModeNames.Name),
        key.Salt,
        key.Scopes);

    /// <summary>The caller of a request whose endpoint requires a scope.</summary>
    public static Caller Of(HttpContext context) => context.Features.GetRequiredFeature<Caller>();
}
