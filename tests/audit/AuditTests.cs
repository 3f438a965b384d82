using Npgsql;
using Payments.Domain;
using Payments.Storage;
using Payments.Storage.Postgres;
using Payments.Tests.Support;

namespace Payments.Tests.Audits;

public sealed class BookOfEveryFate : IAsyncLifetime
{
    public TestDatabase Database { get; private set; } = null!;
    public string StateDirectory { get; } = Directory.CreateTempSubdirectory("audit").FullName;
    public string EarlyCheckpoint { get; private set; } = "";
    public SampleBook Book { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        Database = await TestDatabase.MigratedAsync();
        await using var source = Database.Open();
        Book = new SampleBook(source);
        await Book.BeginAsync();
        await Book.WriteAsync(0, 48);
        await Checkpoints.TakeAsync(source, StateDirectory, TimeProvider.System, CancellationToken.None);
        EarlyCheckpoint = Checkpoints.Exported(StateDirectory).Single();
        await Book.WriteAsync(48, 24);
        await ReconcileAsync(source);
        await Checkpoints.TakeAsync(source, StateDirectory, TimeProvider.System, CancellationToken.None);
        await new Books(source, TimeProvider.System).CloseAsync(Month.Of(Book.Now), "auditor", CancellationToken.None);
        await ReportAsync(new(source, ReportLimits.Default));
        await source.DisposeAsync();
        NpgsqlConnection.ClearAllPools();
    }

    private async Task ReportAsync(ReportStore reports)
    {
        var now = TimeProvider.System.Now();
        var asked = (await reports.CreateAsync(Ids.Charge(default), Book.Merchant, new("payments", null, null, null, null, [], "csv"), "v1", now, default)).Report!;
        var claimed = asked.Claimed(now);
        Assert.True(await reports.MoveAsync(asked, claimed, default));
        Assert.True(await reports.MoveAsync(claimed, claimed.Succeeded(await reports.WriteAsync(claimed, new Progress<int>(), default), now, now.AddDays(1)), default));
    }

    // A file with a line that nobody can explain.
    private async Task ReconcileAsync(NpgsqlDataSource source)
    {
        await new SettlementFiles(source, TimeProvider.System).ImportAsync(
            new("simulator", "one.csv", "simulator", new byte[32], "auditor"),
            [new(2, "odd", "unknown", "reserve_hold", Book.Now, "EUR", -77, 0, "EUR", -77, null, null, null)], CancellationToken.None);
        await new ReconciliationRun(new Reconciler(source, new Inbox(source), TimeProvider.System), Book.PostAsync, TimeProvider.System)
            .RunAsync("simulator", null, CancellationToken.None);
    }

    public async Task DisposeAsync()
    {
        await Database.DisposeAsync();
        Directory.Delete(StateDirectory, recursive: true);
    }
}

/// <summary>The audit judges every other experiment, so it must itself be shown to see each kind of tampering.</summary>
public sealed class AuditTests(BookOfEveryFate fate) : IClassFixture<BookOfEveryFate>
{
    private const string Entry = "(SELECT id FROM journal_entries WHERE kind = 'charge' ORDER BY id LIMIT 1)";
    private const string Succeeded = "(SELECT id FROM payments WHERE status = 'succeeded' ORDER BY id LIMIT 1)";

    [Fact]
    public async Task Whole_books_pass_and_every_check_looked_at_rows()
    {
        var report = await AuditAsync(fate.Database);

        Assert.Empty(report.Breaches);
        Assert.All(report.Checks.Where(check => check.NotChecked is null), check => Assert.True(check.Rows > 0, check.Name));
        Assert.Equal("I1", Assert.Single(report.Checks, check => check.NotChecked is not null).Invariant);
    }

    [Fact]
    public async Task Books_pass_since_a_checkpoint_with_fewer_rows()
    {
        var whole = await AuditAsync(fate.Database);
        var later = await AuditAsync(fate.Database, since: fate.EarlyCheckpoint);

        Assert.Empty(later.Breaches);
        Assert.Contains("checkpoint 1", later.Scope, StringComparison.Ordinal);
        Assert.InRange(Rows(later, "hash chains"), 1, Rows(whole, "hash chains") / 2);
        Assert.InRange(Rows(later, "entries balance"), 1, Rows(whole, "entries balance") / 2);
    }

