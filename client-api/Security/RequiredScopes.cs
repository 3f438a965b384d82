using System.Collections.Immutable;

namespace Payments.ClientApi.Security;

/// <summary>On an endpoint: a key with any one of these scopes is needed.</summary>
internal sealed record RequiredScopes(ImmutableArray<string> AnyOf)
{
    public override string ToString() => string.Join(" or ", AnyOf);
}

internal static class RequiredScopesExtensions
{
    public static RouteHandlerBuilder RequireScope(this RouteHandlerBuilder endpoint, params ImmutableArray<string> anyOf) =>
        endpoint.WithMetadata(new RequiredScopes(anyOf));
}
