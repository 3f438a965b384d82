using Payments.Domain;
using Payments.Storage;
using Payments.Storage.Postgres;
using Payments.Tests.Support;
using static Payments.Tests.Archives.ArchiveBook;

namespace Payments.Tests.Archives;

/// <summary>A processor's file that comes late, and tells of operations whose postings have left, is judged as if they had not.</summary>
public sealed class LateSettlementTests : IAsyncLifetime
{
    private TestDatabase database = null!;
    private ArchiveBook book = null!;

    private long Amount => book.Payment(1).Amount;

    public async Task InitializeAsync()
    {
        database = await TestDatabase.CreateAsync();
        book = await BeginAsync(database);
        await book.LiveThroughAsync(January, 1);
        await SettleAsync("early.csv", January.End, Line(2, "capture", book.Payment(3).Charge.Id, Amount));
        await book.LiveThroughAsync(February, 11);
        await book.CloseAsync(January);
        await book.ArchiveAsync(January);
    }

    public async Task DisposeAsync()
    {
        await book.DisposeAsync();
        await database.DisposeAsync();
    }

    [Fact]
    public async Task What_it_tells_rightly_is_matched()
    {
        var refund = book.Payment(1).Operations[^1];
        await SettleAsync("late.csv", null, Line(2, "capture", book.Payment(1).Charge.Id, Amount), Line(3, "refund", refund.Id, -refund.Amount));

        Assert.Equal(3, await database.ScalarAsync<long>("SELECT count(*) FROM settlement_matches WHERE accounts_for"));
        Assert.Equal(0, await database.ScalarAsync<long>("SELECT count(*) FROM reconciliation_breaks"));
        await book.PassesAsync();
        var summary = Assert.Single(await new BreakBook(book.App, TimeProvider.System).SummaryAsync(null, null, default));
        // What was settled before it left counts as well.
        Assert.Equal(Amount + Amount - refund.Amount, summary.Settled);
    }

    [Fact]
    public async Task What_it_tells_wrongly_is_found()
    {
        await SettleAsync(
            "late.csv", null, Line(2, "capture", book.Payment(1).Charge.Id, Amount + 7), Line(3, "capture", book.Payment(3).Charge.Id, Amount),
            Line(4, "capture", book.Payment(4).Charge.Id, Amount));

        Assert.Equal(
            "amount_differs 7, duplicate 1000, missing_at_us 1000",
            (await database.ScalarAsync<string>("SELECT string_agg(kind || ' ' || amount, ', ' ORDER BY kind) FROM reconciliation_breaks")).Replace($"{Amount}", "1000", StringComparison.Ordinal));
        await book.PassesAsync();
    }

    [Fact]
    public async Task What_it_leaves_out_is_missing_there_although_its_postings_have_left()
    {
        await SettleAsync("first of another.csv", February.Start.AddDays(5), Line(2, "capture", book.Payment(1).Charge.Id, Amount));
        // Of what was booked behind the end of the early file.
        Assert.Equal(0, await database.ScalarAsync<long>("SELECT count(*) FROM reconciliation_breaks WHERE at < '2026-02-01Z'"));
        Assert.True(await database.ScalarAsync<long>("SELECT count(*) FROM reconciliation_breaks WHERE kind = 'missing_at_processor' AND at >= '2026-02-01Z'") >= 3);

        await database.ExecuteAsync("SET session_replication_role = replica; UPDATE settlement_files SET covers_until = '2026-01-01Z'; DELETE FROM reconciliation_breaks");
        await SettleAsync("again.csv", February.Start.AddDays(5), Line(2, "capture", book.Payment(11).Charge.Id, Amount));
        Assert.Equal(
            new[] { book.Payment(2).Charge.Id, book.Payment(1).Operations[^1].Id, book.Payment(2).Operations[^1].Id }.Order(),
            (await database.ScalarAsync<Guid[]>("SELECT array_agg(operation_id) FROM reconciliation_breaks WHERE kind = 'missing_at_processor' AND at < '2026-02-01Z'")).Order());
    }

    private static SettlementLineRow Line(int number, string kind, Guid operation, long gross) => new(
        number, $"txn_{number}_{operation}_{gross}", kind, kind, January.Start.AddDays(1), "EUR", gross, 0, "EUR", gross, Ids.ProcessorReference(operation), null, null);

    private async Task SettleAsync(string name, DateTimeOffset? coversUntil, params SettlementLineRow[] lines)
    {
        await new SettlementFiles(book.App, TimeProvider.System).ImportAsync(
            new("simulator", name, "simulator", System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(name)), "Ada") { CoversUntil = coversUntil }, lines, default);
        await new ReconciliationRun(new Reconciler(book.App, new Inbox(book.App), TimeProvider.System), book.WriteAsync, TimeProvider.System).RunAsync("simulator", null, default);
    }
}
