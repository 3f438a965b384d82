using System.Runtime.CompilerServices;
using Npgsql;
using NpgsqlTypes;
using Payments.Domain;
using Payments.Storage.Postgres.Reporting;

namespace Payments.Storage.Postgres;

/// <summary>How many reports there may be at once (I9).</summary>
/// <param name="MaxOpen">Not finished, of one merchant, or of the platform.</param>
/// <param name="MaxKept">Whose files are kept.</param>
public sealed record ReportLimits(int MaxOpen, int MaxKept)
{
    public static ReportLimits Default { get; } = new(MaxOpen: 10, MaxKept: 200);
}

/// <summary>Reports on PostgreSQL. Every statement that may show one has its owner in its WHERE (I7).</summary>
public sealed class ReportStore(NpgsqlDataSource database, ReportLimits limits) : IReportStore
{
    private const string Columns = """
        id, merchant_id, request, type, from_at, to_at, currency, account, columns, format, as_of, status, attempt, progress, rows, bytes, digest, code, created_at,
        finished_at, next_action_at
        """;

    private readonly ReportWriter writer = new(database);

    /// <inheritdoc/>
    public IReadOnlyList<ReportType> Types => ReportWriter.Types;

    /// <inheritdoc/>
    public async Task<(ReportMade Made, ReportRow? Report)> CreateAsync(
        Guid id, string? merchantId, ReportOrder order, string request, DateTimeOffset now, CancellationToken cancellationToken)
    {
        if (await ReportAsync(merchantId, id, cancellationToken) is { } before)
        {
            return (ReportMade.Found, before);
        }

        if (ReportWriter.Needs(order) is { } needed && await Archives.NewestAsync(database, cancellationToken) is { } archived && needed < archived.End)
        {
            throw new ArchivedException(archived);
        }

        if (order.Account is { } account && !await IsThereAsync(merchantId, account, cancellationToken))
        {
            return (ReportMade.NoSuchAccount, null);
        }

        // Looked at before the books are touched, so that refused ones stop nobody's postings; and again under the lock, so that many at once are counted too.
        DateTimeOffset asOf;
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        if (await HasTooManyAsync(connection, merchantId, cancellationToken))
        {
            return (ReportMade.TooMany, null);
        }

        try
        {
            asOf = await Books.FixAsync(connection, order.To - TimeSpan.FromMicroseconds(1), cancellationToken);
        }
        catch (BooksException)
        {
            return (ReportMade.NotOver, null);
        }

        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await using var alone = new NpgsqlCommand("SELECT pg_advisory_xact_lock(hashtextextended('reports of ' || coalesce($1, ''), 0))", connection);
        Add(alone, NpgsqlDbType.Text, merchantId);
        await alone.ExecuteNonQueryAsync(cancellationToken);
        if (await HasTooManyAsync(connection, merchantId, cancellationToken))
        {
            return (ReportMade.TooMany, null);
        }

        await using var insert = new NpgsqlCommand(
            $"""
            INSERT INTO reports (id, merchant_id, request, type, from_at, to_at, currency, account, columns, format, as_of, status, attempt, progress, created_at, next_action_at)
                VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 'pending', 0, 0, $12, $12)
            ON CONFLICT (id) DO NOTHING RETURNING {Columns}
            """, connection);
        Add(insert, NpgsqlDbType.Uuid, id);
        Add(insert, NpgsqlDbType.Text, merchantId);
        Add(insert, NpgsqlDbType.Text, request);
        Add(insert, NpgsqlDbType.Text, order.Type);
        Add(insert, NpgsqlDbType.TimestampTz, order.From);
        Add(insert, NpgsqlDbType.TimestampTz, order.To);
        Add(insert, NpgsqlDbType.Text, order.Currency);
        Add(insert, NpgsqlDbType.Text, order.Account);
        Add(insert, NpgsqlDbType.Array | NpgsqlDbType.Text, order.Columns.ToArray());
        Add(insert, NpgsqlDbType.Text, order.Format);
        Add(insert, NpgsqlDbType.TimestampTz, asOf);
        Add(insert, NpgsqlDbType.TimestampTz, now);
        var made = (await ReadAsync(insert, cancellationToken)).SingleOrDefault();
        await transaction.CommitAsync(cancellationToken);
        return made is not null ? (ReportMade.Created, made) : (ReportMade.Found, await ReportAsync(merchantId, id, cancellationToken));
    }

