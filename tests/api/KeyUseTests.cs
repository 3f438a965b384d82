using Payments.Domain;
using Payments.Tests.Support;

namespace Payments.Tests.Api;

/// <summary>Keys that no longer open anything, and what is noted of those that do.</summary>
public sealed class KeyUseTests(ApiHost api) : IClassFixture<ApiHost>
{
    private const string Accounts = "/v1/ledger/accounts";

    [Theory]
    [InlineData("sk_live")]
    [InlineData("op")]
    public async Task Another_prefix_before_the_same_letters_is_another_key(string prefix)
    {
        var key = api.Queries.AddKey(ApiHost.Merchant, "ledger");
        Assert.Equal(200, (int)(await GetAsync(key)).Status);
        (await GetAsync(prefix + key["sk_test".Length..])).Problem(401, "api_key_invalid");
    }

    // Whether it was revoked or has expired, the database finds it no more: MerchantStoreTests hold it to that.
    [Fact]
    public async Task Key_that_has_ended_is_invalid()
    {
        var key = api.Queries.AddKey(ApiHost.Merchant, "ledger");
        api.Queries.Revoke(key);
        (await GetAsync(key)).Problem(401, "api_key_invalid");
    }

    [Fact]
    public async Task Use_is_written_once_a_minute()
    {
        var key = api.Queries.AddKey(ApiHost.Merchant, "ledger");
        for (var i = 0; i < 5; i++)
        {
            await GetAsync(key);
        }

        await Eventually.BecomesAsync(1, () => Task.FromResult(Writes(key)), TimeSpan.FromSeconds(10));
        api.Time.Advance(TimeSpan.FromSeconds(59));
        await GetAsync(key);
        api.Time.Advance(TimeSpan.FromSeconds(1));
        await GetAsync(key);
        await Eventually.BecomesAsync(2, () => Task.FromResult(Writes(key)), TimeSpan.FromSeconds(10));
    }

    [Fact]
    public async Task Request_does_not_fail_with_the_note_of_its_key()
    {
        var (failing, other) = (api.Queries.AddKey(ApiHost.Merchant, "ledger"), api.Queries.AddKey(ApiHost.Merchant, "ledger"));
        api.Merchants.Failure = new InvalidOperationException("no database");
        Assert.Equal(200, (int)(await GetAsync(failing)).Status);
        await Eventually.BecomesAsync(1, () => Task.FromResult(Writes(failing)), TimeSpan.FromSeconds(10));
        api.Merchants.Failure = null;
        Assert.Equal(200, (int)(await GetAsync(other)).Status);
        await Eventually.BecomesAsync(1, () => Task.FromResult(Writes(other)), TimeSpan.FromSeconds(10));
    }

    [Fact]
    public async Task Key_of_a_merchant_is_never_an_operators()
    {
        var key = api.Queries.AddKey(ApiHost.Merchant, "operator");
        (await GetAsync(key)).Problem(403, "scope_missing");
    }

    private Task<Answer> GetAsync(string key) => api.SendAsync(HttpMethod.Get, Accounts, key: key);

    private int Writes(string key) => api.Merchants.Used.Count(hashes => hashes.Any(hash => hash.SequenceEqual(ApiKeySecret.Hash(key))));
}
