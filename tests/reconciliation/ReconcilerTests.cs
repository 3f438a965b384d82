using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using Payments.Domain;
using Payments.Storage;
using Payments.Storage.Postgres;
using Payments.Tests.Audits;
using Payments.Tests.Support;

namespace Payments.Tests.Reconciliations;

/// <summary>Processors' files against operations and ledger on the real PostgreSQL: what fits is posted, what does not is found, and nothing else is.</summary>
public sealed class ReconcilerTests : IAsyncLifetime
{
    private const string Gateway = "simulator";

    private TestDatabase database = null!;
    private NpgsqlDataSource asApp = null!;
    private NpgsqlDataSource writing = null!;
    private GroupCommitter committer = null!;
    private Reconciler reconciler = null!;
    private BreakBook breaks = null!;
    private SampleBook book = null!;

    public async Task InitializeAsync()
    {
        database = await TestDatabase.MigratedAsync();
        book = new(database.Open());
        await book.BeginAsync();
        await book.WriteAsync(1, 96);
        asApp = database.OpenAsApp();
        writing = Connections.ForWriting(database.App);
        committer = new(writing, new() { Node = "settling" }, TimeProvider.System, NullLogger<GroupCommitter>.Instance);
        await committer.StartAsync(default);
        reconciler = new(asApp, new Inbox(asApp), TimeProvider.System);
        breaks = new(asApp, TimeProvider.System);
    }

    public async Task DisposeAsync()
    {
        await committer.DisposeAsync();
        await writing.DisposeAsync();
        await asApp.DisposeAsync();
        await database.DisposeAsync();
    }

    [Fact]
    public async Task A_file_that_tells_what_we_booked_settles_it_all_and_leaves_no_break()
    {
        await ImportAsync("january", await TruthAsync());
        await RunAsync();
        Assert.Empty(await OpenAsync());
        // All that is owed is what a dispute withholds.
        Assert.Equal(0, await database.ScalarAsync<long>("""
            SELECT count(*) FROM (
                SELECT currency, sum(balance) FILTER (WHERE id LIKE 'gateway:%:receivable:%') AS owed, -sum(balance) FILTER (WHERE id LIKE 'merchant:%:disputes:%') AS held
                FROM accounts GROUP BY currency) books WHERE coalesce(owed, 0) <> coalesce(held, 0)
            """));
        Assert.Equal(
            await database.ScalarAsync<long>("SELECT sum(gross - fee)::bigint FROM settlement_lines"),
            await database.ScalarAsync<long>("SELECT sum(balance)::bigint FROM accounts WHERE id LIKE 'gateway:%:in_transit:%'"));
        await RunAsync();
        Assert.Equal(3, await database.ScalarAsync<long>("SELECT count(*) FROM journal_entries WHERE kind = 'settlement'"));
        await AuditAsync();
    }

