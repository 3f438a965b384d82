using Npgsql;
using Payments.Domain;
using Payments.Storage;
using Payments.Storage.Postgres;
using Payments.Tests.Domain;
using Payments.Tests.Support;

namespace Payments.Tests.Storage;

/// <summary>The books turn from month to month, and everything of a month was written before everything of the next, whatever clocks say.</summary>
public sealed class MonthPartitionTests : IAsyncLifetime
{
    private static readonly DateTimeOffset January = StateMachineTable.Start;
    private static readonly DateTimeOffset February = January.AddMonths(1);

    // Two nodes with clocks of their own.
    private readonly SettableClock[] clocks = [new(January), new(January)];

    private TestDatabase database = null!;
    private NpgsqlDataSource writing = null!;
    private BatchWriter[] writers = [];

    public async Task InitializeAsync()
    {
        database = await TestDatabase.CreateAsync();
        writing = Connections.ForWriting(database.App);
        await database.ExecuteAsync("INSERT INTO ledger_writers (node, started_at) VALUES ('a', now()), ('b', now())");
        var accounts = new AccountNumbers();
        writers = [new(writing, accounts, clocks[0], writer: 1), new(writing, accounts, clocks[1], writer: 2)];
    }

    public async Task DisposeAsync()
    {
        await writing.DisposeAsync();
        await database.DisposeAsync();
    }

    [Fact]
    public async Task Each_month_lies_in_partitions_of_its_own()
    {
        var first = await ChargeAsync(node: 0, number: 1);
        await AnswerAsync(node: 0, await ChargeAsync(node: 0, number: 2));
        clocks[0].Now = February;
        await ChargeAsync(node: 0, number: 3);
        await AnswerAsync(node: 0, first);

        Assert.Equal(3, await CountAsync("payment_audit_2026_01"));
        Assert.Equal(2, await CountAsync("payment_audit_2026_02"));
        Assert.Equal(1, await CountAsync("events_2026_01"));
        Assert.Equal(1, await CountAsync("events_2026_02"));
        Assert.Equal(3, await CountAsync("postings_2026_01"));
        Assert.Equal(3, await CountAsync("postings_2026_02"));
        await AuditAsync();
    }

    [Fact]
    public async Task A_slow_clock_writes_into_the_month_that_the_books_are_at()
    {
        var payment = await ChargeAsync(node: 0, number: 1);
        await ChargeAsync(node: 1, number: 2);
        clocks[0].Now = February;
        await ChargeAsync(node: 0, number: 3);
        // To the second node it is January still.
        await AnswerAsync(node: 1, payment);

        Assert.Equal(2, await CountAsync("payment_audit_2026_01"));
        Assert.Equal(0, await CountAsync("postings_2026_01"));
        Assert.Equal(0, await database.ScalarAsync<long>("SELECT count(*) FROM journal_entries WHERE posted_at < '2026-02-01Z'"));
        foreach (var (what, number) in new[]
        {
            ("merchant_id, payment_id", "version"), ("writer", "batch"),
        })
        {
            Assert.Equal(0, await database.ScalarAsync<long>($"""
                SELECT count(*) FROM (
                    SELECT date_trunc('month', written_at AT TIME ZONE 'UTC') < lag(date_trunc('month', written_at AT TIME ZONE 'UTC')) OVER (PARTITION BY {what} ORDER BY {number}) AS goes_back
                    FROM payment_audit) steps WHERE goes_back
                """));
        }

        await AuditAsync();
    }

    [Fact]
    public async Task A_clock_gone_mad_turns_the_books_no_further_than_the_databases_clock()
    {
        clocks[0].Now = TimeProvider.System.Now().AddYears(20);
        await AnswerAsync(node: 0, await ChargeAsync(node: 0, number: 1));

        var month = Month.Of(TimeProvider.System.Now());
        Assert.Equal($"{month}", await database.ScalarAsync<string>("SELECT to_char(month, 'YYYY-MM') FROM books"));
        Assert.True(await database.ScalarAsync<DateTime>("SELECT max(posted_at) FROM journal_entries") <= month.End);

        clocks[1].Now = TimeProvider.System.Now();
        await AnswerAsync(node: 1, await ChargeAsync(node: 1, number: 2));
        await AuditAsync();
    }

