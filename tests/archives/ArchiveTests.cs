using Payments.Domain;
using Payments.Storage.Postgres;
using Payments.Tests.Support;
using static Payments.Tests.Archives.ArchiveBook;

namespace Payments.Tests.Archives;

/// <summary>A month leaves, and everything that does not ask for it goes on as if it had not; what is signed of it is where the audit begins.</summary>
public sealed class ArchiveTests : IAsyncLifetime
{
    private TestDatabase database = null!;
    private ArchiveBook book = null!;

    public async Task InitializeAsync()
    {
        database = await TestDatabase.CreateAsync();
        book = await BeginAsync(database);
        await book.LiveThroughAsync(January, 1);
        await book.LiveThroughAsync(February, 11);
        book.GoTo(March);
        await book.ChargeAsync(21);
        await book.AnswerAsync(21, GatewayAnswerKind.Approved);
        await book.CloseAsync(January);
        await book.CloseAsync(February);
        await book.CheckpointAsync();
    }

    public async Task DisposeAsync()
    {
        await book.DisposeAsync();
        await database.DisposeAsync();
    }

    [Fact]
    public async Task What_left_is_in_files_and_the_rest_adds_up_with_what_is_signed()
    {
        var rows = await RowsAsync(January);
        var before = await TrialBalanceAsync();
        var (archived, isNew) = await book.ArchiveAsync(January);

        Assert.True(isNew);
        var document = ArchiveDocument.Read(archived.Signed.Document);
        Assert.Equal(rows, document.Files.ToDictionary(file => file.Table, file => file.Rows));
        Assert.All(document.Files, file => Assert.True(file.Rows > 0, file.Table));
        Assert.Equal(0, await database.ScalarAsync<long>("SELECT count(*) FROM pg_class WHERE relname LIKE '%\\_2026\\_01%'"));
        Assert.Equal(before, await TrialBalanceAsync());
        // Opening and what is here come to what every account holds.
        Assert.Equal(0, await database.ScalarAsync<long>("""
            SELECT count(*) FROM accounts a WHERE a.balance <> coalesce((SELECT sum(balance - opening) FROM archived_accounts v WHERE v.account_no = a.no), 0)
                + coalesce((SELECT sum(amount) FROM postings p WHERE p.account_no = a.no), 0)
            """));
        var report = await book.VerifyAsync();
        Assert.True(report.Passed, string.Join('\n', report.Breaches.Select(breach => $"{breach.Check}: {breach.Sentence}")));
        Assert.Contains("since the archive of 2026-01", report.Scope, StringComparison.Ordinal);
        Assert.True(Assert.Single(report.Checks, check => check.Invariant == "archives").Rows > 0);
    }

    [Fact]
    public async Task Old_payments_go_on_and_new_ones_begin()
    {
        await book.ArchiveAsync(January);
        await book.ChargeAsync(22);
        await book.AnswerAsync(22, GatewayAnswerKind.Approved);
        await book.RefundAsync(1, 200, 2);
        await book.RefundAsync(3, 100, 1, answer: GatewayAnswerKind.Declined);
        await book.DisputeAsync(2, OperationKind.DisputeWon);
        await book.DisputeAsync(3, OperationKind.Dispute);
        await book.RefundAsync(13, 100, 1, answer: null);
        await book.PostOwnAsync(21);
        await book.PayoutAsync(21, GatewayAnswerKind.Declined);
        await book.PayoutAsync(22, null);
        await book.CheckpointAsync();
        await book.PassesAsync();

        await book.ArchiveAsync(February);
        await book.RefundAsync(11, 100, 3);
        await book.RefundAsync(1, 100, 3);
        await book.PassesAsync();
        Assert.Equal(2, await database.ScalarAsync<long>("SELECT count(*) FROM archives"));
    }

    [Fact]
    public async Task An_audit_since_a_checkpoint_still_is_one()
    {
        var early = Checkpoints.Exported(book.State).Single();
        await book.ArchiveAsync(January);
        await book.RefundAsync(1, 200, 2);
        await book.CheckpointAsync();
        await book.RefundAsync(2, 100, 1);

        var later = await book.VerifyAsync(Checkpoints.Exported(book.State).Last());
        Assert.True(later.Passed, string.Join('\n', later.Breaches.Select(breach => $"{breach.Check}: {breach.Sentence}")));
        Assert.True((await book.VerifyAsync(early)).Passed);
    }

    [Fact]
    public async Task Without_the_public_key_nothing_is_verified()
    {
        await book.ArchiveAsync(January);
        await Assert.ThrowsAsync<AuditNotPossibleException>(() => Audit.RunAsync(new() { Database = book.App }));
    }

    [Fact]
    public async Task Stopped_at_any_step_it_goes_on_where_it_was()
    {
        var steps = new List<string>();
        await book.ArchiveAsync(January, new Steps(step => steps.Add(step.Step)));
        for (var at = 0; at < steps.Count; at++)
        {
            await using var another = await TestDatabase.CreateAsync();
            await using var stopped = await BeginAsync(another);
            await stopped.LiveThroughAsync(January, 1);
            await stopped.CloseAsync(January);
            stopped.GoTo(February);
            await stopped.PostOwnAsync(11);
            var stop = at;
            await Assert.ThrowsAsync<OperationCanceledException>(() => stopped.ArchiveAsync(January, new Steps(step => ThrowIf(step.Done == stop, step))));
            await stopped.PassesAsync();
            await stopped.RefundAsync(1, 1, 7);
            await stopped.ArchiveAsync(January);
            await stopped.PassesAsync();
            Assert.Equal(0, await another.ScalarAsync<long>("SELECT count(*) FROM pg_class WHERE relname LIKE '%\\_2026\\_01%'"));
        }

        static void ThrowIf(bool stops, ArchiveProgress step)
        {
            if (stops)
            {
                throw new OperationCanceledException(step.Step);
            }
        }
    }

    private async Task<Dictionary<string, long>> RowsAsync(Month month)
    {
        var rows = new Dictionary<string, long>();
        foreach (var (table, _) in ArchiveFiles.Tables)
        {
            rows.Add(table, await database.ScalarAsync<long>($"SELECT count(*) FROM {ArchiveFiles.Partition(table, month)}"));
        }

        return rows;
    }

    private async Task<string> TrialBalanceAsync() =>
        string.Join('\n', (await new Books(book.App, TimeProvider.System).TrialBalanceAsync(February.End, null, default)).Lines);

    private sealed class Steps(Action<ArchiveProgress> told) : IProgress<ArchiveProgress>
    {
        public void Report(ArchiveProgress value) => told(value);
    }
}
