using Npgsql;
using NpgsqlTypes;
using Payments.Domain;

namespace Payments.Storage.Postgres;

/// <summary>The breaks of reconciliation on PostgreSQL.</summary>
public sealed class BreakBook(NpgsqlDataSource database, TimeProvider time) : IBreakBook
{
    private const string Breaks = """
        SELECT b.id, b.gateway, b.kind, f.name, b.line, l.line_id, l.type, b.operation_id, b.at, b.currency, b.amount, b.opened_at, b.owner,
            r.resolution, r.reason, r.resolved_by, r.resolved_at, CASE WHEN r.posts THEN r.posted_at IS NOT NULL END
        FROM reconciliation_breaks b
        LEFT JOIN settlement_files f ON f.id = b.file
        LEFT JOIN settlement_lines l ON l.file = b.file AND l.line = b.line
        LEFT JOIN break_resolutions r ON r.break_id = b.id
        """;

    /// <inheritdoc/>
    public async Task<IReadOnlyList<BreakRow>> ListAsync(
        bool? isOpen, string? gateway, string? kind, OperationCursor? after, int limit, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(
            $"""
            {Breaks}
            WHERE {isOpen switch { true => "b.is_open", false => "NOT b.is_open", null => "true" }} AND ($1::text IS NULL OR b.gateway = $1) AND ($2::text IS NULL OR b.kind = $2)
              AND (b.opened_at, b.id) > ($3, $4) ORDER BY b.opened_at, b.id LIMIT $5
            """);
        Add(command, gateway, NpgsqlDbType.Text);
        Add(command, kind, NpgsqlDbType.Text);
        Add(command, after?.At ?? DateTimeOffset.UnixEpoch, NpgsqlDbType.TimestampTz);
        Add(command, after is { } place ? Guid.Parse(place.Id) : Guid.Empty, NpgsqlDbType.Uuid);
        Add(command, limit, NpgsqlDbType.Integer);
        return await ListAsync(command, Read, cancellationToken);
    }

    /// <inheritdoc/>
    public async Task<BreakRow?> FindAsync(Guid id, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand($"{Breaks} WHERE b.id = $1");
        Add(command, id, NpgsqlDbType.Uuid);
        return (await ListAsync(command, Read, cancellationToken)).SingleOrDefault();
    }

    /// <inheritdoc/>
    public async Task<bool> AssignAsync(Guid id, string? owner, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(
            "UPDATE reconciliation_breaks SET owner = $2 WHERE id = $1 AND NOT EXISTS (SELECT FROM break_resolutions r WHERE r.break_id = $1)");
        Add(command, id, NpgsqlDbType.Uuid);
        Add(command, owner, NpgsqlDbType.Text);
        return await command.ExecuteNonQueryAsync(cancellationToken) == 1;
    }