    [Fact]
    public async Task Every_planted_difference_is_found_and_nothing_else()
    {
        await database.ExecuteAsync("INSERT INTO processor_terms VALUES ('simulator', 'EUR', 100, 0)");
        var truth = await TruthAsync();
        var charges = truth.Where(line => line is { Kind: "capture", Currency: "EUR" }).ToArray();
        var refund = truth.First(line => line.Kind == "refund");
        var pending = await PendingAsync();
        var planted = truth.Except([charges[0]]).Select(line =>
            line == charges[1] ? line with { Gross = line.Gross + 5, Presented = line.Presented + 5 }
            : line == charges[2] ? line with { Fee = line.Fee + 7 }
            : line == charges[3] ? line with { PresentedCurrency = "USD" }
            : line == charges[4] ? line with { At = line.At.AddDays(40) }
            : line).ToList();
        planted.Add(charges[5] with { LineId = "again" });
        planted.Add(refund with { LineId = "refunded again" });
        planted.Add(charges[6] with { LineId = "nobody's", Reference = Ids.ProcessorReference(Guid.NewGuid()) });
        planted.Add(charges[6] with { LineId = "odd", Kind = "unknown", Type = "reserve_hold", Gross = -77, Presented = -77, Fee = 0, Reference = null });
        planted.Add(pending);
        planted.Add(charges[6] with { LineId = "costs", Kind = "fee", Type = "fee", Gross = -120, Presented = -120, Fee = 0, Reference = null });
        planted.Add(charges[6] with { LineId = "po_1", Kind = "payout", Type = "payout", Gross = -500, Presented = -500, Fee = 0, Reference = null });
        await ImportAsync("january", planted, coversUntil: new(2026, 2, 1, 0, 0, 0, TimeSpan.Zero));
        await RunAsync();

        var found = await OpenAsync();
        Assert.Equal(new[]
        {
            "amount_differs 5", "currency_differs " + (charges[3].Gross - charges[3].Fee), "duplicate " + (charges[5].Gross - charges[5].Fee), "duplicate " + (refund.Gross - refund.Fee),
            "fee_differs -7", "missing_at_processor " + charges[0].Gross, "missing_at_us " + (charges[6].Gross - charges[6].Fee),
            "outcome_unknown " + (pending.Gross - pending.Fee), "unknown_type -77", "wrong_period 0",
        }.Order(StringComparer.Ordinal), found.Select(one => $"{one.Kind} {one.Amount}").Order(StringComparer.Ordinal));
        await SuspenseIsWhatIsOpenAsync();
        await AuditAsync();

        // By day: what is missing there counts against the processor.
        var drift = await breaks.DriftAsync(100, default);
        Assert.Equal(found.Sum(one => one.Kind == "missing_at_processor" ? -one.Amount : one.Amount), drift.Sum(day => day.Amount));
        Assert.Equal(2, drift.Select(day => day.Day).Distinct().Count());
        Assert.Equal(found.Count, drift.Sum(day => day.Breaks));

        // The line was evidence: once it has done its work, the break has ended by itself.
        Assert.Equal(1, await database.ScalarAsync<long>("SELECT count(*) FROM inbox WHERE event_id LIKE 'settlement:%' AND state = 'received'"));
        await book.SettleAsync(pending.Reference!);
        await RunAsync();
        Assert.DoesNotContain("outcome_unknown", (await OpenAsync()).Select(one => one.Kind));
        await SuspenseIsWhatIsOpenAsync();
        await AuditAsync();

        // What was missing comes with a later file, and ends so too.
        await ImportAsync("february", [charges[0] with { LineId = "late" }, truth[0]], coversUntil: new(2026, 3, 1, 0, 0, 0, TimeSpan.Zero));
        await RunAsync();
        Assert.DoesNotContain("missing_at_processor", (await OpenAsync()).Select(one => one.Kind));

        // The rest is for people.
        foreach (var one in await OpenAsync())
        {
            var resolution = one.Amount == 0 ? BreakResolution.Accepted : one.Kind == "fee_differs" ? BreakResolution.Fees : BreakResolution.WriteOff;
            Assert.Equal(ResolveVerdict.Resolved, await breaks.ResolveAsync(one.Id, resolution, "Looked into.", "Ada", default));
            Assert.Equal(ResolveVerdict.AlreadyResolved, await breaks.ResolveAsync(one.Id, BreakResolution.Receivable, "Looked into.", "Bob", default));
        }

        await RunAsync();
        Assert.Empty(await OpenAsync());
        Assert.Equal(0, await database.ScalarAsync<long>("SELECT sum(abs(balance))::bigint FROM accounts WHERE id LIKE 'suspense:%'"));
        await AuditAsync();
    }

    [Fact]
    public async Task What_was_settled_in_another_currency_leaves_the_difference_to_the_exchange()
    {
        var charge = (await TruthAsync()).First(line => line is { Kind: "capture", Currency: "EUR" });
        await ImportAsync("dollars", [charge with { Currency = "USD", Gross = charge.Gross * 11 / 10, Fee = 31 }]);
        await RunAsync();
        Assert.Empty(await OpenAsync());
        Assert.Equal(charge.Gross, await BalanceAsync("fx:test_gain_loss:EUR"));
        Assert.Equal(-(charge.Gross * 11 / 10), await BalanceAsync("fx:test_gain_loss:USD"));
        Assert.Equal((charge.Gross * 11 / 10) - 31, await BalanceAsync("gateway:simulator:in_transit:USD"));
        Assert.Equal(31, await BalanceAsync("gateway:simulator:fees:USD"));
        await AuditAsync();
    }

