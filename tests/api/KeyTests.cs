using System.Net.Http.Headers;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Payments.Domain;

namespace Payments.Tests.Api;

/// <summary>Who gets in, and where to.</summary>
public sealed class KeyTests(ApiHost api) : IClassFixture<ApiHost>
{
    private const string Payment = "/v1/payments/pay_00000000000000000000000000";

    public static TheoryData<string, string, string> Endpoints => new()
    {
        { "POST", "/v1/payments", "write" },
        { "POST", $"{Payment}/refunds", "write" },
        { "GET", Payment, "read" },
        { "GET", $"{Payment}/timeline", "read" },
        { "GET", $"{Payment}/refunds/re_00000000000000000000000000", "read" },
        { "GET", "/v1/ledger/accounts", "ledger" },
        { "GET", "/v1/ledger/trial_balance", "ledger" },
    };

    [Theory]
    [MemberData(nameof(Endpoints))]
    public async Task Each_endpoint_wants_its_scope(string method, string path, string needed)
    {
        foreach (var scope in new[] { "read", "write", "ledger" })
        {
            var answer = await api.SendAsync(new HttpMethod(method), path, key: api.Queries.AddKey(ApiHost.Merchant, scope));
            if (scope == needed)
            {
                Assert.NotEqual(403, (int)answer.Status);
                Assert.NotEqual(401, (int)answer.Status);
            }
            else
            {
                answer.Problem(403, "scope_missing");
                Assert.StartsWith("Bearer error=\"insufficient_scope\"", answer.Header("WWW-Authenticate"), StringComparison.Ordinal);
            }
        }

        // An operator belongs to no merchant; it gets to the books only, and no key without a merchant gets further by its other scopes.
        var byOperator = await api.SendAsync(new HttpMethod(method), path, key: api.Queries.AddKey(null, "operator", "read", "write"));
        Assert.Equal(needed == "ledger" ? 200 : 403, (int)byOperator.Status);
        (await api.SendAsync(new HttpMethod(method), path, key: api.Queries.AddKey(null, "read", "write", "ledger"))).Problem(403, "scope_missing");
    }

    [Theory]
    [MemberData(nameof(Endpoints))]
    public async Task Nobody_gets_in_without_a_key(string method, string path, string needed)
    {
        Assert.NotEmpty(needed);
        var answer = await api.SendAsync(new HttpMethod(method), path, key: null);
        answer.Problem(401, "api_key_missing");
        Assert.Equal("Bearer", answer.Header("WWW-Authenticate"));
    }

    public static TheoryData<string> BadHeaders => new()
    {
        "Bearer", "Bearer ", "Bearer x", "Basic dXNlcjpwYXNz", "sk_test_0000000000000000000000000000000000000000000000000000",
        $"Bearer {ApiKeySecret.Create("sk_test", new byte[32])}", $"Bearer {ApiKeySecret.Create("sk_live", new byte[32])}",
        $"Bearer {ApiKeySecret.Create("op", new byte[32])}", $"Bearer pk_test_{new string('0', 52)}", "Bearer ' OR 1=1 --", $"Bearer {new string('x', 8000)}",
    };

    [Theory]
    [MemberData(nameof(BadHeaders))]
    public async Task Malformed_and_unknown_keys_are_the_same(string header)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, Payment);
        request.Headers.TryAddWithoutValidation("Authorization", header);
        var answer = await api.SendAsync(request);
        answer.Problem(401, "api_key_invalid");
        Assert.Equal("Bearer error=\"invalid_token\"", answer.Header("WWW-Authenticate"));
    }

    [Fact]
    public async Task Two_keys_are_no_key()
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, Payment);
        request.Headers.TryAddWithoutValidation("Authorization", $"Bearer {api.FullKey}, Bearer {api.FullKey}");
        (await api.SendAsync(request)).Problem(401, "api_key_invalid");
    }

    [Fact]
    public async Task Scheme_is_read_in_any_case()
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/v1/ledger/accounts");
        request.Headers.Authorization = new AuthenticationHeaderValue("bearer", api.FullKey);
        Assert.Equal(200, (int)(await api.SendAsync(request)).Status);
    }

    [Fact]
    public async Task Revoked_key_works_for_seconds_at_most()
    {
        var key = api.Queries.AddKey(ApiHost.Merchant, "ledger");
        var before = api.Queries.KeyLookups;
        Assert.Equal(200, (int)(await api.SendAsync(HttpMethod.Get, "/v1/ledger/accounts", key: key)).Status);
        Assert.Equal(200, (int)(await api.SendAsync(HttpMethod.Get, "/v1/ledger/accounts", key: key)).Status);
        Assert.Equal(before + 1, api.Queries.KeyLookups);

        api.Queries.Revoke(key);
        api.Time.Advance(TimeSpan.FromSeconds(5));
        (await api.SendAsync(HttpMethod.Get, "/v1/ledger/accounts", key: key)).Problem(401, "api_key_invalid");
    }

    [Fact]
    public void Every_endpoint_under_v1_requires_a_scope()
    {
        var open = api.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
            .Where(endpoint => endpoint.RoutePattern.RawText!.StartsWith("/v1", StringComparison.Ordinal))
            .Where(endpoint => !endpoint.Metadata.Any(note => note.GetType().Name == "RequiredScopes"));
        // Processors have no key of ours: they sign.
        Assert.Equal("/v1/gateways/{gateway}/webhooks", Assert.Single(open).RoutePattern.RawText);
    }

    [Fact]
    public void Secret_has_a_form_a_hash_and_a_hint()
    {
        var secret = ApiKeySecret.Create("sk_test", Enumerable.Range(0, 32).Select(value => (byte)value).ToArray());
        Assert.StartsWith("sk_test_", secret, StringComparison.Ordinal);
        Assert.Equal(60, secret.Length);
        Assert.True(ApiKeySecret.IsWellFormed(secret));
        Assert.Equal(32, ApiKeySecret.Hash(secret).Length);
        Assert.Equal(secret[^4..], ApiKeySecret.Hint(secret));
        Assert.NotEqual(ApiKeySecret.Hash(secret), ApiKeySecret.Hash(secret.Replace("test", "live", StringComparison.Ordinal)));
        Assert.False(ApiKeySecret.IsWellFormed(secret.ToUpperInvariant()));
        Assert.False(ApiKeySecret.IsWellFormed(""));
        Assert.False(ApiKeySecret.IsWellFormed(secret[..^1]));
        Assert.False(ApiKeySecret.IsWellFormed(ApiKeySecret.Create("sk", new byte[32])));
        Assert.ThrowsAny<ArgumentException>(() => ApiKeySecret.Create("sk_test", new byte[16]));
    }
}