    /// <inheritdoc/>
    public async Task<ResolveVerdict> ResolveAsync(Guid id, BreakResolution resolution, string reason, string by, CancellationToken cancellationToken)
    {
        if (await FindAsync(id, cancellationToken) is not { } found)
        {
            return ResolveVerdict.NotFound;
        }

        var what = new Break(StatusNames.Parse<BreakKind>(found.Kind, BreakNames.Name), new(found.Amount, Currency.Of(found.Currency)));
        if (found.Ended is not null)
        {
            return ResolveVerdict.AlreadyResolved;
        }

        // Nobody but the system knows that something was matched.
        if (resolution == BreakResolution.Matched || !what.CanEnd(resolution))
        {
            return ResolveVerdict.CannotEndSo;
        }

        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        return await Reconciler.EndAsync(connection, id, resolution, reason, by, posts: resolution != BreakResolution.Accepted, time.Now(), cancellationToken)
            ? ResolveVerdict.Resolved
            : ResolveVerdict.AlreadyResolved;
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<ReceivableSummary>> SummaryAsync(DateTimeOffset? from, DateTimeOffset? until, CancellationToken cancellationToken)
    {
        // One statement, one snapshot. What is not payments' is of reconciliation: its entries are few, and read apart.
        await using var command = database.CreateCommand(
            """
            WITH account AS (
                SELECT a.no, split_part(a.id, ':', 2) AS gateway, a.currency, split_part(a.id, ':', 3) AS part, CASE WHEN $1::timestamptz IS NULL THEN 0 ELSE posted_until(a.no, a.seq, $1) END AS first, posted_until(a.no, a.seq, $2) AS last
                FROM accounts a WHERE a.id LIKE 'gateway:%'
                UNION ALL
                SELECT a.no, split_part(a.id, ':', 2), a.currency, 'suspense', 0, posted_until(a.no, a.seq, $2) FROM accounts a WHERE a.id LIKE 'suspense:%'),
            balance AS (
                SELECT a.*, coalesce(balance_behind(a.no, a.first), 0) AS opening, coalesce(balance_behind(a.no, a.last), 0) AS closing
                FROM account a),
            moved AS (
                SELECT gateway, currency, sum(settled) AS settled, sum(corrected) AS corrected FROM (
                    SELECT a.gateway, a.currency, CASE e.kind WHEN 'settlement' THEN p.amount END AS settled, CASE e.kind WHEN 'break_resolution' THEN p.amount END AS corrected
                    FROM journal_entries e JOIN postings p ON p.entry_id = e.id AND p.posted_at = e.posted_at JOIN account a ON a.no = p.account_no AND a.part = 'receivable'
                    WHERE e.kind IN ('settlement', 'break_resolution') AND e.posted_at > coalesce($1, 'epoch') AND e.posted_at <= $2
                        AND e.posted_at >= coalesce((SELECT (max(month) + interval '1 month') AT TIME ZONE 'UTC' FROM archives), 'epoch')
                    UNION ALL
                    SELECT a.gateway, a.currency, v.settled, v.corrected FROM account a JOIN archived_accounts v ON v.account_no = a.no
                    WHERE a.part = 'receivable' AND $1 IS NULL) m
                GROUP BY gateway, currency),
            open AS (
                SELECT gateway, currency, count(*) AS breaks FROM reconciliation_breaks WHERE is_open GROUP BY gateway, currency)
            SELECT b.gateway, b.currency, coalesce(sum(b.opening) FILTER (WHERE part = 'receivable'), 0)::bigint, coalesce(sum(b.closing) FILTER (WHERE part = 'receivable'), 0)::bigint,
                coalesce(-max(m.settled), 0)::bigint, coalesce(max(m.corrected), 0)::bigint, coalesce(sum(b.closing) FILTER (WHERE part = 'in_transit'), 0)::bigint,
                coalesce(sum(b.closing - b.opening) FILTER (WHERE part = 'fees'), 0)::bigint, coalesce(-sum(b.closing) FILTER (WHERE part = 'suspense'), 0)::bigint, coalesce(max(o.breaks), 0)
            FROM balance b LEFT JOIN moved m USING (gateway, currency) LEFT JOIN open o USING (gateway, currency)
            GROUP BY b.gateway, b.currency ORDER BY b.gateway COLLATE "C", b.currency COLLATE "C"
            """);
        command.CommandTimeout = 0;
        Add(command, from, NpgsqlDbType.TimestampTz);
        Add(command, until ?? time.Now(), NpgsqlDbType.TimestampTz);
        return await Archives.AskAsync(() => ListAsync(
            command,
            reader =>
            {
                var (opening, closing, settled, corrected) = (reader.GetInt64(2), reader.GetInt64(3), reader.GetInt64(4), reader.GetInt64(5));
                return new ReceivableSummary(
                    reader.GetString(0), reader.GetString(1), opening, closing - opening + settled - corrected, settled, corrected, closing, reader.GetInt64(6), reader.GetInt64(7),
                    reader.GetInt64(8), reader.GetInt64(9));
            },
            cancellationToken));
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<Drift>> DriftAsync(int limit, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(
            """
            SELECT b.gateway, b.currency, (b.at AT TIME ZONE 'UTC')::date AS day, count(*), sum(CASE b.kind WHEN 'missing_at_processor' THEN -b.amount ELSE b.amount END)::bigint
            FROM reconciliation_breaks b WHERE b.is_open
            GROUP BY b.gateway, b.currency, day ORDER BY day DESC, b.gateway, b.currency LIMIT $1
            """);
        Add(command, limit, NpgsqlDbType.Integer);
        return await ListAsync(
            command, reader => new Drift(reader.GetString(0), reader.GetString(1), reader.GetFieldValue<DateOnly>(2), reader.GetInt64(3), reader.GetInt64(4)), cancellationToken);
    }

    private static BreakRow Read(NpgsqlDataReader reader) => new(
        reader.GetGuid(0), reader.GetString(1), reader.GetString(2), Text(reader, 3), reader.IsDBNull(4) ? null : reader.GetInt32(4), Text(reader, 5), Text(reader, 6),
        reader.IsDBNull(7) ? null : reader.GetGuid(7), reader.GetFieldValue<DateTimeOffset>(8), reader.GetString(9), reader.GetInt64(10),
        reader.GetFieldValue<DateTimeOffset>(11), Text(reader, 12),
        reader.IsDBNull(13) ? null : new(
            reader.GetString(13), reader.GetString(14), reader.GetString(15), reader.GetFieldValue<DateTimeOffset>(16), reader.IsDBNull(17) ? null : reader.GetBoolean(17)));

    private static string? Text(NpgsqlDataReader reader, int column) => reader.IsDBNull(column) ? null : reader.GetString(column);

    private static void Add(NpgsqlCommand command, object? value, NpgsqlDbType type) => command.Parameters.Add(new() { Value = value ?? DBNull.Value, NpgsqlDbType = type });

    private static async Task<List<T>> ListAsync<T>(NpgsqlCommand command, Func<NpgsqlDataReader, T> read, CancellationToken cancellationToken)
    {
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var list = new List<T>();
        while (await reader.ReadAsync(cancellationToken))
        {
            list.Add(read(reader));
        }

        return list;
    }
}
