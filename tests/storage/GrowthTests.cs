using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using Payments.Domain;
using Payments.Storage;
using Payments.Storage.Postgres;
using Payments.Storage.Postgres.Reporting;

namespace Payments.Tests.Storage;

/// <summary>Whatever the system asks of a large table, it asks by an index, and for no more than a page needs: it costs the same whatever the history.</summary>
[Trait("Length", "long")]
public sealed class GrowthTests(GrownDatabase grown) : IClassFixture<GrownDatabase>
{
    private const string M = GrownDatabase.Merchant;
    private const string Account = $"merchant:{GrownDatabase.Merchant}:balance:EUR";

    private static readonly DateTimeOffset Day = GrownDatabase.LastDay;
    private static readonly DateTimeOffset Later = Day.AddDays(400);
    private static readonly Guid Payment = Id("pay70000");
    private static readonly Guid Operation = Id("op70000");

    [Fact]
    public void There_is_enough_to_read()
    {
        string[] expected =
        [
            "break_resolutions", "events", "inbox", "journal_entries", "ledger_batches", "ledger_seals", "operations", "payment_audit", "payments", "payout_audit", "payouts", "postings",
            "reconciliation_breaks", "reports", "settlement_lines", "settlement_matches",
        ];
        Assert.Empty(expected.Except(grown.LargeTables.Select(table => Regex.Replace(table, @"_\d{4}_\d{2}$", ""))));
    }

    [Fact]
    public void The_writer_keeps_to_its_indexes_when_tables_grow_under_its_plans()
    {
        Assert.NotEmpty(grown.WhileStale);
        Judge(grown.WhileStale);
    }

    [Fact]
    public Task The_writer_reads_by_index() => ChecksAsync(() => grown.Book.WriteAsync(192, 96));

    [Theory]
    [MemberData(nameof(Filters))]
    public Task Lists_of_payments(string name, PaymentFilter filter) => ChecksAsync(async () =>
    {
        Assert.NotEmpty(name);
        var queries = new PostgresQueries(grown.Reading);
        await queries.PaymentsAsync(M, filter, null, 100, default);
        await queries.PaymentsAsync(M, filter, new(Day.AddDays(-50), Payment), 100, default);
    });

    public static TheoryData<string, PaymentFilter> Filters => new()
    {
        { "all", new() },
        { "of a time", new(CreatedFrom: Day.AddDays(-3), CreatedTo: Day.AddDays(-2)) },
        { "succeeded", new(Status: "succeeded") },
        { "processing", new(Status: "processing") },
        { "failed", new(Status: "failed") },
        { "by reference", new(Reference: "order 70000") },
        { "by customer", new(Customer: "customer 70") },
        { "of nobody", new(Customer: "nobody") },
        { "by amount", new(Amount: 1234) },
        { "by an amount that is not there", new(Amount: 77) },
        { "all at once", new("succeeded", Day.AddDays(-90), Day, "order 70000", 1234, "customer 70") },
    };

    [Fact]
    public Task A_payment_and_its_timeline() => ChecksAsync(async () =>
    {
        var queries = new PostgresQueries(grown.Reading);
        Assert.NotNull(await queries.PaymentAsync(M, Payment, default));
        Assert.Equal(5, (await queries.TimelineAsync(M, Payment, default)).Count);
        await queries.ApiKeyAsync(new byte[32], default);
        var store = new PostgresStore(grown.Reading, null!);
        await store.LoadAsync(M, Payment, default);
        await store.TracesAsync(M, Payment, default);
        await store.MerchantAsync(M, default);
        await store.AccountAsync(Account, default);
    });

    [Fact]
    public Task Recovery() => ChecksAsync(async () =>
    {
        Assert.NotEmpty(await new PostgresStore(grown.Reading, null!).DueAsync(Later, 0, 1, null, 100, default));
        Assert.NotEmpty(await new PostgresStore(grown.Reading, null!).DueAsync(Later, 3, 8, new(M, Payment, GrownDatabase.Start), 100, default));
        Assert.NotEmpty(await new PayoutStore(grown.Reading).DueAsync(Later, 0, 1, 100, default));
        await new ReportStore(grown.Reading, ReportLimits.Default).DueAsync(Later, 100, default);
        await new PostgresVitals(grown.Reading).LookAsync(Later, default);
        await Checkpoints.TakeAsync(grown.Reading, Directory.CreateTempSubdirectory("growth").FullName, TimeProvider.System, default);
    });

