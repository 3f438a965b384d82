using Payments.Domain;
using Payments.Storage.Postgres;
using Payments.Tests.Support;
using static Payments.Tests.Archives.ArchiveBook;

namespace Payments.Tests.Archives;

/// <summary>Whatever is in the way of a month's leaving is named, and nothing has changed.</summary>
public sealed class ArchiveRefusalTests : IAsyncLifetime
{
    private TestDatabase database = null!;
    private ArchiveBook book = null!;

    public async Task InitializeAsync()
    {
        database = await TestDatabase.CreateAsync();
        book = await BeginAsync(database);
        await book.LiveThroughAsync(January, 1);
    }

    public async Task DisposeAsync()
    {
        await book.DisposeAsync();
        await database.DisposeAsync();
    }

    [Fact]
    public async Task An_open_month_stays()
    {
        await RefusedAsync(January, "it is still being written");
        await TurnAsync(February);
        await RefusedAsync(January, "it is not closed: payments periods close 2026-01");
        await RefusedAsync(Month.Of(new(2025, 5, 1, 0, 0, 0, TimeSpan.Zero)), "Nothing was written in 2025-05");
    }

    [Fact]
    public async Task Months_leave_in_their_order()
    {
        await TurnAsync(February);
        await TurnAsync(March);
        await book.CloseAsync(January);
        await book.CloseAsync(February);
        await RefusedAsync(February, "2026-01 must be archived first");
        await book.ArchiveAsync(January);
        await book.ArchiveAsync(February);
        Assert.False((await book.ArchiveAsync(February)).IsNew);
    }

    [Fact]
    public async Task What_is_not_decided_stays()
    {
        await book.ChargeAsync(5);
        await CloseAsync();
        await RefusedAsync(January, $"1 operations of payments are not decided, such as {Ids.Format(Ids.OperationPrefix, book.Payment(5).Charge.Id)} of payment {Ids.Format(Ids.PaymentPrefix, book.Payment(5).Id)}");
        await book.AnswerAsync(5, GatewayAnswerKind.Approved);
        await book.ArchiveAsync(January);
        await book.PassesAsync();
    }

    [Fact]
    public async Task A_payout_in_transit_stays()
    {
        await book.PayoutAsync(5, answer: null);
        await CloseAsync();
        await RefusedAsync(January, "1 payouts are in transit, such as po_");
    }

    [Fact]
    public async Task What_young_charges_hold_back_stays()
    {
        await database.ExecuteAsync($"""
            INSERT INTO api_keys (hash, scopes, hint, created_at) VALUES (sha256('x'), ARRAY['operator'], 'x', now());
            INSERT INTO payout_settings (merchant_id, currency, schedule, minimum, delay_days, reserve, destination, holder, scheduled_through, changed_by, changed_at)
                SELECT '{database.MerchantId}', 'EUR', 'manual', 1, 60, 0, 'DE89370400440532013000', 'Sample', '2026-01-01', id, now() FROM api_keys
            """);
        await CloseAsync();
        await RefusedAsync(January, "wait longer for what was charged in it (60 days", new SettableClock(March.Start));

        await book.ArchiveAsync(January, time: new SettableClock(March.Next.Next.Start));
        // Whoever sets a longer delay later is never paid too much: what cannot be told apart any more counts as young.
        var available = await database.ScalarAsync<long>($"SELECT -balance FROM accounts WHERE id = '{book.Balance}'");
        Assert.Equal(available, await YoungAsync("2026-01-15"));
        Assert.Equal(0, await YoungAsync("2026-02-02"));

        Task<long> YoungAsync(string since) => database.ScalarAsync<long>($"SELECT young_captures(no, seq, '{since}Z') FROM accounts WHERE id = '{book.Balance}'");
    }

    [Fact]
    public async Task A_message_that_is_not_understood_stays()
    {
        await new Inbox(book.Writing).ReceiveAsync(new(new("simulator", "evt_odd"), January.Start, new() { Kind = "approved", Gateway = "simulator" }), new byte[] { 1 }, default);
        await CloseAsync();
        await RefusedAsync(January, "1 messages in the inbox are not understood yet, such as evt_odd of simulator");
    }

    [Fact]
    public async Task A_settlement_file_that_is_not_reconciled_stays()
    {
        await new SettlementFiles(book.App, TimeProvider.System).ImportAsync(
            new("simulator", "one.csv", "simulator", new byte[32], "Ada"),
            [new(2, "odd", "unknown", "reserve_hold", January.End, "EUR", -77, 0, "EUR", -77, null, null, null)], default);
        await CloseAsync();
        await RefusedAsync(January, "settlement file one.csv of simulator is not reconciled yet");
    }

