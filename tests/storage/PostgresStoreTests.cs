using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using Payments.Domain;
using Payments.Storage;
using Payments.Storage.Postgres;
using Payments.Tests.Support;

namespace Payments.Tests.Storage;

/// <summary>The contract on PostgreSQL, and what only a real database and a real network can do to it.</summary>
public sealed class PostgresStoreTests : StoreContractTests
{
    private readonly List<IAsyncDisposable> open = [];
    private TestDatabase database = null!;
    private NpgsqlDataSource reading = null!;

    public override async Task DisposeAsync()
    {
        foreach (var item in Enumerable.Reverse(open))
        {
            await item.DisposeAsync();
        }

        await database.DisposeAsync();
    }

    [Fact]
    public async Task A_full_queue_says_busy_and_nothing_is_written()
    {
        var committer = new GroupCommitter(Keep(Connections.ForWriting(database.App)), new() { Node = "full", Capacity = 10 }, TimeProvider.System, NullLogger<GroupCommitter>.Instance);
        var waiting = Enumerable.Range(1, 10).Select(i => committer.CommitAsync(Entry(i, 1))).ToArray(); // not started: all wait
        Assert.Equal(CommitVerdict.Busy, (await committer.CommitAsync(Entry(11, 1))).Verdict);
        await committer.StartAsync(CancellationToken.None);
        Assert.All(await Task.WhenAll(waiting), result => Assert.Equal(CommitVerdict.Committed, result.Verdict));
        await committer.DisposeAsync();
        Assert.Equal(10, await database.ScalarAsync<long>("SELECT count(*) FROM journal_entries"));
    }

    [Fact]
    public async Task Batches_are_written_over_one_connection_that_stays()
    {
        Assert.Equal(CommitVerdict.Committed, (await Store.CommitAsync(Entry(1, 1))).Verdict);
        var first = await ConnectionsAsync();
        for (var i = 2; i <= 6; i++)
        {
            Assert.Equal(CommitVerdict.Committed, (await Store.CommitAsync(Entry(i, 1))).Verdict);
        }

        Assert.Equal(first, await ConnectionsAsync());

        Task<int[]> ConnectionsAsync() =>
            database.ScalarAsync<int[]>("SELECT array_agg(pid ORDER BY pid) FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'payments'");
    }

    [Fact]
    public async Task A_fee_that_changed_elsewhere_is_known_once_a_payment_under_the_old_one_was_refused()
    {
        Assert.Equal(290, (await Store.MerchantAsync(Merchant, CancellationToken.None))!.FeeBasisPoints);
        await database.ExecuteAsync($"UPDATE merchants SET fee_basis_points = 100 WHERE id = '{Merchant}'");
        Assert.Equal(290, (await Store.MerchantAsync(Merchant, CancellationToken.None))!.FeeBasisPoints);
        Assert.Equal(CommitVerdict.StaleVersion, await VerdictAsync(null, Charge(1)));
        Assert.Equal(100, (await Store.MerchantAsync(Merchant, CancellationToken.None))!.FeeBasisPoints);
        Assert.Equal(CommitVerdict.Committed, await VerdictAsync(null, Charge(1) with { Fee = new(100, 30) }));
    }

