using System.IO.Compression;
using Payments.Domain;
using Payments.Storage.Postgres;
using Payments.Tests.Support;
using static Payments.Tests.Archives.ArchiveBook;

namespace Payments.Tests.Archives;

/// <summary>Two archived months, and more that came later.</summary>
public sealed class ArchivedBook : IAsyncLifetime
{
    public TestDatabase Database { get; private set; } = null!;

    internal ArchiveBook Book { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        Database = await TestDatabase.CreateAsync();
        Book = await BeginAsync(Database);
        await Book.LiveThroughAsync(January, 1);
        await Book.LiveThroughAsync(February, 11);
        Book.GoTo(March);
        await Book.RefundAsync(1, 100, 2);
        await Book.DisputeAsync(2, OperationKind.DisputeLost);
        await Book.CloseAsync(January);
        await Book.CloseAsync(February);
        await Book.ArchiveAsync(January);
        await Book.ArchiveAsync(February);
        await Book.CheckpointAsync();
        await Book.LeaveAsync();
    }

    public async Task DisposeAsync()
    {
        await Book.DisposeAsync();
        await Database.DisposeAsync();
    }
}

/// <summary>What the audit begins from must be what was signed: any change of it is seen, and so is any change of what it has left to compare with.</summary>
public sealed class ArchiveTamperingTests(ArchivedBook archived) : IClassFixture<ArchivedBook>
{
    [Fact]
    public async Task Whole_books_pass()
    {
        await using var copy = await archived.Database.CopyAsync();
        var report = await VerifyAsync(copy, archived.Book.State);
        Assert.True(report.Passed, string.Join('\n', report.Breaches.Select(breach => $"{breach.Check}: {breach.Sentence}")));
    }

    [Theory]
    [InlineData("archives", "a changed opening balance", "UPDATE archived_accounts SET balance = balance + 5, opening = opening + 5 WHERE account_no = (SELECT min(account_no) FROM archived_accounts)")]
    [InlineData("archives", "balances that were moved between accounts", """
        UPDATE archived_accounts SET balance = balance + 5 WHERE month = '2026-02-01' AND account_no = (SELECT min(account_no) FROM archived_accounts);
        UPDATE archived_accounts SET balance = balance - 5 WHERE month = '2026-02-01' AND account_no = (SELECT max(account_no) FROM archived_accounts)
        """)]
    [InlineData("archives", "a total that is gone", "DELETE FROM archived_accounts WHERE account_no = (SELECT min(account_no) FROM archived_accounts)")]
    [InlineData("archives", "another number", "UPDATE archived_accounts SET seq = seq + 1 WHERE account_no = (SELECT min(account_no) FROM archived_accounts) AND month = '2026-02-01'")]
    [InlineData("archives", "a total of a month that never left", "INSERT INTO archived_accounts SELECT account_no, seq + 100, '2026-03-01', seq + 100, 0, 0, now(), first_entry, 0, 0 FROM archived_accounts LIMIT 1")]
    [InlineData("archives", "another sum of settlements", "UPDATE archived_accounts SET settled = 1")]
    [InlineData("archives", "another document", """UPDATE archives SET document = replace(document, '"previous":null', '"previous":""') WHERE month = '2026-01-01'""")]
    [InlineData("archives", "another head", """UPDATE archives SET document = regexp_replace(document, '"n":[0-9]+', '"n":1') WHERE month = '2026-02-01'""")]
    [InlineData("archives", "another signature", "UPDATE archives SET signature = (SELECT signature FROM ledger_checkpoints LIMIT 1) WHERE month = '2026-02-01'")]
    [InlineData("archives", "another person", "UPDATE archives SET archived_by = 'Bob'")]
    [InlineData("archives", "an archive that is gone", "DELETE FROM archives WHERE month = '2026-01-01'")]
    [InlineData("archives", "the newest archive gone", "DELETE FROM archives WHERE month = '2026-02-01'")]
    [InlineData("archives", "all archives gone", "DELETE FROM archives")]
    [InlineData("archives", "a month instead of another", "UPDATE archives SET document = (SELECT document FROM archives WHERE month = '2026-01-01'), signature = (SELECT signature FROM archives WHERE month = '2026-01-01') WHERE month = '2026-02-01'")]
    [InlineData("archives", "a seal of an archived batch that is gone", "DELETE FROM ledger_seals WHERE n = 2 AND writer = 1; DELETE FROM ledger_batches WHERE n = 2 AND writer = 1")]
    [InlineData("archives", "a payment that never was", """
        INSERT INTO payments SELECT (jsonb_populate_record(p, jsonb_build_object('id', gen_random_uuid()))).* FROM payments p WHERE status = 'declined' LIMIT 1
        """)]
    [InlineData("archives", "a version more of a payment that has left", "UPDATE payments SET version = version + 1 WHERE status = 'declined'")]
    [InlineData("archives", "an event more of a merchant", "UPDATE merchants SET event_seq = event_seq + 1; DELETE FROM events")]
    [InlineData("archives", "a missing partition", "DROP TABLE events_2026_03")]
    [InlineData("I2", "a changed balance of an account that nobody posted to since", "UPDATE accounts SET balance = balance + 5 WHERE id LIKE '%:assets:%'")]
    [InlineData("I2", "a first posting with another balance", "UPDATE postings SET balance_after = balance_after + 1")]
    [InlineData("I2", "a first posting that is gone", "DELETE FROM postings WHERE seq = (SELECT min(seq) FROM postings p WHERE p.account_no = postings.account_no)")]
    [InlineData("chain", "a first batch that is gone", "DELETE FROM ledger_seals s WHERE (writer, n) IN (SELECT writer, min(batch) FROM payment_audit GROUP BY writer)")]
    [InlineData("chain", "a changed row of a trail that begins here", "UPDATE payment_audit SET code = 'x'")]
    [InlineData("I8", "a gap in what is left of a trail", "DELETE FROM payment_audit WHERE version = (SELECT max(version) FROM payment_audit)")]
    [InlineData("I5", "an old operation that has another end", "UPDATE operations SET status = 'succeeded' WHERE kind = 'charge' AND status = 'declined'")]
    [InlineData("I4", "an old refund that is forgotten", "UPDATE payments SET refunded = 0 WHERE refunded > 0")]
    [InlineData("I5", "an old payout that came back", "UPDATE payouts SET status = 'returned', next_action_at = NULL WHERE status = 'paid'")]
    [InlineData("I5", "an old entry that is gone", "DELETE FROM journal_entries WHERE kind = 'charge' AND posted_at < '2026-02-01'")]
    [InlineData("periods", "a closing of other books", "UPDATE period_closings SET digest = sha256('x') WHERE month = '2026-01-01'")]
    public async Task Tampering_is_seen(string invariant, string what, string sql)
    {
        await using var copy = await archived.Database.CopyAsync();
        await copy.ExecuteAsync($"SET session_replication_role = replica; {sql}");

        var report = await VerifyAsync(copy, archived.Book.State);

        Assert.False(report.Passed, what);
        Assert.Contains(report.Breaches, breach => breach.Invariant == invariant);
    }

