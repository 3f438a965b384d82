using Npgsql;

namespace Payments.Tests.Audits;

/// <summary>What the nodes' role may not do, whatever code runs in a node.</summary>
public sealed class HistoryTests(BookOfEveryFate fate) : IClassFixture<BookOfEveryFate>
{
    // Two accounts of one currency, and an amount that takes from one what it gives to the other.
    private const string Pair = "WHERE id IN ('gateway:simulator:receivable:EUR', 'platform:test_fees:EUR')";
    private const string Five = "CASE WHEN grows_by_debit THEN 5 ELSE -5 END";

    public static TheoryData<string> History()
    {
        var statements = new TheoryData<string>();
        foreach (var table in new[] { "postings", "journal_entries", "payment_audit", "payout_audit", "events", "evidence", "postings_2026_01", "evidence_2026_01", "ledger_batches", "ledger_seals", "ledger_checkpoints", "ledger_writers", "schema_migrations" })
        {
            statements.Add($"DELETE FROM {table}");
            statements.Add($"TRUNCATE {table}");
            statements.Add($"DROP TABLE {table}");
            statements.Add($"ALTER TABLE {table} DISABLE TRIGGER ALL");
        }

        statements.Add("UPDATE postings SET amount = 1");
        statements.Add("UPDATE journal_entries SET kind = 'x'");
        statements.Add("UPDATE payment_audit SET status = 'x'");
        statements.Add("UPDATE events SET type = 'x'");
        statements.Add("UPDATE postings_2026_01 SET amount = 1");
        statements.Add("INSERT INTO postings_2026_01 SELECT * FROM postings");
        statements.Add("SELECT make_month('2026-05-01', 'MINVALUE')");
        statements.Add("UPDATE books SET month = '2026-12-01'");
        statements.Add("UPDATE ledger_seals SET hash = prev_hash");
        statements.Add("UPDATE ledger_batches SET n = 1");
        statements.Add("UPDATE ledger_checkpoints SET document = ''");
        statements.Add("UPDATE merchants SET salt = sha256('x')");
        statements.Add("DELETE FROM payments");
        statements.Add("DELETE FROM operations");
        statements.Add("DELETE FROM accounts");
        statements.Add("DELETE FROM merchants");
        statements.Add("UPDATE accounts SET currency = currency");
        statements.Add("CREATE TABLE more (x int)");
        statements.Add("CREATE TEMPORARY TABLE accounts (x int)");
        statements.Add("SET session_replication_role = replica");
        return statements;
    }

    [Theory]
    [MemberData(nameof(History))]
    public async Task The_nodes_cannot_touch_history(string sql)
    {
        await using var source = fate.Database.OpenAsApp();
        await using var command = source.CreateCommand(sql);

        var refused = await Assert.ThrowsAsync<PostgresException>(() => command.ExecuteNonQueryAsync());

        Assert.Equal(PostgresErrorCodes.InsufficientPrivilege, refused.SqlState);
    }

    [Theory]
    [InlineData("does not balance", "UPDATE accounts SET seq = seq + 1, balance = balance + 5, previous_posted_at = last_posted_at WHERE no = 1", "SELECT 1, seq, gen_random_uuid(), 0, currency, 5, balance, last_posted_at FROM accounts WHERE no = 1")]
    [InlineData("do not continue", "SELECT 1", $"SELECT no, seq + 1, '00000000-0000-0000-0000-000000000001', no, currency, {Five}, balance, last_posted_at FROM accounts {Pair}")]
    [InlineData("do not continue", $"UPDATE accounts SET seq = seq + 2, balance = balance + {Five}, previous_posted_at = last_posted_at {Pair}", $"SELECT no, seq, '00000000-0000-0000-0000-000000000001', no, currency, {Five}, balance, last_posted_at FROM accounts {Pair}")]
    [InlineData("do not continue", $"UPDATE accounts SET seq = seq + 1, balance = balance + {Five} * 2, previous_posted_at = last_posted_at {Pair}", $"SELECT no, seq, '00000000-0000-0000-0000-000000000001', no, currency, {Five}, balance, last_posted_at FROM accounts {Pair}")]
    public async Task The_nodes_cannot_post_what_does_not_add_up(string reason, string first, string postings)
    {
        await using var source = fate.Database.OpenAsApp();
        await using var connection = await source.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await using var command = new NpgsqlCommand($"{first}; INSERT INTO postings (account_no, seq, entry_id, line, currency, amount, balance_after, posted_at) {postings}", connection);

        var refused = await Assert.ThrowsAsync<PostgresException>(() => command.ExecuteNonQueryAsync());

        Assert.Contains(reason, refused.MessageText, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("UPDATE payments SET status = 'processing', version = version + 1 WHERE status = 'succeeded'")]
    [InlineData("UPDATE payments SET refunded = captured + 1, version = version + 1 WHERE refunded > 0")]
    [InlineData("UPDATE payments SET version = version + 2")]
    [InlineData("UPDATE accounts SET minimum = 5 WHERE id LIKE '%:balance:%'")]
    [InlineData("UPDATE operations SET status = 'pending' WHERE status = 'declined'")]
    [InlineData("UPDATE accounts SET balance = balance + 1 WHERE no = 1")]
    public async Task The_nodes_cannot_regress_what_is_current(string sql)
    {
        await using var source = fate.Database.OpenAsApp();
        await using var command = source.CreateCommand(sql);

        var refused = await Assert.ThrowsAsync<PostgresException>(() => command.ExecuteNonQueryAsync());

        Assert.StartsWith("23", refused.SqlState, StringComparison.Ordinal);
    }
}