    [Fact]
    public Task The_inbox() => ChecksAsync(async () =>
    {
        var inbox = new Inbox(grown.Reading);
        var id = new EvidenceId(GrownDatabase.Gateway, "evt_new");
        Assert.True(await inbox.ReceiveAsync(new(id, Later, new() { Kind = "approved", Gateway = GrownDatabase.Gateway }), new byte[] { 1 }, default));
        Assert.NotNull(await inbox.FindAsync(id, default));
        Assert.NotEmpty(await inbox.DueAsync(Later, 0, 1, 100, default));
        Assert.NotNull(await inbox.PlaceAsync(GrownDatabase.Gateway, Operation, null, default));
        Assert.NotNull(await inbox.PlaceAsync(GrownDatabase.Gateway, null, "ext_70000", default));
        await inbox.PostponeAsync(id, "early", null, Later, default);
        await inbox.SettleAsync(id, InboxState.NothingNew, null, null, Later, default);
    });

    [Fact]
    public Task What_operators_see() => ChecksAsync(async () =>
    {
        var store = new OperatorStore(grown.Reading);
        Assert.NotEmpty(await store.OpenOperationsAsync(null, null, null, null, 100, default));
        await store.OpenOperationsAsync(M, Outcome.Unknown, Later, new(GrownDatabase.Start, Operation.ToString()), 100, default);
        Assert.NotEmpty(await store.CountUnknownAsync(Later, default));
        Assert.NotNull(await store.OperationAsync(Operation, default));
        Assert.NotEmpty(await store.FlaggedAsync(null, 100, default));
        await store.FlaggedAsync(new(Day, "evt_1"), 100, default);
        await store.CountInboxAsync(default);
    });

    [Fact]
    public Task The_ledger() => ChecksAsync(async () =>
    {
        var ledger = new LedgerQueries(grown.Reading);
        foreach (var merchant in new[] { M, null })
        {
            // More than once, so that the plan that is kept is seen too.
            for (var i = 0; i < 7; i++)
            {
                Assert.NotNull(await ledger.AccountAsync(merchant, Account, null, default));
                Assert.NotNull(await ledger.AccountAsync(merchant, Account, Day, default));
                Assert.NotEmpty(await ledger.AccountsAsync(merchant, Day, null, 100, default));
                Assert.NotEmpty(await ledger.TrialBalanceAsync(merchant, Day, default));
                Assert.Equal(100, (await ledger.StatementAsync(merchant, Account, null, null, null, 100, default)).Count);
                Assert.Equal(100, (await ledger.StatementAsync(merchant, Account, Day.AddDays(-40), Day.AddDays(-39), null, 100, default)).Count);
                Assert.Equal(100, (await ledger.StatementAsync(merchant, Account, null, null, 50_000, 100, default)).Count);
                Assert.NotNull(await ledger.EntryAsync(merchant, Id("entry70000"), default));
            }
        }

        var books = new Books(grown.Reading, TimeProvider.System);
        await books.TrialBalanceAsync(Day, Mode.Live, default);
        await books.IncomeAsync(Day.AddDays(-1), Day, null, default);
    });

    [Fact]
    public Task Payouts() => ChecksAsync(async () =>
    {
        var store = new PayoutStore(grown.Reading);
        Assert.NotNull(await store.PayoutAsync(M, Id("payout700"), default));
        Assert.Equal(M, await store.OwnerAsync(Id("payout700"), default));
        Assert.Equal(100, (await store.PayoutsAsync(M, null, 100, default)).Count);
        await store.PayoutsAsync(M, new(GrownDatabase.Start.AddDays(3), Payment), 100, default);
        Assert.NotEmpty(await store.PayableAsync(M, null, Day.AddDays(1), default));
        await store.ScheduledAsync(DateOnly.FromDateTime(Later.UtcDateTime), 0, 1, 100, default);
    });

