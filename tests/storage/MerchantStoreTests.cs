using Npgsql;
using Payments.Domain;
using Payments.Storage;
using Payments.Storage.Postgres;
using Payments.Tests.Support;

namespace Payments.Tests.Storage;

/// <summary>Merchants and keys on the real PostgreSQL, with the rights that the nodes have.</summary>
public sealed class MerchantStoreTests : IAsyncLifetime
{
    private readonly SettableClock clock = new(Clock.Cut(TimeProvider.System.GetUtcNow()));
    private TestDatabase database = null!;
    private NpgsqlDataSource source = null!;
    private MerchantStore store = null!;

    public async Task InitializeAsync()
    {
        database = await TestDatabase.CreateAsync();
        source = database.OpenAsApp();
        store = new(source, clock);
    }

    public async Task DisposeAsync()
    {
        await source.DisposeAsync();
        await database.DisposeAsync();
    }

    [Fact]
    public async Task A_merchant_is_made_once_and_changes_only_what_is_given()
    {
        var id = MerchantStore.NewId();
        var (made, isNew) = await store.CreateMerchantAsync(id, "Corner shop", Mode.Live, new FeeTerms(250, 20), "v1", CancellationToken.None);
        Assert.True(isNew);
        Assert.Equal(new(Ids.Format("mer", id), "Corner shop", "live", new FeeTerms(250, 20), clock.Now, "v1"), made);
        Assert.Equal((made, false), await store.CreateMerchantAsync(id, "Other", Mode.Test, default, null, CancellationToken.None));

        var changed = await store.UpdateMerchantAsync(made.Id, null, 0, null, null, CancellationToken.None);
        Assert.Equal(made with { Fee = new FeeTerms(0, 20) }, changed);
        Assert.Equal(changed, await store.MerchantAsync(made.Id, CancellationToken.None));
        Assert.Equal("Shop", (await store.UpdateMerchantAsync(made.Id, "Shop", null, 5, true, CancellationToken.None))!.Name);
        Assert.Null(await store.UpdateMerchantAsync("mer_zzzzzzzzzzzzzzzzzzzzzzzzzz", "Shop", null, null, null, CancellationToken.None));
        Assert.Equal(2, (await store.MerchantsAsync(null, 10, CancellationToken.None)).Count);
        var first = Assert.Single(await store.MerchantsAsync(null, 1, CancellationToken.None));
        Assert.DoesNotContain(first, await store.MerchantsAsync(first.Id, 10, CancellationToken.None));
    }

    [Fact]
    public async Task A_key_is_made_once_and_shows_its_secret_once()
    {
        var id = MerchantStore.NewId();
        var made = await store.CreateKeyAsync(id, database.MerchantId, "Export", ["read", "ledger"], null, CancellationToken.None);
        Assert.StartsWith("sk_test_", made!.Secret, StringComparison.Ordinal);
        Assert.Equal(made.Secret![^4..], made.Key.Hint);
        Assert.True(await OpensAsync(made));

        var again = await store.CreateKeyAsync(id, database.MerchantId, "Export", ["read", "ledger"], null, CancellationToken.None);
        Assert.Null(again!.Secret);
        Assert.Equal(id, again.Key.Id);
        Assert.Equal(["read", "ledger"], again.Key.Scopes.AsEnumerable());
        Assert.Equal(id, (await store.KeyOfAsync(made.Secret, CancellationToken.None))!.Id);
        Assert.StartsWith("op_", (await store.CreateKeyAsync(MerchantStore.NewId(), null, null, ["operator"], null, CancellationToken.None))!.Secret, StringComparison.Ordinal);
        Assert.Null(await store.CreateKeyAsync(MerchantStore.NewId(), "mer_zzzzzzzzzzzzzzzzzzzzzzzzzz", null, ["read"], null, CancellationToken.None));
        Assert.Single(await store.OperatorKeysAsync(CancellationToken.None));
        Assert.Single(await store.KeysAsync(null, null, 10, CancellationToken.None));
        Assert.Equal(id, Assert.Single(await store.KeysAsync(database.MerchantId, null, 10, CancellationToken.None)).Id);
    }