    [Fact]
    public async Task Nodes_that_turn_the_books_at_once_make_each_partition_once()
    {
        var payments = await Task.WhenAll(ChargeAsync(node: 0, number: 1), ChargeAsync(node: 1, number: 2));
        (clocks[0].Now, clocks[1].Now) = (February, February);
        await Task.WhenAll(AnswerAsync(node: 0, payments[0]), AnswerAsync(node: 1, payments[1]));

        Assert.Equal(6, await CountAsync("postings_2026_02"));
        await AuditAsync();
    }

    [Fact]
    public async Task What_is_fixed_turns_the_books_too()
    {
        var payment = await ChargeAsync(node: 0, number: 1);
        await new Books(writing, clocks[0]).FixAsync(Month.Of(January).End, default);
        await AnswerAsync(node: 0, payment);

        Assert.Equal(3, await CountAsync("postings_2026_02"));
        await AuditAsync();
    }

    [Theory]
    [InlineData("UPDATE postings_2026_01 SET amount = 1")]
    [InlineData("DELETE FROM payment_audit_2026_01")]
    [InlineData("TRUNCATE events_2026_01")]
    [InlineData("DELETE FROM evidence_2026_01")]
    [InlineData("UPDATE evidence SET body = 'other'")]
    [InlineData("UPDATE evidence_2026_01 SET body = 'other'")]
    public async Task Not_even_the_owner_changes_a_months_history(string sql)
    {
        await AnswerAsync(node: 0, await ChargeAsync(node: 0, number: 1));
        await new Inbox(writing).ReceiveAsync(new(new("simulator", "evt_1"), January, new() { Kind = "approved", Gateway = "simulator" }), new byte[] { 1 }, default);

        var refused = await Assert.ThrowsAsync<PostgresException>(() => database.ExecuteAsync(sql));

        Assert.Equal(PostgresErrorCodes.IntegrityConstraintViolation, refused.SqlState);
    }

    [Fact]
    public async Task The_same_message_is_the_same_in_another_month()
    {
        var inbox = new Inbox(writing);
        await ChargeAsync(node: 0, number: 1);
        Assert.True(await ReceiveAsync());
        clocks[0].Now = February;
        await ChargeAsync(node: 0, number: 2);
        Assert.False(await ReceiveAsync());
        Assert.Equal(1, await CountAsync("evidence"));

        Task<bool> ReceiveAsync() =>
            inbox.ReceiveAsync(new(new("simulator", "evt_1"), January, new() { Kind = "approved", Gateway = "simulator" }), new byte[] { 1 }, default);
    }

    private Task<long> CountAsync(string table) => database.ScalarAsync<long>($"SELECT count(*) FROM {table}");

    private Task<Payment> ChargeAsync(int node, int number) => DoAsync(node, null, StateMachineTable.Charge() with
    {
        MerchantId = database.MerchantId,
        PaymentId = Ids.Payment(new byte[32], Mode.Test, $"key-{number}"),
        Now = clocks[node].Now,
    });

    private Task<Payment> AnswerAsync(int node, Payment payment) => DoAsync(
        node, payment, StateMachineTable.Answer(GatewayAnswerKind.Approved) with { OperationId = payment.Charge.Id, Now = clocks[node].Now });

    private async Task<Payment> DoAsync(int node, Payment? payment, PaymentCommand command)
    {
        var accepted = (Decision.Accept)PaymentStateMachine.Decide(payment, command);
        var results = await writers[node].WriteAsync([accepted.ToCommit()]);
        Assert.Equal(CommitVerdict.Committed, Assert.Single(results).Verdict);
        return accepted.Next;
    }

    private async Task AuditAsync()
    {
        await using var source = database.OpenAsApp();
        var report = await Audit.RunAsync(new AuditOptions { Database = source });
        Assert.True(report.Passed, string.Join('\n', report.Breaches));
    }
}