    [Theory]
    [InlineData("I2", "a changed amount", $"UPDATE postings SET amount = amount + 1 WHERE entry_id = {Entry} AND line = 0")]
    [InlineData("I5", "an amount changed on both sides", $"UPDATE postings SET amount = amount + sign(amount)::bigint WHERE entry_id = {Entry} AND line < 2")]
    [InlineData("I2", "a deleted posting", $"DELETE FROM postings WHERE entry_id = {Entry} AND line = 1")]
    [InlineData("I5", "a missing entry", $"DELETE FROM postings WHERE entry_id = {Entry}; DELETE FROM journal_entries WHERE id = {Entry}")]
    [InlineData("I2", "an entry without postings", $"DELETE FROM postings WHERE entry_id = {Entry}")]
    [InlineData("I2", "postings without their entry", $"DELETE FROM journal_entries WHERE id = {Entry}")]
    [InlineData("I5", "a doubled effect", $"""
        INSERT INTO journal_entries SELECT gen_random_uuid(), kind, merchant_id, payment_id, operation_id, posted_at, writer, batch, position
            FROM journal_entries WHERE id = {Entry};
        UPDATE accounts a SET seq = a.seq + 1, balance = balance + amount FROM postings WHERE account_no = no AND entry_id = {Entry};
        INSERT INTO postings SELECT p.account_no, a.seq, (SELECT id FROM journal_entries ORDER BY ctid DESC LIMIT 1), p.line, p.currency, p.amount, a.balance, p.posted_at
            FROM postings p JOIN accounts a ON a.no = p.account_no WHERE p.entry_id = {Entry}
        """)]
    [InlineData("I2", "a wrong balance", "UPDATE accounts SET balance = balance + 5 WHERE no = 1")]
    [InlineData("I2", "a wrong running balance", "UPDATE postings SET balance_after = balance_after + 5 WHERE account_no = 1 AND seq = 2")]
    [InlineData("I2", "a gap in an account", "UPDATE postings SET seq = seq + 1000 WHERE account_no = 1 AND seq > 2; UPDATE accounts SET seq = seq + 1000 WHERE no = 1")]
    [InlineData("I2", "time going back", $"UPDATE journal_entries SET posted_at = posted_at - interval '1 day' WHERE id = (SELECT entry_id FROM postings WHERE account_no = 1 AND seq = 3)")]
    [InlineData("I2", "an account in another's name", "UPDATE accounts SET merchant_id = NULL WHERE id LIKE 'merchant:%'")]
    [InlineData("I2", "an own entry without what it carries", "DELETE FROM own_entries WHERE reverses IS NULL")]
    [InlineData("I2", "an own entry that is not in the journal", "INSERT INTO own_entries (entry_id, merchant_id, fingerprint) SELECT gen_random_uuid(), id, 'v1' FROM merchants")]
    [InlineData("I2", "an own entry by another name", "UPDATE journal_entries SET kind = 'charge' WHERE kind = 'own'")]
    [InlineData("I2", "an own entry on a payment's account", "UPDATE accounts SET id = replace(id, ':assets:till:', ':refunds_in_transit_2:') WHERE id LIKE '%:assets:till:USD' OR id LIKE '%:assets:till:JPY'")]
    [InlineData("I2", "a reversal of another entry", "UPDATE own_entries SET reverses = (SELECT entry_id FROM own_entries WHERE reverses IS NULL ORDER BY entry_id DESC LIMIT 1) WHERE reverses = (SELECT min(reverses::text)::uuid FROM own_entries)")]
    [InlineData("chain", "a changed request of an own entry", "UPDATE own_entries SET fingerprint = 'v2' WHERE entry_id = (SELECT entry_id FROM own_entries LIMIT 1)")]
    [InlineData("chain", "a changed hash", "UPDATE ledger_seals SET hash = sha256('x') WHERE writer = 1 AND n = 2")]
    [InlineData("chain", "a changed previous hash", "UPDATE ledger_seals SET prev_hash = sha256('x') WHERE writer = 1 AND n = 2")]
    [InlineData("chain", "a changed audit row", "UPDATE payment_audit SET code = 'stolen_card' WHERE action = 'declined'")]
    [InlineData("chain", "a changed amount of an audit row", "UPDATE payment_audit SET amount = amount + 1 WHERE action = 'declined'")]
    [InlineData("I5", "a changed amount of a payment in flight", "UPDATE operations SET amount = amount + 1 WHERE kind = 'charge' AND status = 'pending'; UPDATE payments SET amount = amount + 1 WHERE status = 'processing'")]
    [InlineData("chain", "an entry moved to another batch", $"UPDATE journal_entries SET batch = batch + 1 WHERE id = {Entry}")]
    [InlineData("chain", "a batch gone from the middle", "DELETE FROM ledger_seals WHERE writer = 1 AND n = 2; DELETE FROM ledger_batches WHERE writer = 1 AND n = 2")]
    [InlineData("chain", "a batch without its seal", "DELETE FROM ledger_seals WHERE writer = 1 AND n = 2")]
    [InlineData("chain", "an unknown writer", "DELETE FROM ledger_writers WHERE no = 2")]
    [InlineData("I8", "a gap in the audit trail", "DELETE FROM payment_audit WHERE action = 'answer_unknown' AND version = 2")]
    [InlineData("I8", "a payment without an audit trail", $"DELETE FROM payment_audit WHERE payment_id = {Succeeded}")]
    [InlineData("I8", "an audit trail without a payment", $"DELETE FROM operations WHERE payment_id = {Succeeded}; DELETE FROM payments WHERE id = {Succeeded}")]
    [InlineData("I8", "a gap in the events", "DELETE FROM events WHERE seq = 5")]
    [InlineData("I8", "a cut tail of events", "DELETE FROM events WHERE seq = (SELECT max(seq) FROM events)")]
    [InlineData("I8", "an event of another type", "UPDATE events SET type = 'payment.declined' WHERE seq = (SELECT max(seq) FROM events WHERE type = 'payment.succeeded')")]
    [InlineData("I8", "an event of another change", "UPDATE events SET version = version + 100 WHERE seq = 5")]
    [InlineData("I8", "an event of another time than its change", "UPDATE events SET written_at = written_at + interval '1 second' WHERE seq = 5")]
    [InlineData("I3", "a resurrected payment", $"""
        UPDATE payments SET status = 'declined', captured = 0, fee = 0, version = version + 1 WHERE id = {Succeeded};
        UPDATE operations SET status = 'declined', fee = 0 WHERE payment_id = {Succeeded} AND kind = 'charge';
        INSERT INTO payment_audit SELECT merchant_id, payment_id, version + 1, at, 'declined', 'declined', operation_id, 'declined', attempt, attempt_kind,
            answer, code, writer, batch, 1000, amount, currency, written_at FROM payment_audit WHERE payment_id = {Succeeded} ORDER BY version DESC LIMIT 1
        """)]
    [InlineData("I3", "a declined payment that goes on", """
        INSERT INTO payment_audit SELECT merchant_id, payment_id, version + 1, at, 'retry_claimed', status, operation_id, 'pending', attempt + 1, 'send',
            NULL, NULL, writer, batch, 1000, amount, currency, written_at FROM payment_audit WHERE action = 'declined' AND status = 'declined' LIMIT 1
        """)]
    [InlineData("I6", "evidence that is not what came", "UPDATE evidence SET body = 'x'")]
    [InlineData("I6", "evidence that is gone", "DELETE FROM evidence")]
    [InlineData("chain", "a change in another month", "UPDATE payment_audit SET written_at = written_at + interval '1 second' WHERE version = 1")]
    [InlineData("I2", "a posting in another place than its entry", $"UPDATE postings SET posted_at = posted_at + interval '1 second' WHERE entry_id = {Entry}")]
    [InlineData("I6", "evidence of a change that nobody made", "UPDATE inbox SET version = version + 100 WHERE state = 'applied'")]
    [InlineData("I6", "a dispute that nobody told of", "DELETE FROM inbox WHERE version IN (SELECT version FROM payment_audit a WHERE action = 'dispute_lost' AND a.payment_id = inbox.payment_id)")]
    [InlineData("I6", "a decision that nobody made", """
        UPDATE payment_audit SET action = 'decided_declined' WHERE action = 'declined' AND version = 2;
        """)]
    [InlineData("I5", "a dispute's entry over another amount", "UPDATE operations SET processor_fee = processor_fee + 1 WHERE kind = 'dispute'")]
    [InlineData("I4", "a dispute that is forgotten", "UPDATE payments SET disputed = 0 WHERE disputed > 0")]
    [InlineData("I4", "a refund that came back and still counts", "UPDATE payments SET refunds_reversed = 0 WHERE refunds_reversed > 0")]
    [InlineData("I3", "a notice that has attempts", """
        ALTER TABLE operations DROP CONSTRAINT attempts_of_what_we_ask_for;
        UPDATE operations SET attempt = 1, sends = 1 WHERE kind = 'refund_failure'
        """)]
    [InlineData("I3", "a hidden send", "UPDATE operations SET sends = sends + 1, attempt = attempt + 1 WHERE kind = 'charge' AND status = 'succeeded'")]
    [InlineData("I5", "a status that the audit trail does not know", "UPDATE payments SET status = 'failed' WHERE status = 'declined'")]
    [InlineData("I5", "an operation that nobody decided", "UPDATE operations SET status = 'declined' WHERE kind = 'refund' AND status = 'succeeded'")]
    [InlineData("I4", "refunds above captured", """
        ALTER TABLE payments DROP CONSTRAINT refunds_never_exceed_captured;
        UPDATE payments SET refunded = captured + 1 WHERE refunded > 0
        """)]
    [InlineData("I4", "refunds and their operations above captured", """
        ALTER TABLE payments DROP CONSTRAINT refunds_never_exceed_captured;
        UPDATE operations SET amount = amount + 10000 WHERE kind = 'refund' AND status = 'succeeded';
        UPDATE payments p SET refunded = (SELECT sum(amount) FROM operations o WHERE o.payment_id = p.id AND kind = 'refund' AND status = 'succeeded') WHERE refunded > 0
        """)]
    [InlineData("I4", "captured that nobody captured", $"UPDATE payments SET captured = captured - 1 WHERE id = {Succeeded}")]
    [InlineData("I4", "a changed amount of a payment in flight", "UPDATE payments SET amount = amount + 1 WHERE status = 'processing'")]
    [InlineData("I5", "something in flight that nobody looks at", """
        ALTER TABLE payments DROP CONSTRAINT open_payments_have_a_next_action;
        UPDATE payments SET next_action_at = NULL
        """)]
    [InlineData("I5", "a payout that nobody paid", "UPDATE payouts SET status = 'paid', paid_at = now() WHERE status = 'pending'")]
    [InlineData("I5", "a payout's entry over another amount", "UPDATE payouts SET amount = 2 WHERE status = 'paid'")]
    [InlineData("I5", "a payout that went to nobody's cash", "UPDATE accounts SET id = replace(id, 'bank:test', 'bank:main') WHERE id LIKE 'bank:test:cash%'")]
    [InlineData("I5", "a payout whose entry is gone", """
        DELETE FROM postings WHERE entry_id IN (SELECT id FROM journal_entries WHERE kind = 'payout_returned'); DELETE FROM journal_entries WHERE kind = 'payout_returned'
        """)]
    [InlineData("I3", "a payout that failed and is paid", """
        INSERT INTO payout_audit SELECT merchant_id, payout_id, version + 1, at, 'paid', 'paid', attempt, attempt_kind, answer, code, amount, currency, NULL, NULL, writer, batch, 1000, written_at
            FROM payout_audit WHERE status = 'failed' LIMIT 1
        """)]
    [InlineData("I3", "a gap in a payout's trail", "DELETE FROM payout_audit WHERE action = 'paid' AND payout_id IN (SELECT id FROM payouts WHERE status = 'returned')")]
    [InlineData("chain", "a changed row of a payout's trail", "UPDATE payout_audit SET code = 'x' WHERE action = 'declined'")]
    [InlineData("I5", "a settlement of what no line says", "UPDATE settlement_matches SET suspense = suspense - 1, in_transit = in_transit + 1")]
    [InlineData("I5", "a break that vanished", "DELETE FROM reconciliation_breaks")]
    [InlineData("I5", "a break of another amount", "UPDATE reconciliation_breaks SET amount = amount + 1")]
    [InlineData("I5", "a break explained by an entry that nobody posted", "INSERT INTO break_resolutions SELECT id, 'write_off', 'x', 'x', now(), true, now() FROM reconciliation_breaks")]
    [InlineData("I5", "a break that is hidden from those who look for open ones", "UPDATE reconciliation_breaks SET is_open = false")]
    [InlineData("I2", "an entry of the platform that touches a merchant", $"UPDATE journal_entries SET kind = 'settlement', merchant_id = 'platform:test' WHERE id = {Entry}")]
    [InlineData("reports", "a report whose file lost a piece", "DELETE FROM report_chunks")]
    [InlineData("reports", "a report with another's piece", "INSERT INTO report_chunks SELECT report_id, attempt + 1, n, data FROM report_chunks")]
    [InlineData("I2", "an entry of another time than its postings", $"UPDATE journal_entries SET posted_at = posted_at + interval '31 days' WHERE id = {Entry}")]
    [InlineData("periods", "an entry moved out of a closed month", $"""
        SELECT make_month('2026-02-01', quote_literal('2026-02-01')); UPDATE postings SET posted_at = posted_at + interval '31 days' WHERE entry_id = {Entry};
        UPDATE journal_entries SET posted_at = posted_at + interval '31 days' WHERE id = {Entry}
        """)]
    [InlineData("periods", "an entry moved into a closed month", $"""
        SELECT make_month('2025-12-01', quote_literal('2025-12-01')); UPDATE postings SET posted_at = posted_at - interval '31 days' WHERE entry_id = {Entry};
        UPDATE journal_entries SET posted_at = posted_at - interval '31 days' WHERE id = {Entry}; DELETE FROM period_closings;
        INSERT INTO period_closings VALUES ('2025-12-01', now(), 'x', sha256(convert_to(E'account,currency,debits,credits\n', 'UTF8')))
        """)]
    [InlineData("periods", "a closed month that is opened again", "UPDATE books SET fixed_until = '2026-01-15'")]
    [InlineData("periods", "a closing of other books", "UPDATE period_closings SET digest = sha256('x')")]
    [InlineData("checkpoints", "a forged checkpoint", "UPDATE ledger_checkpoints SET document = replace(document, '\"n\":', '\"n\": ') WHERE no = 1")]
    [InlineData("checkpoints", "a checkpoint signed by nobody", "INSERT INTO ledger_checkpoints (taken_at, document, signature) VALUES (now(), '{\"heads\":[]}', '\\x00')")]
    [InlineData("checkpoints", "a removed checkpoint", "DELETE FROM ledger_checkpoints WHERE no = 2")]
    public async Task Tampering_is_seen(string invariant, string what, string sql)
    {
        await using var copy = await fate.Database.CopyAsync();
        await copy.ExecuteAsync($"SET session_replication_role = replica; {sql}");

        var report = await AuditAsync(copy);

        Assert.False(report.Passed, what);
        Assert.Contains(report.Breaches, breach => breach.Invariant == invariant);
    }

