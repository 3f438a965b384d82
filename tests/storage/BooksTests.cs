using Npgsql;
using Payments.Domain;
using Payments.Storage.Postgres;
using Payments.Tests.Audits;
using Payments.Tests.Support;

namespace Payments.Tests.Storage;

/// <summary>Months of the books on the real PostgreSQL: what is closed stays as it was, whatever goes on meanwhile.</summary>
public sealed class BooksTests : IAsyncLifetime
{
    private static readonly Month January = Month.Of(new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero));

    private TestDatabase database = null!;
    private NpgsqlDataSource asApp = null!;
    private SampleBook book = null!;
    private Books books = null!;

    public async Task InitializeAsync()
    {
        database = await TestDatabase.MigratedAsync();
        book = new(database.Open());
        await book.BeginAsync();
        await book.WriteAsync(1, 60);
        asApp = database.OpenAsApp();
        books = new(asApp, TimeProvider.System);
    }

    public async Task DisposeAsync()
    {
        await asApp.DisposeAsync();
        await database.DisposeAsync();
    }

    [Fact]
    public async Task A_closed_month_takes_no_more_postings_and_reads_the_same_to_the_byte()
    {
        var before = await books.TrialBalanceAsync(January.End, null, default);
        var income = await books.IncomeAsync(DateTimeOffset.UnixEpoch, January.End, null, default);
        Assert.True(before.Lines.Count > 10);
        var (closing, isNew) = await books.CloseAsync(January, "Ada", default);
        Assert.True(isNew);

        // Its clock is still in January.
        var entries = await database.ScalarAsync<long>("SELECT count(*) FROM journal_entries");
        await book.WriteAsync(61, 60);

        Assert.Equal(January, Month.Of(book.Now));
        Assert.Equal(entries, await database.ScalarAsync<long>("SELECT count(*) FROM journal_entries WHERE posted_at < '2026-02-01T00:00:00Z'"));
        Assert.True(await database.ScalarAsync<long>("SELECT count(*) FROM journal_entries") > entries * 3 / 2);
        Assert.Equal(0, await database.ScalarAsync<long>("SELECT count(*) FROM journal_entries WHERE (posted_at < '2026-02-01T00:00:00Z') <> (effective_at IS NULL)"));
        Assert.True(await database.ScalarAsync<DateTime>("SELECT max(effective_at) FROM journal_entries") < January.Next.Start);
        var after = await books.TrialBalanceAsync(January.End, null, default);
        Assert.Equal(before.ToCsv(), after.ToCsv());
        Assert.Equal(closing.Digest, after.Digest());
        Assert.Equal(income.Lines, (await books.IncomeAsync(DateTimeOffset.UnixEpoch, January.End, null, default)).Lines);
        Assert.NotEqual(before.ToCsv(), (await books.TrialBalanceAsync(January.Next.End, null, default)).ToCsv());
        Assert.Empty((await Audit.RunAsync(new() { Database = asApp, StateDirectory = Path.GetTempPath() })).Breaches);
    }

    [Fact]
    public async Task A_batch_in_flight_is_waited_for_and_later_ones_wait_for_the_closing()
    {
        await using var batch = await asApp.OpenConnectionAsync();
        await using var transaction = await batch.BeginTransactionAsync();
        await using (var takes = new NpgsqlCommand("SELECT lock_books()", batch))
        {
            await takes.ExecuteNonQueryAsync();
        }

        var closing = books.CloseAsync(January, "Ada", default);
        await WaitingBecomeAsync(1);
        var later = book.WriteAsync(61, 6);
        await WaitingBecomeAsync(2);
        Assert.False(closing.IsCompleted);

        await transaction.CommitAsync();
        var sealedWith = (await closing).Closing.Digest;
        await later;
        Assert.Equal(sealedWith, (await books.TrialBalanceAsync(January.End, null, default)).Digest());

        Task WaitingBecomeAsync(long waiting) => Eventually.BecomesAsync(waiting, () => database.ScalarAsync<long>(
            "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"));
    }

    [Fact]
    public async Task The_database_refuses_what_is_posted_where_the_books_are_fixed()
    {
        await books.FixAsync(January.End, default);
        Assert.Contains("where the books are fixed", await RefusalAsync(
            "INSERT INTO journal_entries SELECT gen_random_uuid(), kind, merchant_id, payment_id, operation_id, '2026-01-31T23:59:59.999999Z', writer, batch, position FROM journal_entries LIMIT 1"), StringComparison.Ordinal);
        Assert.Contains("goes back", await RefusalAsync("UPDATE books SET fixed_until = 'epoch'"), StringComparison.Ordinal);
        Assert.Contains("is not over", await RefusalAsync("UPDATE books SET fixed_until = now() + interval '1 minute'"), StringComparison.Ordinal);
        Assert.Contains("not fixed until", await RefusalAsync("INSERT INTO period_closings VALUES ('2026-02-01', now(), 'x', sha256('x'))"), StringComparison.Ordinal);
        Assert.Equal(1, await database.ScalarAsync<int>("WITH one AS (INSERT INTO period_closings VALUES ('2026-01-01', now(), 'x', sha256('x')) RETURNING 1 AS n) SELECT n FROM one"));
        Assert.Contains("change of history", await RefusalAsync("UPDATE period_closings SET digest = sha256('y')"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Months_are_closed_in_their_order_once_and_when_they_are_over()
    {
        var running = Month.Of(TimeProvider.System.Now());
        Assert.Contains("is not over", (await Assert.ThrowsAsync<BooksException>(() => books.CloseAsync(running, "Ada", default))).Message, StringComparison.Ordinal);
        var both = await Task.WhenAll(books.CloseAsync(January, "Ada", default), books.CloseAsync(January, "Bob", default));
        Assert.Single(both, closed => closed.IsNew);
        Assert.Equal(both[0].Closing.ClosedBy, both[1].Closing.ClosedBy);
        Assert.Contains("2026-02 is next", (await Assert.ThrowsAsync<BooksException>(() => books.CloseAsync(January.Next.Next, "Ada", default))).Message, StringComparison.Ordinal);
        Assert.True(Month.TryParse("2025-12", out var december));
        Assert.Contains("but with 2026-01", (await Assert.ThrowsAsync<BooksException>(() => books.CloseAsync(december, "Ada", default))).Message, StringComparison.Ordinal);
        Assert.True((await books.CloseAsync(January.Next, "Ada", default)).IsNew);
        Assert.Equal([January, January.Next], (await books.ClosingsAsync(default)).Select(closing => closing.Month));
    }

    [Fact]
    public async Task Assets_are_what_is_owed_and_what_was_earned_and_income_adds_up_to_it()
    {
        var sheets = BalanceSheet.Of(await books.TrialBalanceAsync(January.End, Mode.Test, default));
        var income = await books.IncomeAsync(DateTimeOffset.UnixEpoch, January.End, Mode.Test, default);
        Assert.Equal(["EUR", "JPY", "KWD"], sheets.Select(sheet => sheet.Currency));
        foreach (var sheet in sheets)
        {
            Assert.True(sheet.TotalAssets > 0 && sheet.TotalEarned > 0);
            Assert.Equal(sheet.TotalAssets, sheet.TotalLiabilities + sheet.TotalEarned);
            Assert.Equal((decimal)sheet.TotalEarned, income.Lines.Where(line => line.Currency == sheet.Currency).Sum(line => (decimal)line.Amount));
        }

        Assert.Empty((await books.TrialBalanceAsync(January.End, Mode.Live, default)).Lines);
    }

    private async Task<string> RefusalAsync(string sql) =>
        (await Assert.ThrowsAsync<PostgresException>(() => database.ExecuteAsync(sql))).MessageText;
}
