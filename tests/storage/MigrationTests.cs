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
    public async Task Books_from_before_there_were_months_become_their_first_month()
    {
        await using var database = await BeforeMonthsAsync();
        await database.ExecuteAsync(WrittenBeforeMonths);

        Assert.Equal(Migrations.Newest - 14, (await ApplyAsync(database)).Count);

        Assert.Equal("2026-03", await database.ScalarAsync<string>("SELECT to_char(month, 'YYYY-MM') FROM books"));
        foreach (var (table, rows) in new[] { ("postings", 2L), ("payment_audit", 1), ("payout_audit", 1), ("events", 1), ("evidence", 1) })
        {
            Assert.Equal(rows, await database.ScalarAsync<long>($"SELECT count(*) FROM {table}_2026_03"));
        }

        Assert.Equal(2, await database.ScalarAsync<long>("SELECT count(*) FROM postings p JOIN journal_entries e ON e.id = p.entry_id AND e.posted_at = p.posted_at"));
        Assert.Equal(2, await database.ScalarAsync<long>(
            "SELECT count(*) FROM (SELECT written_at FROM payment_audit UNION ALL SELECT written_at FROM payout_audit) a WHERE written_at = '2026-03-02 10:00:01Z'"));
        Assert.Equal([1, 2, 3], await database.ScalarAsync<byte[]>("SELECT e.body FROM inbox i JOIN evidence e USING (source, event_id, month)"));
        await CheckAsync(database);
    }

    [Fact]
    public async Task Rows_that_belong_to_no_batch_are_not_left_behind()
    {
        await using var database = await BeforeMonthsAsync();
        await database.ExecuteAsync($"{WrittenBeforeMonths}; DELETE FROM ledger_seals");

        var refused = await Assert.ThrowsAsync<PostgresException>(() => ApplyAsync(database));

        Assert.Contains("payment_audit belong to no batch", refused.MessageText, StringComparison.Ordinal);
        Assert.Equal(1, await database.ScalarAsync<long>("SELECT count(*) FROM payment_audit"));
    }

    /// <summary>Databases that applied a file are refused once it changes, be it a comment. A new file's line is added with it: <c>sha256sum *.sql</c>.</summary>
    [Fact]
    public async Task No_migration_has_changed_since_it_was_written_down()
    {
        await using var database = await TestDatabase.MigratedAsync();

        Assert.Equal(
            await File.ReadAllLinesAsync(Path.Combine(Repository.Root, "tests", "storage", "migrations.sha256")),
            (await database.ScalarAsync<string>("SELECT string_agg(checksum || '  ' || name, E'\n' ORDER BY number) FROM schema_migrations")).Split('\n'));
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

    // One row of each kind, whatever it may mean.
    private const string WrittenBeforeMonths = """
        SET session_replication_role = replica;
        INSERT INTO ledger_seals VALUES (1, 1, sha256('a'), sha256('b'), '{0}', '{""}', '2026-03-02 10:00:01Z');
        INSERT INTO accounts (no, id, currency, grows_by_debit, last_posted_at) OVERRIDING SYSTEM VALUE VALUES (1, 'suspense:EUR', 'EUR', true, '2026-03-02 10:00:00Z');
        INSERT INTO journal_entries VALUES ('00000000-0000-0000-0000-000000000001', 'own', 'm', NULL, NULL, '2026-02-02 10:00:00Z', 1, 1, 0);
        INSERT INTO postings VALUES (1, 1, '00000000-0000-0000-0000-000000000001', 0, 'EUR', 5, 5), (2, 1, '00000000-0000-0000-0000-000000000001', 1, 'EUR', -5, -5);
        INSERT INTO payment_audit VALUES ('m', '00000000-0000-0000-0000-000000000002', 1, '2026-02-02', 'a', 's', '00000000-0000-0000-0000-000000000003', 's', 1, 'send', NULL, NULL, 1, 1, 0, 5, 'EUR');
        INSERT INTO payout_audit VALUES ('m', '00000000-0000-0000-0000-000000000004', 1, '2026-02-02', 'a', 's', 1, 'send', NULL, NULL, 5, 'EUR', NULL, NULL, 1, 1, 0);
        INSERT INTO events VALUES ('m', 1, '00000000-0000-0000-0000-000000000002', 1, 't', '00000000-0000-0000-0000-000000000003', 1, '2026-02-02');
        INSERT INTO inbox (source, event_id, received_at, news, body, digest, state, settled_at) VALUES ('s', 'e', '2026-02-02', '{}', '\x010203', sha256('x'), 'flagged', '2026-02-02')
        """;

    // At migration 14.
    private static async Task<TestDatabase> BeforeMonthsAsync()
    {
        var database = await TestDatabase.MigratedAsync();
        await database.ExecuteAsync("""
            CREATE TEMP TABLE kept AS SELECT * FROM schema_migrations WHERE number <= 14;
            DROP SCHEMA payments CASCADE;
            CREATE SCHEMA payments AUTHORIZATION payments_owner;
            CREATE TABLE schema_migrations AS SELECT * FROM kept;
            ALTER TABLE schema_migrations ADD PRIMARY KEY (number);
            ALTER TABLE schema_migrations ALTER applied_at SET DEFAULT now();
            ALTER TABLE schema_migrations OWNER TO payments_owner;
            """);
        foreach (var file in Directory.GetFiles(Path.Combine(Repository.Root, "storage", "postgres", "migrations")).Order(StringComparer.Ordinal).Take(14))
        {
            await database.ExecuteAsync($"SET ROLE payments_owner; SET search_path = payments; {await File.ReadAllTextAsync(file)}");
        }

        return database;
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