    [Fact]
    public async Task Books_in_which_merchants_were_told_that_a_payment_was_made_are_whole()
    {
        await using var copy = await fate.Database.CopyAsync();
        await copy.ExecuteAsync("""
            SET session_replication_role = replica;
            CREATE TEMP TABLE first AS SELECT merchant_id, payment_id, seq FROM events ORDER BY seq LIMIT 1;
            UPDATE events SET seq = seq + 1000000;
            UPDATE events SET seq = seq - 999999;
            UPDATE events e SET payment_seq = payment_seq + 1000 FROM first f WHERE e.payment_id = f.payment_id;
            UPDATE events e SET payment_seq = payment_seq - 999 FROM first f WHERE e.payment_id = f.payment_id;
            INSERT INTO events (merchant_id, seq, payment_id, payment_seq, type, operation_id, version, at, written_at)
                SELECT merchant_id, seq, payment_id, 1, 'payment.created', a.operation_id, 1, a.at, a.written_at FROM first JOIN payment_audit a USING (merchant_id, payment_id) WHERE version = 1;
            UPDATE payments p SET event_seq = event_seq + 1 FROM first f WHERE p.id = f.payment_id;
            UPDATE merchants m SET event_seq = event_seq + 1 FROM first f WHERE m.id = f.merchant_id;
            """);

        Assert.Empty((await AuditAsync(copy)).Breaches);

        await copy.ExecuteAsync("SET session_replication_role = replica; UPDATE events SET version = 2 WHERE type = 'payment.created'");
        Assert.False((await AuditAsync(copy)).Passed);
    }