    [Fact]
    public async Task Both_keys_work_during_the_grace_of_a_rotation()
    {
        var (old, newId) = (await MakeAsync(), MerchantStore.NewId());
        var made = await store.RotateKeyAsync(old.Key.Id, newId, TimeSpan.FromHours(1), null, CancellationToken.None);

        Assert.Equal((old.Key.MerchantId, old.Key.Name), (made!.Key.MerchantId, made.Key.Name));
        Assert.Equal(old.Key.Scopes.AsEnumerable(), made.Key.Scopes);
        Assert.Null(made.Key.ExpiresAt);
        Assert.Equal(clock.Now.AddHours(1), (await store.KeyAsync(old.Key.Id, CancellationToken.None))!.ExpiresAt);
        Assert.True(await OpensAsync(old));
        Assert.True(await OpensAsync(made));
        Assert.Null((await store.RotateKeyAsync(old.Key.Id, newId, TimeSpan.Zero, null, CancellationToken.None))!.Secret);
        Assert.Null(await store.RotateKeyAsync(old.Key.Id, MerchantStore.NewId(), TimeSpan.Zero, null, CancellationToken.None));
    }

    [Fact]
    public async Task A_rotated_key_ends_with_its_grace()
    {
        clock.Now -= TimeSpan.FromHours(2);
        var (old, atOnce) = (await MakeAsync(), await MakeAsync());
        var made = await store.RotateKeyAsync(old.Key.Id, MerchantStore.NewId(), TimeSpan.FromHours(1), null, CancellationToken.None);
        clock.Now += TimeSpan.FromHours(2) - TimeSpan.FromSeconds(1);
        await store.RotateKeyAsync(atOnce.Key.Id, MerchantStore.NewId(), TimeSpan.Zero, null, CancellationToken.None);

        Assert.False(await OpensAsync(old));
        Assert.False(await OpensAsync(atOnce));
        Assert.True(await OpensAsync(made!));
    }

    [Fact]
    public async Task Of_many_rotations_at_a_time_one_makes_a_key()
    {
        var old = await MakeAsync();
        var made = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => store.RotateKeyAsync(old.Key.Id, MerchantStore.NewId(), TimeSpan.Zero, null, CancellationToken.None)));
        Assert.Single(made, one => one is not null);
        Assert.Equal(2, (await store.KeysAsync(database.MerchantId, null, 10, CancellationToken.None)).Count);
    }

    [Fact]
    public async Task A_revoked_key_opens_nothing_and_cannot_be_rotated()
    {
        var key = await MakeAsync();
        var first = clock.Now;
        Assert.Equal(first, (await store.RevokeKeyAsync(key.Key.Id, CancellationToken.None))!.RevokedAt);
        clock.Now += TimeSpan.FromHours(1);
        Assert.Equal(first, (await store.RevokeKeyAsync(key.Key.Id, CancellationToken.None))!.RevokedAt);

        Assert.False(await OpensAsync(key));
        Assert.Null(await store.RotateKeyAsync(key.Key.Id, MerchantStore.NewId(), TimeSpan.Zero, null, CancellationToken.None));
        Assert.Null(await store.RevokeKeyAsync(MerchantStore.NewId(), CancellationToken.None));
    }

    [Fact]
    public async Task Last_use_moves_forward_only()
    {
        var (one, other) = (await MakeAsync(), await MakeAsync());
        var at = clock.Now;
        await store.UsedAsync([ApiKeySecret.Hash(one.Secret!), new byte[32]], at, CancellationToken.None);
        await store.UsedAsync([ApiKeySecret.Hash(one.Secret!)], at.AddMinutes(-1), CancellationToken.None);

        Assert.Equal(at, (await store.KeyAsync(one.Key.Id, CancellationToken.None))!.LastUsedAt);
        Assert.Null((await store.KeyAsync(other.Key.Id, CancellationToken.None))!.LastUsedAt);
    }

    private async Task<MadeKey> MakeAsync() =>
        (await store.CreateKeyAsync(MerchantStore.NewId(), database.MerchantId, "Export", ["read"], null, CancellationToken.None))!;

    // Asks as the front end does.
    private async Task<bool> OpensAsync(MadeKey key) =>
        await new PostgresQueries(source).ApiKeyAsync(ApiKeySecret.Hash(key.Secret!), CancellationToken.None) is not null;
}