    [Fact]
    public async Task A_report_that_needs_it_stays()
    {
        await CloseAsync();
        var reports = new ReportStore(book.App, ReportLimits.Default);
        await reports.CreateAsync(Guid.NewGuid(), null, new("trial_balance", null, February.Start, null, null, [], "csv"), "v1", TimeProvider.System.GetUtcNow(), default);
        await reports.CreateAsync(Guid.NewGuid(), null, new("fees", February.Start, null, null, null, [], "csv"), "v1", TimeProvider.System.GetUtcNow(), default);
        var open = (await reports.CreateAsync(Guid.NewGuid(), null, new("fees", null, null, null, null, [], "csv"), "v1", TimeProvider.System.GetUtcNow(), default)).Report!;
        await RefusedAsync(January, $"1 reports that need it are not written yet, such as {Ids.Format(Ids.ReportPrefix, open.Id)}");
    }

    [Fact]
    public async Task Another_key_than_the_checkpoints_signs_nothing()
    {
        await book.CheckpointAsync();
        await CloseAsync();
        Directory.Delete(book.State, recursive: true);
        Directory.CreateDirectory(book.State);
        await RefusedAsync(January, "is not the one that the checkpoints are signed with");
    }

    [Fact]
    public async Task Another_folder_than_the_recorded_one_lets_nothing_leave()
    {
        await CloseAsync();
        await Assert.ThrowsAsync<OperationCanceledException>(() => book.ArchiveAsync(January, new StopsAt("reading")));
        var elsewhere = Directory.CreateTempSubdirectory("elsewhere").FullName;
        Assert.Contains("postings.csv.gz is missing", (await Assert.ThrowsAsync<ArchiveException>(() => book.ArchiveAsync(January, folder: elsewhere))).Message, StringComparison.Ordinal);
        var file = Path.Combine(book.Folder, "2026-01", "events.csv.gz");
        var bytes = await File.ReadAllBytesAsync(file);
        await File.WriteAllBytesAsync(file, bytes[..^1]);
        Assert.Contains("is not the file that was written", (await Assert.ThrowsAsync<ArchiveException>(() => book.ArchiveAsync(January))).Message, StringComparison.Ordinal);
        Assert.Equal(5, await database.ScalarAsync<long>("SELECT count(*) FROM kept_months() WHERE month = '2026-01-01'"));
        await File.WriteAllBytesAsync(file, bytes);
        Assert.False((await book.ArchiveAsync(January)).IsNew);
        await book.PassesAsync();
    }

    [Fact]
    public async Task What_was_changed_behind_its_export_is_not_dropped()
    {
        await CloseAsync();
        await Assert.ThrowsAsync<OperationCanceledException>(() => book.ArchiveAsync(January, new StopsAt("detaching")));
        await Assert.ThrowsAsync<Npgsql.PostgresException>(() => database.ExecuteAsync("UPDATE evidence SET body = NULL"));
        await database.ExecuteAsync("SET session_replication_role = replica; UPDATE postings_2026_01 SET amount = amount + 1");
        Assert.Contains("does not hold what was exported", (await Assert.ThrowsAsync<ArchiveException>(() => book.ArchiveAsync(January))).Message, StringComparison.Ordinal);
        Assert.True(await database.ScalarAsync<long>("SELECT count(*) FROM postings_2026_01") > 0);
    }

    [Theory]
    [InlineData("SELECT drop_archived('postings', '2026-01-01')")]
    [InlineData("INSERT INTO archives VALUES ('2026-01-01', now(), 'x', 'x', 'x', 'x')")]
    [InlineData("INSERT INTO archives VALUES ('2026-02-01', now(), 'x', 'x', 'x', 'x')")]
    public async Task Not_even_the_owner_lets_a_month_leave_out_of_turn(string sql)
    {
        await TurnAsync(February);
        Assert.Equal("23000", (await Assert.ThrowsAsync<Npgsql.PostgresException>(() => database.ExecuteAsync(sql))).SqlState);
    }

    [Theory]
    [InlineData("UPDATE archives SET archived_by = 'x'")]
    [InlineData("DELETE FROM archived_accounts")]
    [InlineData("TRUNCATE archived_accounts")]
    [InlineData("DELETE FROM archives")]
    public async Task What_is_signed_is_history(string sql)
    {
        await CloseAsync();
        await book.ArchiveAsync(January);
        Assert.Equal("23000", (await Assert.ThrowsAsync<Npgsql.PostgresException>(() => database.ExecuteAsync(sql))).SqlState);
    }

    private async Task TurnAsync(Month to)
    {
        book.GoTo(to);
        await book.PostOwnAsync(to.Start.Month * 100);
    }

    private async Task CloseAsync()
    {
        await TurnAsync(February);
        await book.CloseAsync(January);
    }

    private async Task RefusedAsync(Month month, string why, TimeProvider? time = null)
    {
        var refused = await Assert.ThrowsAsync<ArchiveException>(() => book.ArchiveAsync(month, time: time));
        Assert.Contains(why, refused.Message, StringComparison.Ordinal);
        Assert.Equal(0, await database.ScalarAsync<long>("SELECT count(*) FROM archives WHERE month = '" + $"{month}-01'"));
    }

    private sealed class StopsAt(string step) : IProgress<ArchiveProgress>
    {
        public void Report(ArchiveProgress value)
        {
            if (value.Step.StartsWith(step, StringComparison.Ordinal))
            {
                throw new OperationCanceledException(step);
            }
        }
    }
}