    /// <summary>The last batch of a writer vanishes with all that it wrote, and every row is put back as it was: the rest is a whole book.</summary>
    [Fact]
    public async Task A_cut_tail_is_seen_by_the_checkpoints_alone()
    {
        await using var database = await TestDatabase.MigratedAsync();
        var state = Directory.CreateTempSubdirectory("audit").FullName;
        await using (var source = database.Open())
        {
            var book = new SampleBook(source);
            await book.BeginAsync();
            await book.WriteAsync(0, 24);
            await database.ExecuteAsync("CREATE SCHEMA kept");
            foreach (var table in new[] { "accounts", "merchants", "payments", "operations", "payouts" })
            {
                await database.ExecuteAsync($"CREATE TABLE kept.{table} AS SELECT * FROM payments.{table}");
            }

            await database.ExecuteAsync("CREATE TABLE kept.heads AS SELECT writer, max(n) AS n FROM payments.ledger_seals GROUP BY writer");
            await book.WriteAsync(24, 8, batchSize: 1000);
            await Checkpoints.TakeAsync(source, state, TimeProvider.System, CancellationToken.None);
        }

        await database.ExecuteAsync("""
            SET session_replication_role = replica;
            DELETE FROM postings WHERE entry_id IN (SELECT id FROM journal_entries JOIN kept.heads h USING (writer) WHERE batch > h.n);
            DELETE FROM journal_entries e USING kept.heads h WHERE h.writer = e.writer AND batch > h.n;
            DELETE FROM own_entries WHERE entry_id NOT IN (SELECT id FROM journal_entries);
            DELETE FROM events e USING payment_audit a JOIN kept.heads h USING (writer)
                WHERE a.batch > h.n AND (e.merchant_id, e.payment_id, e.version) = (a.merchant_id, a.payment_id, a.version);
            DELETE FROM payment_audit a USING kept.heads h WHERE h.writer = a.writer AND batch > h.n;
            DELETE FROM payout_audit a USING kept.heads h WHERE h.writer = a.writer AND batch > h.n;
            DELETE FROM payouts; INSERT INTO payouts SELECT * FROM kept.payouts;
            DELETE FROM inbox i WHERE NOT EXISTS (
                SELECT FROM payment_audit a WHERE (a.merchant_id, a.payment_id, a.version) = (i.merchant_id, i.payment_id, i.version));
            DELETE FROM ledger_seals s USING kept.heads h WHERE h.writer = s.writer AND s.n > h.n;
            DELETE FROM ledger_batches s USING kept.heads h WHERE h.writer = s.writer AND s.n > h.n;
            DELETE FROM operations; INSERT INTO operations SELECT * FROM kept.operations;
            DELETE FROM payments; INSERT INTO payments SELECT * FROM kept.payments;
            UPDATE merchants m SET event_seq = k.event_seq FROM kept.merchants k WHERE k.id = m.id;
            UPDATE accounts a SET balance = k.balance, seq = k.seq, last_posted_at = k.last_posted_at, previous_posted_at = k.previous_posted_at FROM kept.accounts k WHERE k.no = a.no;
            DELETE FROM accounts WHERE no NOT IN (SELECT no FROM kept.accounts);
            """);
        var report = await AuditAsync(database, state);
        Directory.Delete(state, recursive: true);

        var breach = Assert.Single(report.Breaches);
        Assert.Equal("checkpoints", breach.Invariant);
        Assert.Contains("the tail of the books was cut", breach.Sentence, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_forged_checkpoint_is_no_place_to_begin_from()
    {
        var forged = Path.Combine(fate.StateDirectory, "forged.json");
        await File.WriteAllTextAsync(forged, (await File.ReadAllTextAsync(fate.EarlyCheckpoint)).Replace("2026", "2027", StringComparison.Ordinal));

        await Assert.ThrowsAsync<AuditNotPossibleException>(() => AuditAsync(fate.Database, since: forged));
    }

    [Fact]
    public async Task A_checkpoint_is_taken_only_when_a_chain_moved()
    {
        await using var source = fate.Database.OpenAsApp();

        Assert.Null(await Checkpoints.TakeAsync(source, fate.StateDirectory, TimeProvider.System, CancellationToken.None));
        Assert.Equal(2, Checkpoints.Exported(fate.StateDirectory).Count());
    }

    private async Task<AuditReport> AuditAsync(TestDatabase database, string? state = null, string? since = null)
    {
        await using var source = database.Open();
        return await Audit.RunAsync(new() { Database = source, StateDirectory = state ?? fate.StateDirectory, SinceFile = since });
    }

    private static long Rows(AuditReport report, string check) => report.Checks.Single(result => result.Name == check).Rows;
}