    [Fact]
    public Task Lists_of_reports() => ChecksAsync(async () =>
    {
        var store = new ReportStore(grown.Reading, ReportLimits.Default);
        Assert.Equal(100, (await store.ReportsAsync(M, null, 100, default)).Count);
        await store.ReportsAsync(M, Id("report700"), 100, default);
        await store.CreateAsync(Id("new report"), M, Order("payments"), "v1", Later, default);
    });

    [Theory]
    [MemberData(nameof(ReportTypes))]
    public Task Reports_of_a_day(string type) => ChecksAsync(async () =>
    {
        var writer = new ReportWriter(grown.Reports);
        foreach (var merchant in ReportWriter.Types.Single(one => one.Name == type).IsForMerchants ? new[] { M, null } : [null])
        {
            await writer.WriteAsync(merchant, Order(type), Day, (_, _) => ValueTask.CompletedTask, new Progress<int>(), default);
        }
    });

    public static TheoryData<string> ReportTypes => [.. ReportWriter.Types.Select(type => type.Name)];

    [Fact]
    public Task Reconciliation() => ChecksAsync(async () =>
    {
        var reconciler = new Reconciler(grown.Reading, new Inbox(grown.Reading), TimeProvider.System);
        Assert.NotNull(await reconciler.MatchAsync(GrownDatabase.Gateway, default));
        var due = await reconciler.DueSettlementAsync(GrownDatabase.Gateway, default);
        await reconciler.FinishAsync(due!, default);
        await reconciler.RejudgeAsync(GrownDatabase.Gateway, default);
        Assert.NotEmpty(await reconciler.DueResolutionsAsync(GrownDatabase.Gateway, 100, default));
        await reconciler.ResolvedAsync(Id("break79999"), default);
        var breaks = new BreakBook(grown.Reading, TimeProvider.System);
        Assert.NotEmpty(await breaks.ListAsync(true, null, null, null, 100, default));
        Assert.NotEmpty(await breaks.ListAsync(true, GrownDatabase.Gateway, "missing_at_us", null, 100, default));
        Assert.NotEmpty(await breaks.ListAsync(null, null, null, new(GrownDatabase.Start.AddDays(60), Guid.Empty.ToString()), 100, default));
        Assert.NotNull(await breaks.FindAsync(Id("break70000"), default));
        Assert.NotEmpty(await breaks.SummaryAsync(Day.AddDays(-1), Day, default));
        Assert.NotEmpty(await breaks.DriftAsync(100, default));
        var files = new SettlementFiles(grown.Reading, TimeProvider.System);
        Assert.NotEmpty(await files.ListAsync(null, 100, default));
        await files.MissingDaysAsync(GrownDatabase.Gateway, DateOnly.FromDateTime(Day.UtcDateTime), 100, default);
    });

    private static ReportOrder Order(string type) => new(type, Day.AddDays(-1), Day, null, type == "account_statement" ? Account : null, ImmutableArray<string>.Empty, "csv");

    // As grow.sql makes ids.
    private static Guid Id(string name) => new(SHA256.HashData(Encoding.UTF8.GetBytes(name)).AsSpan(0, 16), bigEndian: true);

    private async Task ChecksAsync(Func<Task> ask)
    {
        grown.Plans.Take();
        await ask();
        var accesses = grown.Plans.Take();
        Assert.NotEmpty(accesses);
        Judge(accesses);
    }

    private void Judge(IReadOnlyList<TableAccess> accesses)
    {
        var costly = accesses
            .Where(access => grown.LargeTables.Contains(access.Table) && (access.Node == "Seq Scan" || access.Rows > GrownDatabase.Large))
            .Select(access => $"{access.Node} of {access.Table}, {access.Rows:n0} rows: {string.Join(' ', access.Query.Split(['\n', ' '], StringSplitOptions.RemoveEmptyEntries))}")
            .Distinct().ToArray();
        Assert.True(costly.Length == 0, string.Join('\n', costly));
    }
}