    [Fact]
    public async Task A_run_that_stops_anywhere_is_finished_by_another_and_two_at_once_post_nothing_twice()
    {
        await ImportAsync("january", await TruthAsync());
        await reconciler.MatchAsync(Gateway, default);
        var due = await reconciler.DueSettlementAsync(Gateway, default);
        var other = new Reconciler(asApp, new Inbox(asApp), TimeProvider.System);
        await Task.WhenAll(RunAsync(), RunAsync(other), RunAsync());
        Assert.Equal(due!.Entries.Count, await database.ScalarAsync<long>("SELECT count(*) FROM journal_entries WHERE kind = 'settlement'"));
        Assert.Empty(await OpenAsync());
        await AuditAsync();
    }

    [Fact]
    public async Task A_line_that_two_reports_tell_of_is_one_line_and_is_paid_once()
    {
        var charge = (await TruthAsync()).First(line => line is { Kind: "capture", Currency: "EUR" });
        var net = charge.Gross - charge.Fee;
        var atBank = await BalanceAsync("bank:test:cash:EUR");
        await ImportAsync("activity", [charge], format: "stripe");
        await RunAsync();
        Assert.Equal((net, atBank), (await BalanceAsync("gateway:simulator:in_transit:EUR"), await BalanceAsync("bank:test:cash:EUR")));
        await ImportAsync("payout", [charge with { Batch = "po_1" }], format: "stripe");
        await ImportAsync("payout again", [charge with { Batch = "po_1" }, charge with { LineId = "x", Kind = "fee", Gross = -1, Fee = 0, Reference = null, Batch = "po_1" }], format: "stripe");
        await RunAsync();
        Assert.Empty(await OpenAsync());
        Assert.Equal((0L, atBank + net - 1), (await BalanceAsync("gateway:simulator:in_transit:EUR"), await BalanceAsync("bank:test:cash:EUR")));
        await AuditAsync();
    }

    [Theory]
    [InlineData("settlement_matches_accounts_for_key", "INSERT INTO settlement_matches SELECT file, line, 2, operation_id, true, false, 'EUR', 0, 0, 0, 'EUR', 0, 0, 0, 0, 0 FROM settlement_matches WHERE accounts_for LIMIT 1")]
    [InlineData("settlement_matches_check", "INSERT INTO settlement_matches SELECT file, line, 2, NULL, false, false, 'EUR', 1, 0, 0, 'EUR', 0, 0, 0, 0, 0 FROM settlement_matches LIMIT 1")]
    [InlineData("change of history", "UPDATE settlement_matches SET fees = fees")]
    [InlineData("change of a break", "UPDATE reconciliation_breaks SET amount = amount + 1")]
    [InlineData("change of history", "DELETE FROM reconciliation_breaks")]
    public async Task The_database_keeps_what_was_matched(string refusal, string sql)
    {
        var truth = await TruthAsync();
        await ImportAsync("january", [.. truth, truth[0] with { LineId = "again" }]);
        await RunAsync();
        var refused = await Assert.ThrowsAsync<PostgresException>(() => database.ExecuteAsync(sql));
        Assert.Contains(refusal, $"{refused.ConstraintName} {refused.MessageText}", StringComparison.Ordinal);
    }

    private Task RunAsync(Reconciler? by = null) =>
        new ReconciliationRun(by ?? reconciler, committer.CommitAsync, TimeProvider.System).RunAsync(Gateway, null, default);