    /// <inheritdoc/>
    public async Task<ReportRow?> ReportAsync(string? merchantId, Guid id, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand($"SELECT {Columns} FROM reports WHERE id = $1 AND merchant_id IS NOT DISTINCT FROM $2");
        Add(command, NpgsqlDbType.Uuid, id);
        Add(command, NpgsqlDbType.Text, merchantId);
        return (await ReadAsync(command, cancellationToken)).SingleOrDefault();
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<ReportRow>> ReportsAsync(string? merchantId, Guid? after, int limit, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(
            $"""
            SELECT {Columns} FROM reports
            WHERE {(merchantId is null ? "merchant_id IS NULL AND $1::text IS NULL" : "merchant_id = $1")}
                AND ($2::uuid IS NULL OR (created_at, id) < (SELECT a.created_at, a.id FROM reports a WHERE a.id = $2))
            ORDER BY created_at DESC, id DESC LIMIT $3
            """);
        Add(command, NpgsqlDbType.Text, merchantId);
        Add(command, NpgsqlDbType.Uuid, after);
        Add(command, NpgsqlDbType.Integer, limit);
        return await ReadAsync(command, cancellationToken);
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<(string? MerchantId, Guid Id)>> DueAsync(DateTimeOffset now, int limit, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand("SELECT merchant_id, id FROM reports WHERE next_action_at <= $1 ORDER BY next_action_at LIMIT $2");
        Add(command, NpgsqlDbType.TimestampTz, now);
        Add(command, NpgsqlDbType.Integer, limit);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var due = new List<(string?, Guid)>();
        while (await reader.ReadAsync(cancellationToken))
        {
            due.Add((Text(reader, 0), reader.GetGuid(1)));
        }

        return due;
    }

    /// <inheritdoc/>
    public async Task<bool> MoveAsync(ReportRow from, ReportRow to, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await using var update = new NpgsqlCommand(
            """
            UPDATE reports SET status = $4, attempt = $5, progress = $6, rows = $7, bytes = $8, digest = $9, code = $10, finished_at = $11, next_action_at = $12
            WHERE id = $1 AND status = $2 AND attempt = $3
            """, connection);
        Add(update, NpgsqlDbType.Uuid, from.Id);
        Add(update, NpgsqlDbType.Text, from.Status.Name());
        Add(update, NpgsqlDbType.Integer, from.Attempt);
        Add(update, NpgsqlDbType.Text, to.Status.Name());
        Add(update, NpgsqlDbType.Integer, to.Attempt);
        Add(update, NpgsqlDbType.Integer, to.Progress);
        Add(update, NpgsqlDbType.Bigint, to.File?.Rows);
        Add(update, NpgsqlDbType.Bigint, to.File?.Bytes);
        Add(update, NpgsqlDbType.Bytea, to.File?.Digest.ToArray());
        Add(update, NpgsqlDbType.Text, to.Code);
        Add(update, NpgsqlDbType.TimestampTz, to.FinishedAt);
        Add(update, NpgsqlDbType.TimestampTz, to.NextActionAt);
        if (await update.ExecuteNonQueryAsync(cancellationToken) == 0)
        {
            return false;
        }

        var keepsFile = to.Attempt == from.Attempt && to.Status is ReportStatus.Running or ReportStatus.Succeeded;
        if (!keepsFile && from.Attempt > 0)
        {
            await using var delete = new NpgsqlCommand("DELETE FROM report_chunks WHERE report_id = $1", connection) { CommandTimeout = 0 };
            Add(delete, NpgsqlDbType.Uuid, from.Id);
            await delete.ExecuteNonQueryAsync(cancellationToken);
        }

        await transaction.CommitAsync(cancellationToken);
        return true;
    }

    /// <inheritdoc/>
    public Task<ReportFile> WriteAsync(ReportRow claimed, IProgress<int> progress, CancellationToken cancellationToken)
    {
        var n = 0;

        // Millions of rows are formatted between a few waits: that is no work for a grain's turns.
        return Task.Run(
            () => writer.WriteAsync(claimed.MerchantId, claimed.Order, claimed.AsOf, (piece, stop) => KeepAsync(claimed, n++, piece, stop), progress, cancellationToken),
            cancellationToken);
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<ReadOnlyMemory<byte>> FileAsync(ReportRow report, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        for (var n = 0; ; n++)
        {
            await using var command = database.CreateCommand(
                """
                SELECT c.data FROM report_chunks c JOIN reports r ON r.id = c.report_id AND r.attempt = c.attempt
                WHERE r.id = $1 AND r.merchant_id IS NOT DISTINCT FROM $2 AND c.attempt = $3 AND c.n = $4
                """);
            Add(command, NpgsqlDbType.Uuid, report.Id);
            Add(command, NpgsqlDbType.Text, report.MerchantId);
            Add(command, NpgsqlDbType.Integer, report.Attempt);
            Add(command, NpgsqlDbType.Integer, n);
            if (await command.ExecuteScalarAsync(cancellationToken) is not byte[] piece)
            {
                yield break;
            }

            yield return piece;
        }
    }

    // Whoever takes the report over, or ends it, waits for this and then removes it: nothing of an attempt that is over stays.
    private async ValueTask KeepAsync(ReportRow claimed, int n, ReadOnlyMemory<byte> piece, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(
            "INSERT INTO report_chunks (report_id, attempt, n, data) SELECT r.id, $2, $3, $4 FROM reports r WHERE r.id = $1 AND r.status = 'running' AND r.attempt = $2 FOR SHARE");
        Add(command, NpgsqlDbType.Uuid, claimed.Id);
        Add(command, NpgsqlDbType.Integer, claimed.Attempt);
        Add(command, NpgsqlDbType.Integer, n);
        command.Parameters.Add(new NpgsqlParameter<ReadOnlyMemory<byte>> { TypedValue = piece, NpgsqlDbType = NpgsqlDbType.Bytea });
        if (await command.ExecuteNonQueryAsync(cancellationToken) == 0)
        {
            throw new ReportLostException();
        }
    }

    private async Task<bool> HasTooManyAsync(NpgsqlConnection connection, string? merchantId, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(
            """
            SELECT count(*) FILTER (WHERE status <> 'succeeded') >= $2 OR count(*) >= $3 FROM reports
            WHERE merchant_id IS NOT DISTINCT FROM $1 AND next_action_at IS NOT NULL
            """, connection);
        Add(command, NpgsqlDbType.Text, merchantId);
        Add(command, NpgsqlDbType.Bigint, (long)limits.MaxOpen);
        Add(command, NpgsqlDbType.Bigint, (long)limits.MaxKept);
        return await command.ExecuteScalarAsync(cancellationToken) is true;
    }

    private async Task<bool> IsThereAsync(string? merchantId, string account, CancellationToken cancellationToken)
    {
        if (account.Contains('\0', StringComparison.Ordinal))
        {
            return false;
        }

        await using var command = database.CreateCommand("SELECT EXISTS (SELECT FROM accounts WHERE id = $1 AND ($2::text IS NULL OR merchant_id = $2))");
        Add(command, NpgsqlDbType.Text, account);
        Add(command, NpgsqlDbType.Text, merchantId);
        return await command.ExecuteScalarAsync(cancellationToken) is true;
    }

    private static async Task<List<ReportRow>> ReadAsync(NpgsqlCommand command, CancellationToken cancellationToken)
    {
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var reports = new List<ReportRow>();
        while (await reader.ReadAsync(cancellationToken))
        {
            var order = new ReportOrder(
                reader.GetString(3), Time(reader, 4), Time(reader, 5), Text(reader, 6), Text(reader, 7), [.. reader.GetFieldValue<string[]>(8)], reader.GetString(9));
            var file = reader.IsDBNull(16) ? null : new ReportFile(reader.GetInt64(14), reader.GetInt64(15), [.. reader.GetFieldValue<byte[]>(16)]);
            reports.Add(new(
                reader.GetGuid(0), Text(reader, 1), reader.GetString(2), order, reader.GetFieldValue<DateTimeOffset>(10),
                StatusNames.Parse<ReportStatus>(reader.GetString(11), ReportStatusNames.Name), reader.GetInt32(12), reader.GetInt32(13), file, Text(reader, 17),
                reader.GetFieldValue<DateTimeOffset>(18), Time(reader, 19), Time(reader, 20)));
        }

        return reports;
    }

    private static string? Text(NpgsqlDataReader reader, int column) => reader.IsDBNull(column) ? null : reader.GetString(column);

    private static DateTimeOffset? Time(NpgsqlDataReader reader, int column) => reader.IsDBNull(column) ? null : reader.GetFieldValue<DateTimeOffset>(column);

    private static void Add(NpgsqlCommand command, NpgsqlDbType type, object? value) => command.Parameters.Add(new() { Value = value ?? DBNull.Value, NpgsqlDbType = type });
}