    [Theory]
    [InlineData(Cut.BeforeCommitArrives)]
    [InlineData(Cut.BeforeAnswerReturns)]
    public async Task A_connection_that_is_cut_during_COMMIT_neither_loses_nor_doubles(Cut cut)
    {
        await using var proxy = new CuttingProxy(new NpgsqlConnectionStringBuilder(database.App));
        var store = await OpenAsync(proxy.ConnectionString, "cut");
        var number = 0;
        for (var round = 0; round < 15; round++)
        {
            proxy.CutNextCommit(cut);
            var results = await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => store.CommitAsync(Entry(Interlocked.Increment(ref number), 1))));
            Assert.All(results, result => Assert.Equal(CommitVerdict.Committed, result.Verdict));
        }

        Assert.Equal(15, proxy.Cuts);
        Assert.Equal(75, await database.ScalarAsync<long>("SELECT count(*) FROM journal_entries"));
        Assert.Equal(75, await database.ScalarAsync<long>("SELECT balance FROM accounts WHERE id = 'platform:test_fees:EUR'"));
        Assert.Equal(
            await database.ScalarAsync<long>("SELECT count(*) FROM ledger_seals"), await database.ScalarAsync<long>("SELECT max(n) FROM ledger_batches WHERE writer = (SELECT max(no) FROM ledger_writers)"));
    }

    [Fact]
    public async Task While_the_database_is_away_callers_are_told_unknown_and_busy_but_nothing_is_lost()
    {
        await using var proxy = new CuttingProxy(new NpgsqlConnectionStringBuilder(database.App));
        var committer = new GroupCommitter(
            Keep(Connections.ForWriting(proxy.ConnectionString)),
            new() { Node = "away", Patience = TimeSpan.FromMilliseconds(300), Pause = TimeSpan.FromMilliseconds(20) },
            TimeProvider.System, NullLogger<GroupCommitter>.Instance);
        await committer.StartAsync(CancellationToken.None);
        Assert.Equal(CommitVerdict.Committed, (await committer.CommitAsync(Entry(1, 1))).Verdict);
        proxy.Refuse();
        var inFlight = committer.CommitAsync(Entry(2, 1));
        Assert.Equal(CommitVerdict.Unknown, (await inFlight).Verdict);
        Assert.Equal(CommitVerdict.Busy, (await committer.CommitAsync(Entry(3, 1))).Verdict);
        proxy.Accept();
        Assert.Equal(CommitVerdict.Committed, (await committer.CommitAsync(Entry(4, 1))).Verdict);
        await committer.DisposeAsync();
        // The unknown one was retried under its number until it was settled; the busy one never was written.
        Assert.Equal(3, await database.ScalarAsync<long>("SELECT count(*) FROM journal_entries"));
    }

    [Fact]
    public async Task Postings_never_carry_a_time_before_the_accounts_last()
    {
        var clock = new SettableClock(Start);
        var committer = new GroupCommitter(Keep(Connections.ForWriting(database.App)), new() { Node = "clock" }, clock, NullLogger<GroupCommitter>.Instance);
        await committer.StartAsync(CancellationToken.None);
        await committer.CommitAsync(Entry(1, 1));
        clock.Now = Start - TimeSpan.FromHours(1);
        await committer.CommitAsync(Entry(2, 1));
        await committer.DisposeAsync();
        Assert.Equal(1, await database.ScalarAsync<long>("SELECT count(DISTINCT posted_at) FROM journal_entries"));
    }

    [Fact]
    public async Task Every_statement_of_the_write_path_uses_an_index_even_when_it_was_planned_on_an_empty_table()
    {
        var payments = await Task.WhenAll(Enumerable.Range(1, 40).Select(i => CommitAsync(null, Charge(i))));
        await Task.WhenAll(payments.Select(payment => CommitAsync(payment, Answer(payment, GatewayAnswerKind.Approved))));
        foreach (var item in Enumerable.Reverse(open))
        {
            await item.DisposeAsync(); // a connection hands in what it counted when it ends
        }

        open.Clear();
        foreach (var table in new[] { "payments", "operations", "accounts", "merchants", "journal_entries", "postings", "payment_audit", "events" })
        {
            // With its months, where it has any.
            var these = $"pg_stat_user_tables WHERE relname ~ '^{table}(_[0-9_]+)?$'";
            await Eventually.BecomesAsync(true, () => database.ScalarAsync<bool>($"SELECT sum(n_tup_ins) > 0 FROM {these}"));
            var read = await database.ScalarAsync<long>($"SELECT sum(seq_tup_read)::bigint FROM {these}");
            Assert.True(read == 0, $"{table}: {read} rows were read by sequential scans");
        }

        Assert.Equal(0, await database.ScalarAsync<long>(
            "SELECT sum(idx_scan)::bigint FROM pg_stat_user_indexes WHERE indexrelname IN ('payments_newest', 'payments_by_reference', 'payments_by_customer', 'payments_by_status', 'payments_by_amount')"));
    }

    [Fact]
    public async Task A_new_payment_waits_for_nobody_who_posts_or_tells()
    {
        var first = await CommitAsync(null, Charge(1));
        await CommitAsync(first, Answer(first, GatewayAnswerKind.Approved));
        var second = await CommitAsync(null, Charge(2));
        Task outcome;
        await using (var connection = new NpgsqlConnection(database.Owner))
        {
            await connection.OpenAsync();
            await using var other = await connection.BeginTransactionAsync();
            await using var hold = new NpgsqlCommand("SELECT FROM payments.accounts FOR NO KEY UPDATE; SELECT FROM payments.merchants FOR NO KEY UPDATE", connection);
            await hold.ExecuteNonQueryAsync();
            outcome = CommitAsync(second, Answer(second, GatewayAnswerKind.Approved));
            await Eventually.BecomesAsync(true, () => database.ScalarAsync<bool>("SELECT EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock')"));
            await CommitAsync(null, Charge(3));
            Assert.False(outcome.IsCompleted);
        }

        await outcome;
        Assert.Equal(0, await database.ScalarAsync<long>("SELECT count(*) FROM events WHERE version = 1"));
        Assert.Equal(2, await database.ScalarAsync<long>("SELECT event_seq FROM merchants"));
    }

    [Fact]
    public async Task Two_nodes_that_make_the_same_payments_in_crossed_order_never_deadlock()
    {
        var other = await OpenAsync(database.App, "other");
        for (var round = 0; round < 8; round++)
        {
            var commits = Enumerable.Range(0, 256).Select(i => Decide(null, Charge(1) with { PaymentId = new Guid(i, (short)round, 1, new byte[8]) }).ToCommit()).ToArray();
            var (here, there) = (commits.Select(Store.CommitAsync).ToArray(), commits.Reverse().Select(other.CommitAsync).ToArray());
            var verdicts = (await Task.WhenAll(here)).Zip((await Task.WhenAll(there)).Reverse(), (one, two) => (one.Verdict, two.Verdict));
            Assert.All(verdicts, pair => Assert.True(
                pair is (CommitVerdict.Committed, CommitVerdict.StaleVersion) or (CommitVerdict.StaleVersion, CommitVerdict.Committed), pair.ToString()));
        }

        foreach (var item in Enumerable.Reverse(open))
        {
            await item.DisposeAsync(); // a connection hands in what it counted when it ends
        }

        open.Clear();
        await Eventually.BecomesAsync(0, () => database.ScalarAsync<long>(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'payments'"));
        Assert.Equal(0, await database.ScalarAsync<long>("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"));
    }

    [Fact]
    public async Task Two_nodes_with_crossed_accounts_never_deadlock()
    {
        var other = await OpenAsync(database.App, "other");
        var currencies = new[] { "EUR", "USD", "JPY", "KWD" };
        var commits = Enumerable.Range(0, 2000).Select(i => (Store: i % 2 == 0 ? Store : other, Commit: Entry(i, 1) with
        {
            Entry = Entry(i, 1).Entry! with
            {
                Postings =
                [
                    new($"suspense:{currencies[i % 4]}", 7), new($"platform:test_fees:{currencies[i % 4]}", -7),
                    new($"platform:test_fees:{currencies[i / 4 % 4]}", 3), new($"suspense:{currencies[i / 4 % 4]}", -3),
                ],
            },
        })).ToArray();
        var results = await Task.WhenAll(commits.Select(item => item.Store.CommitAsync(item.Commit)));
        Assert.All(results, result => Assert.Equal(CommitVerdict.Committed, result.Verdict));
        Assert.Equal(8, await database.ScalarAsync<long>("SELECT count(*) FROM accounts a WHERE seq = (SELECT count(*) FROM postings WHERE account_no = a.no)"));
    }

    protected override async Task<IPaymentStore> OpenAsync()
    {
        database = await TestDatabase.CreateAsync();
        reading = Keep(Connections.ForReading(database.App));
        return await OpenAsync(database.App, "test");
    }

    protected override Task SetMinimumAsync(string accountId, long minimum) =>
        database.ExecuteAsync($"UPDATE accounts SET minimum = {minimum} WHERE id = '{accountId}'");

    private async Task<IPaymentStore> OpenAsync(string connectionString, string node)
    {
        var committer = new GroupCommitter(
            Keep(Connections.ForWriting(connectionString)), new() { Node = node, Pause = TimeSpan.FromMilliseconds(10) },
            TimeProvider.System, NullLogger<GroupCommitter>.Instance);
        await committer.StartAsync(CancellationToken.None);
        open.Add(committer);
        return new PostgresStore(reading, committer);
    }

    private NpgsqlDataSource Keep(NpgsqlDataSource source)
    {
        open.Add(source);
        return source;
    }
}
