using Npgsql;
using NpgsqlTypes;
using Payments.Domain;

namespace Payments.Storage.Postgres;

/// <summary>Reads the books. Every statement has the merchant in its WHERE (I7).</summary>
public sealed class LedgerQueries(NpgsqlDataSource reading) : ILedgerQueries
{
    // Without an instant an account's own row says it all; with one, its latest posting until then. The plan must not depend on who asks,
    // for it is made once: so a merchant has a statement of its own, which finds its accounts by their index.
    private static string AccountAt(string? merchantId) =>
        $"""
        SELECT a.id, a.currency, a.grows_by_debit, a.minimum,
            CASE WHEN $2::timestamptz IS NULL THEN a.balance ELSE coalesce(balance_behind(a.no, p.seq), 0) END AS balance,
            CASE WHEN $2::timestamptz IS NULL THEN a.seq ELSE coalesce(p.seq, 0) END AS seq
        FROM accounts a
        CROSS JOIN LATERAL (SELECT CASE WHEN $2::timestamptz IS NOT NULL THEN posted_until(a.no, a.seq, $2) END AS seq OFFSET 0) p
        WHERE {(merchantId is null ? "$1::text IS NULL" : "a.merchant_id = $1")}
        """;

    /// <inheritdoc/>
    public async Task<AccountRow?> AccountAsync(string? merchantId, string accountId, DateTimeOffset? at, CancellationToken cancellationToken)
    {
        // PostgreSQL has no text with a NUL: no account is called so.
        if (accountId.Contains('\0', StringComparison.Ordinal))
        {
            return null;
        }

        await using var command = reading.CreateCommand($"{AccountAt(merchantId)} AND a.id = $3");
        Add(command, merchantId, at, accountId);
        return (await Archives.AskAsync(() => AccountsAsync(command, cancellationToken))).SingleOrDefault();
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<AccountRow>> AccountsAsync(
        string? merchantId, DateTimeOffset? at, string? after, int limit, CancellationToken cancellationToken)
    {
        await using var command = reading.CreateCommand($"{AccountAt(merchantId)} AND a.id > $3 ORDER BY a.id LIMIT $4");
        Add(command, merchantId, at, after ?? "");
        command.Parameters.Add(new() { Value = limit });
        return await Archives.AskAsync(() => AccountsAsync(command, cancellationToken));
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<TrialBalanceLine>> TrialBalanceAsync(string? merchantId, DateTimeOffset? at, CancellationToken cancellationToken)
    {
        // A merchant sees its accounts by name; the platform sees all merchants' accounts of one kind as one line.
        await using var command = reading.CreateCommand(
            $"""
            SELECT CASE WHEN $1 IS NULL THEN regexp_replace(regexp_replace(id, ':[A-Z]+$', ''), '^merchant:[^:]+:', 'merchant:*:')
                        ELSE regexp_replace(id, ':[A-Z]+$', '') END AS account,
                currency, sum(greatest(balance, 0))::text, sum(greatest(-balance, 0))::text
            FROM ({AccountAt(merchantId)}) accounts_then GROUP BY account, currency ORDER BY currency, account
            """);
        Add(command, merchantId, at);
        await using var reader = await Archives.AskAsync(() => command.ExecuteReaderAsync(cancellationToken));
        var lines = new List<TrialBalanceLine>();
        while (await reader.ReadAsync(cancellationToken))
        {
            lines.Add(new(reader.GetString(0), reader.GetString(1), Int128.Parse(reader.GetString(2)), Int128.Parse(reader.GetString(3))));
        }

        return lines;
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<StatementLine>> StatementAsync(
        string? merchantId, string accountId, DateTimeOffset? from, DateTimeOffset? to, long? after, int limit, CancellationToken cancellationToken)
    {
        // Numbers have no gap: those of a page are known before a posting is read. OFFSET 0 keeps them from being looked for again for each posting.
        // A page that would reach into what is archived is refused: with a time from which on all is here, it is not.
        await using var command = reading.CreateCommand(
            """
            SELECT p.seq, p.amount, p.balance_after, e.id, e.kind, e.posted_at, e.payment_id
            FROM accounts a
            CROSS JOIN LATERAL (SELECT
                CASE WHEN $2::timestamptz IS NULL THEN 0 ELSE posted_until(a.no, a.seq, $2 - interval '1 microsecond') END AS before,
                least($5 - 1, CASE WHEN $4::timestamptz IS NULL THEN a.seq ELSE posted_until(a.no, a.seq, $4 - interval '1 microsecond') END) AS last OFFSET 0) range
            CROSS JOIN LATERAL (SELECT kept_behind(a.no, greatest(range.before, range.last - $6)) AS number OFFSET 0) first
            CROSS JOIN LATERAL (SELECT * FROM postings l WHERE l.account_no = a.no AND l.seq > first.number AND l.seq <= range.last OFFSET 0) p
            JOIN journal_entries e ON e.id = p.entry_id
            WHERE ($1::text IS NULL OR a.merchant_id = $1) AND a.id = $3
            ORDER BY p.seq DESC
            """);
        Add(command, merchantId, from, accountId);
        command.Parameters.Add(new() { Value = (object?)to ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.TimestampTz });
        command.Parameters.Add(new() { Value = after ?? long.MaxValue });
        command.Parameters.Add(new() { Value = limit });
        await using var reader = await Archives.AskAsync(() => command.ExecuteReaderAsync(cancellationToken));
        var lines = new List<StatementLine>();
        while (await reader.ReadAsync(cancellationToken))
        {
            lines.Add(new(
                reader.GetInt64(0), reader.GetInt64(1), reader.GetInt64(2), reader.GetGuid(3), reader.GetString(4),
                reader.GetFieldValue<DateTimeOffset>(5), reader.IsDBNull(6) ? null : reader.GetGuid(6)));
        }

        return lines;
    }

    /// <inheritdoc/>
    public async Task<EntryDetails?> EntryAsync(string? merchantId, Guid entryId, CancellationToken cancellationToken)
    {
        await using var command = reading.CreateCommand(
            """
            SELECT e.kind, e.posted_at, e.payment_id, array_agg(a.id ORDER BY p.line), array_agg(p.amount ORDER BY p.line),
                o.fingerprint, o.description, o.metadata, o.reverses, (SELECT r.entry_id FROM own_entries r WHERE r.reverses = e.id), count(p.line) > 0
            FROM journal_entries e LEFT JOIN postings p ON p.entry_id = e.id AND p.posted_at = e.posted_at LEFT JOIN accounts a ON a.no = p.account_no
            LEFT JOIN own_entries o ON o.entry_id = e.id
            WHERE ($1::text IS NULL OR e.merchant_id = $1) AND e.id = $2 GROUP BY e.id, o.entry_id
            """);
        command.Parameters.Add(new() { Value = (object?)merchantId ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Text });
        command.Parameters.Add(new() { Value = entryId });
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        if (!await reader.ReadAsync(cancellationToken))
        {
            return null;
        }

        var isHere = reader.GetBoolean(10);
        var amounts = isHere ? reader.GetFieldValue<long[]>(4) : [];
        return new(
            entryId, reader.GetString(0), reader.GetFieldValue<DateTimeOffset>(1), reader.IsDBNull(2) ? null : reader.GetGuid(2),
            isHere ? [.. reader.GetFieldValue<string[]>(3).Select((account, line) => new PostingRow(account, amounts[line]))] : [],
            reader.IsDBNull(5) ? null : new(reader.GetString(5), Text(6), Text(7), Id(8)), Id(9), isHere ? null : Month.Of(reader.GetFieldValue<DateTimeOffset>(1)));

        string? Text(int column) => reader.IsDBNull(column) ? null : reader.GetString(column);

        Guid? Id(int column) => reader.IsDBNull(column) ? null : reader.GetGuid(column);
    }

    private static void Add(NpgsqlCommand command, string? merchantId, DateTimeOffset? at, string? accountId = null)
    {
        command.Parameters.Add(new() { Value = (object?)merchantId ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Text });
        command.Parameters.Add(new() { Value = (object?)at ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.TimestampTz });
        if (accountId is not null)
        {
            command.Parameters.Add(new() { Value = accountId });
        }
    }

    private static async Task<List<AccountRow>> AccountsAsync(NpgsqlCommand command, CancellationToken cancellationToken)
    {
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var accounts = new List<AccountRow>();
        while (await reader.ReadAsync(cancellationToken))
        {
            accounts.Add(PostgresStore.ReadAccount(reader));
        }

        return accounts;
    }
}