    [Fact]
    public async Task Files_are_what_was_signed()
    {
        Assert.All(await CheckAsync(archived.Book.Folder), verdict => Assert.Empty(verdict.Mistakes));
        Assert.All(await CheckAsync(archived.Book.Folder), verdict => Assert.True(verdict.Rows > 0));
    }

    [Theory]
    [InlineData("a changed row", "2026-01/postings.csv.gz", "is not the file that was written")]
    [InlineData("a missing file", "2026-02/events.csv.gz", "is missing")]
    [InlineData("a changed manifest", "2026-01/manifest.json", "wrong signature")]
    [InlineData("no manifest", "2026-02/manifest.json", "missing, or no manifest")]
    [InlineData("a missing month", "2026-01", "is missing")]
    public async Task Changed_files_are_seen(string what, string path, string mistake)
    {
        var folder = Directory.CreateTempSubdirectory("copies").FullName;
        foreach (var file in Directory.EnumerateFiles(archived.Book.Folder, "*", SearchOption.AllDirectories))
        {
            var copy = Path.Combine(folder, Path.GetRelativePath(archived.Book.Folder, file));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(file, copy);
        }

        var changed = Path.Combine(folder, path);
        switch (what)
        {
            case "a changed row":
                string csv;
                await using (var zipped = new GZipStream(File.OpenRead(changed), CompressionMode.Decompress))
                {
                    using var reader = new StreamReader(zipped);
                    csv = (await reader.ReadToEndAsync()).Replace("EUR", "USD", StringComparison.Ordinal);
                }

                await using (var zipped = new GZipStream(File.Create(changed), CompressionLevel.Fastest))
                {
                    await using var writer = new StreamWriter(zipped);
                    await writer.WriteAsync(csv);
                }

                break;
            case "a changed manifest":
                await File.WriteAllTextAsync(changed, (await File.ReadAllTextAsync(changed)).Replace("Ada", "Bob", StringComparison.Ordinal));
                break;
            case "a missing month":
                Directory.Delete(changed, recursive: true);
                break;
            default:
                File.Delete(changed);
                break;
        }

        var verdicts = await CheckAsync(folder);
        Directory.Delete(folder, recursive: true);
        Assert.Contains(verdicts, verdict => verdict.Mistakes.Any(one => one.Contains(mistake, StringComparison.Ordinal)));
        Assert.Single(verdicts, verdict => verdict.Mistakes.Count == 0);
    }

    [Fact]
    public async Task Files_of_nobodys_archive_are_seen()
    {
        await using var copy = await archived.Database.CopyAsync();
        await copy.ExecuteAsync("SET session_replication_role = replica; DELETE FROM archives WHERE month = '2026-02-01'");
        await using var source = copy.OpenAsApp();
        var verdicts = await ArchiveVerifier.CheckAsync(source, archived.Book.Folder, archived.Book.State, null, default);
        Assert.Contains("the database does not know", Assert.Single(Assert.Single(verdicts, verdict => verdict.Mistakes.Count > 0).Mistakes), StringComparison.Ordinal);
    }

    private async Task<IReadOnlyList<ArchiveVerdict>> CheckAsync(string folder)
    {
        await using var copy = await archived.Database.CopyAsync();
        await using var source = copy.OpenAsApp();
        return await ArchiveVerifier.CheckAsync(source, folder, archived.Book.State, null, default);
    }

    private static async Task<AuditReport> VerifyAsync(TestDatabase database, string state)
    {
        await using var source = database.OpenAsApp();
        return await Audit.RunAsync(new() { Database = source, StateDirectory = state });
    }
}
