using Npgsql;
using Payments.Storage;
using Payments.Storage.Postgres;
using Payments.Tests.Support;

namespace Payments.Tests.Storage;

/// <summary>Settlement files on the real PostgreSQL: whole or not at all, and once.</summary>
public sealed class SettlementFilesTests : IAsyncLifetime
{
    private static readonly SettlementFileHeader October = new("stripe", "october.csv", "stripe", new byte[32], "Ada");

    private TestDatabase database = null!;
    private NpgsqlDataSource asApp = null!;
    private SettlementFiles files = null!;

    public async Task InitializeAsync()
    {
        database = await TestDatabase.CreateAsync();
        await database.ExecuteAsync("INSERT INTO accounts (id, currency, grows_by_debit) VALUES ('gateway:stripe:receivable:EUR', 'EUR', true)");
        asApp = database.OpenAsApp();
        files = new(asApp, TimeProvider.System);
    }

    public async Task DisposeAsync()
    {
        await asApp.DisposeAsync();
        await database.DisposeAsync();
    }

    [Fact]
    public async Task A_file_that_breaks_far_behind_leaves_nothing_and_can_be_imported_once_it_is_whole()
    {
        const int Many = 2 * SettlementFiles.Page + 7;
        var broken = Lines(Many).Concat(Enumerable.Range(0, 1).Select<int, SettlementLineRow>(_ => throw new FormatException("broken")));
        await Assert.ThrowsAsync<FormatException>(() => files.ImportAsync(October, broken, default));
        Assert.Equal((0, 0), await CountAsync());

        var (imported, isNew) = await files.ImportAsync(October, Lines(Many), default);
        Assert.True(isNew);
        Assert.Equal(("stripe", "october.csv", Many, "Ada"), (imported.Gateway, imported.Name, imported.Lines, imported.By));
        Assert.Equal((1, Many), await CountAsync());
        Assert.Equal([imported], await files.ListAsync(null, 10, default));
    }

    [Fact]
    public async Task The_same_file_is_imported_once_under_one_name_with_one_content()
    {
        var (first, _) = await files.ImportAsync(October, Lines(3), default);
        var never = Lines(1).Select<SettlementLineRow, SettlementLineRow>(_ => throw new InvalidOperationException("it was read"));
        Assert.Equal((first, false), await files.ImportAsync(October with { By = "Bob" }, never, default));
        Assert.Equal((first, false), await files.ImportAsync(October with { Name = "copy.csv" }, never, default));
        var refused = await Assert.ThrowsAsync<SettlementImportException>(() => files.ImportAsync(October with { Digest = Content(1) }, never, default));
        Assert.Contains("does not change", refused.Message, StringComparison.Ordinal);
        Assert.True((await files.ImportAsync(October with { Name = "november.csv", Digest = Content(1) }, Lines(2), default)).IsNew);
        await Assert.ThrowsAsync<SettlementImportException>(() => files.ImportAsync(October with { Gateway = "strip" }, never, default));
        await Assert.ThrowsAsync<SettlementImportException>(() => files.ImportAsync(October with { Gateway = "%" }, never, default));
        Assert.Equal((2, 5), await CountAsync());
    }

    [Fact]
    public async Task What_a_crash_left_does_not_count_and_gives_way()
    {
        await database.ExecuteAsync("""
            INSERT INTO settlement_files (gateway, name, format, digest, begun_at, begun_by) VALUES ('stripe', 'october.csv', 'stripe', sha256('half'), now(), 'Bob');
            INSERT INTO settlement_lines SELECT max(id), 2, 'txn_1', 'capture', 'charge', now(), 'EUR', 1, 0, 'EUR', 1, NULL, NULL, NULL FROM settlement_files
            """);
        Assert.Empty(await files.ListAsync(null, 10, default));
        Assert.True((await files.ImportAsync(October, Lines(3), default)).IsNew);
        Assert.Equal((1, 3), await CountAsync());
    }

    [Fact]
    public async Task Of_two_that_import_a_file_at_once_one_does_and_the_other_hears_of_it()
    {
        IEnumerable<SettlementLineRow> MeanwhileAnother()
        {
            foreach (var line in Lines(SettlementFiles.Page))
            {
                yield return line;
            }

            Assert.True(files.ImportAsync(October with { By = "Bob" }, Lines(3), default).GetAwaiter().GetResult().IsNew);
            yield return Lines(SettlementFiles.Page + 1).Last();
        }

        var overtaken = await Assert.ThrowsAsync<SettlementImportException>(() => files.ImportAsync(October, MeanwhileAnother(), default));
        Assert.Contains("at the same time", overtaken.Message, StringComparison.Ordinal);
        Assert.Equal("Bob", Assert.Single(await files.ListAsync(null, 10, default)).By);
        Assert.Equal((1, 3), await CountAsync());
    }

    [Fact]
    public async Task A_file_is_not_imported_while_somebody_still_adds_lines_to_it()
    {
        await database.ExecuteAsync("INSERT INTO settlement_files (gateway, name, format, digest, begun_at, begun_by) VALUES ('stripe', 'x', 'stripe', sha256('x'), now(), 'x')");
        await using var adding = await asApp.OpenConnectionAsync();
        await using var transaction = await adding.BeginTransactionAsync();
        await using (var add = new NpgsqlCommand("INSERT INTO settlement_lines SELECT id, 2, 'x', 'fee', 'fee', now(), 'EUR', 1, 0, 'EUR', 1 FROM settlement_files", adding))
        {
            await add.ExecuteNonQueryAsync();
        }

        var import = database.ExecuteAsync("UPDATE settlement_files SET lines = 1, imported_at = now()");
        await Eventually.BecomesAsync(1, () => database.ScalarAsync<long>(
            "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database() AND query LIKE 'UPDATE settlement_files%'"));
        Assert.False(import.IsCompleted);
        await transaction.CommitAsync();
        await import;
    }

    [Theory]
    [InlineData("imported already", "INSERT INTO settlement_lines SELECT file, 99, line_id, kind, type, at, currency, gross, fee, presented_currency, presented, NULL, NULL, NULL FROM settlement_lines")]
    [InlineData("change of history", "UPDATE settlement_lines SET gross = gross + 1")]
    [InlineData("change of an imported file", "UPDATE settlement_files SET lines = 2")]
    [InlineData("change of history", "DELETE FROM settlement_files")]
    public async Task What_is_imported_stays(string refusal, string sql)
    {
        await files.ImportAsync(October, Lines(1), default);
        Assert.Contains(refusal, (await Assert.ThrowsAsync<PostgresException>(() => database.ExecuteAsync(sql))).MessageText, StringComparison.Ordinal);
    }

    private static IEnumerable<SettlementLineRow> Lines(int count) => Enumerable.Range(2, count).Select(line => new SettlementLineRow(
        line, $"txn_{line}", "capture", "charge", DateTimeOffset.UnixEpoch, "EUR", 1999, 88, "USD", 2100, line % 2 == 0 ? "op_a" : null, $"ch_{line}", null));

    private static byte[] Content(byte content) => [.. Enumerable.Repeat(content, 32)];

    private async Task<(long Files, long Lines)> CountAsync() => (
        await database.ScalarAsync<long>("SELECT count(*) FROM settlement_files"), await database.ScalarAsync<long>("SELECT count(*) FROM settlement_lines"));
}