    private async Task ImportAsync(string name, IEnumerable<SettlementLineRow> lines, DateTimeOffset? coversUntil = null, string format = "simulator")
    {
        var digest = System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(name));
        var (_, isNew) = await new SettlementFiles(asApp, TimeProvider.System).ImportAsync(
            new(Gateway, name, format, digest, "Ada") { CoversUntil = coversUntil }, lines.Select((line, i) => line with { Line = i + 2 }), default);
        Assert.True(isNew);
    }

    /// <summary>What the processor would tell of what we booked: its fee is one percent of a charge.</summary>
    private async Task<List<SettlementLineRow>> TruthAsync()
    {
        await using var command = asApp.CreateCommand("""
            SELECT o.id, o.kind, o.amount, o.processor_fee, coalesce(CASE WHEN o.kind = 'dispute_won' THEN d.about END, o.about), p.currency, o.created_at, d.amount, d.processor_fee
            FROM operations o JOIN payments p ON p.merchant_id = o.merchant_id AND p.id = o.payment_id LEFT JOIN operations d ON d.id = o.about AND o.kind = 'dispute_won'
            WHERE o.status = 'succeeded' AND p.gateway = 'simulator' AND o.kind IN ('charge', 'refund', 'refund_failure', 'dispute', 'dispute_won') ORDER BY o.created_at
            """);
        await using var reader = await command.ExecuteReaderAsync();
        var lines = new List<SettlementLineRow>();
        while (await reader.ReadAsync())
        {
            var (amount, fee, kind) = (reader.GetInt64(2), reader.GetInt64(3), reader.GetString(1));
            var (told, gross, cost) = kind switch
            {
                "charge" => ("capture", amount, new FeeTerms(100, 0).Of(amount)),
                "refund" => ("refund", -amount, 0),
                "refund_failure" => ("refund_failure", amount, 0),
                "dispute" => ("dispute", -amount, fee),
                _ => ("dispute_reversal", reader.GetInt64(7), fee - reader.GetInt64(8)),
            };
            var about = reader.IsDBNull(4) ? reader.GetGuid(0) : reader.GetGuid(4);
            lines.Add(new(
                0, $"line_{lines.Count}", told, told, reader.GetFieldValue<DateTimeOffset>(6), reader.GetString(5), gross, cost, reader.GetString(5), gross,
                Ids.ProcessorReference(about), kind.StartsWith("dispute", StringComparison.Ordinal) ? "dp_1" : null, null));
        }

        Assert.Contains("dispute_reversal", lines.Select(line => line.Kind));
        Assert.Contains("refund_failure", lines.Select(line => line.Kind));
        return lines;
    }

    // A payment of which nobody knows yet what became of it.
    private async Task<SettlementLineRow> PendingAsync()
    {
        await using var command = asApp.CreateCommand(
            "SELECT o.id, o.amount, p.currency, o.created_at FROM operations o JOIN payments p ON p.id = o.payment_id WHERE o.kind = 'charge' AND o.status = 'pending' AND p.status = 'processing' LIMIT 1");
        await using var reader = await command.ExecuteReaderAsync();
        Assert.True(await reader.ReadAsync());
        var amount = reader.GetInt64(1);
        return new(
            0, "unknown here", "capture", "capture", reader.GetFieldValue<DateTimeOffset>(3), reader.GetString(2), amount, new FeeTerms(100, 0).Of(amount), reader.GetString(2), amount,
            Ids.ProcessorReference(reader.GetGuid(0)), null, null);
    }

    private async Task<IReadOnlyList<BreakRow>> OpenAsync() => await breaks.ListAsync(isOpen: true, gateway: null, kind: null, after: null, 1000, default);

    private async Task<long> BalanceAsync(string account) => await database.ScalarAsync<long>($"SELECT coalesce((SELECT balance FROM accounts WHERE id = '{account}'), 0)");

    private async Task SuspenseIsWhatIsOpenAsync()
    {
        var open = (await OpenAsync()).Where(one => one.Kind != "missing_at_processor").GroupBy(one => one.Currency).ToDictionary(group => group.Key, group => group.Sum(one => one.Amount));
        foreach (var (currency, amount) in open)
        {
            Assert.Equal(amount, -await BalanceAsync($"suspense:simulator:{currency}"));
        }
    }

    private async Task AuditAsync() =>
        Assert.Empty((await Audit.RunAsync(new() { Database = asApp, StateDirectory = Path.GetTempPath() })).Breaches);
}
