using Npgsql;
using Payments.Storage.Postgres;
using Payments.Tests.Support;

namespace Payments.Tests.Storage;

public sealed class MigrationTests
{
    [Fact]
    public async Task Runners_that_start_together_apply_each_migration_once()
    {
        await using var database = TestDatabase.Named();

        var applied = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => ApplyAsync(database)));

        Assert.Equal(Migrations.Newest, applied.Sum(names => names.Count));
        await CheckAsync(database);
    }

    [Fact]
    public async Task Databases_beside_each_other_share_the_roles()
    {
        await using var one = TestDatabase.Named();
        await using var other = TestDatabase.Named();

        await Task.WhenAll(ApplyAsync(one), ApplyAsync(other));

        await CheckAsync(one);
        await CheckAsync(other);
    }

    [Fact]
    public async Task A_changed_migration_is_refused()
    {
        await using var database = await TestDatabase.MigratedAsync();
        await database.ExecuteAsync("UPDATE schema_migrations SET checksum = 'other' WHERE number = 1");

        var refused = await Assert.ThrowsAsync<SchemaMismatchException>(() => ApplyAsync(database));

        Assert.Contains("was applied with checksum other", refused.Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<SchemaMismatchException>(() => CheckAsync(database));
    }

    [Fact]
    public async Task A_newer_database_is_refused()
    {
        await using var database = await TestDatabase.MigratedAsync();
        await database.ExecuteAsync("INSERT INTO schema_migrations (number, name, checksum) VALUES (9999, '9999_later.sql', 'x')");

        var refused = await Assert.ThrowsAsync<SchemaMismatchException>(() => ApplyAsync(database));

        Assert.Contains("run a newer program", refused.Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<SchemaMismatchException>(() => CheckAsync(database));
    }

    [Fact]
    public async Task An_empty_database_is_not_ready()
    {
        await using var source = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(TestDatabase.Cluster) { Database = "postgres" });
        await using var connection = await source.OpenConnectionAsync();

        await Assert.ThrowsAsync<SchemaMismatchException>(() => Migrations.CheckAsync(connection));
    }

    [Fact]
    public async Task The_nodes_own_nothing()
    {
        await using var database = await TestDatabase.MigratedAsync();
        await using var source = database.Open();
        await using var command = source.CreateCommand("""
            SELECT (SELECT count(*) FROM pg_class WHERE relowner = 'payments_app'::regrole)
                 + (SELECT count(*) FROM pg_proc WHERE proowner = 'payments_app'::regrole)
                 + (SELECT count(*) FROM pg_auth_members WHERE member = 'payments_app'::regrole)
                 + (SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace WHERE nspname = 'payments' AND relowner <> 'payments_owner'::regrole)
            """);

        Assert.Equal(0L, await command.ExecuteScalarAsync());
    }

    private static Task<IReadOnlyList<string>> ApplyAsync(TestDatabase database) =>
        Migrations.ApplyAsync(database.Owner, TestDatabase.AppPassword, CancellationToken.None);

    private static async Task CheckAsync(TestDatabase database)
    {
        await using var source = database.OpenAsApp();
        await using var connection = await source.OpenConnectionAsync();
        await Migrations.CheckAsync(connection);
    }
}
