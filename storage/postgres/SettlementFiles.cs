using Npgsql;
using NpgsqlTypes;
using Payments.Domain;

namespace Payments.Storage.Postgres;

/// <summary>
/// Imports settlement files: lines are staged in transactions of their own, however many there are, and count from the one instant on in which the
/// file is said to be imported. Whatever breaks before leaves nothing that counts, and the next import of the file begins anew.
/// </summary>
public sealed class SettlementFiles(NpgsqlDataSource database, TimeProvider time) : ISettlementFiles
{
    /// <summary>Lines that are staged in one transaction: well below a second.</summary>
    public const int Page = 5_000;

    /// <inheritdoc/>
    public async Task<(ImportedFile File, bool IsNew)> ImportAsync(
        SettlementFileHeader file, IEnumerable<SettlementLineRow> lines, CancellationToken cancellationToken)
    {
        if (await FindAsync(file, cancellationToken) is { } before)
        {
            return (before, false);
        }

        if (await BeginAsync(file, cancellationToken) is not { } id)
        {
            // Somebody else began to import it at the same instant.
            throw Overtaken();
        }

        try
        {
            var count = 0;
            foreach (var page in lines.Chunk(Page))
            {
                await StageAsync(id, page, cancellationToken);
                count += page.Length;
            }

            await using var flip = database.CreateCommand("UPDATE settlement_files SET lines = $2, imported_at = $3, covers_until = $4 WHERE id = $1 AND imported_at IS NULL");
            Add(flip, id, count, time.Now());
            flip.Parameters.Add(new() { Value = (object?)file.CoversUntil ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.TimestampTz });
            if (await flip.ExecuteNonQueryAsync(cancellationToken) == 0)
            {
                throw Overtaken();
            }
        }
        catch (PostgresException removed) when (removed.SqlState == PostgresErrorCodes.ForeignKeyViolation)
        {
            throw Overtaken();
        }
        catch
        {
            // Tidy; and when that fails too, what is left does not count.
            await RemoveAsync(id);
            throw;
        }

        return (await FindAsync(file, cancellationToken) ?? throw Overtaken(), true);
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<ImportedFile>> ListAsync(SettlementFilePlace? after, int limit, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(
            """
            SELECT gateway, name, format, lines, imported_at, begun_by, id FROM settlement_files
            WHERE imported_at IS NOT NULL AND (imported_at, id) < ($1, $2) ORDER BY imported_at DESC, id DESC LIMIT $3
            """);
        Add(command, after?.ImportedAt ?? DateTimeOffset.MaxValue, after?.No ?? long.MaxValue, limit);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var files = new List<ImportedFile>();
        while (await reader.ReadAsync(cancellationToken))
        {
            files.Add(Read(reader));
        }

        return files;
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<DateOnly>> MissingDaysAsync(string gateway, DateOnly today, int limit, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(
            """
            SELECT day::date FROM (
                SELECT min(e.posted_at AT TIME ZONE 'UTC')::date AS first
                FROM accounts a JOIN journal_entries e ON e.id = first_entry(a.no)
                WHERE starts_with(a.id, 'gateway:' || $1 || ':receivable:')) known,
                generate_series(known.first::timestamp, $2::timestamp - interval '1 day', interval '1 day') AS day
            WHERE NOT EXISTS (SELECT FROM settlement_files f WHERE f.gateway = $1 AND f.name = to_char(day, 'YYYY-MM-DD') || '.csv' AND f.imported_at IS NOT NULL)
            ORDER BY day LIMIT $3
            """);
        Add(command, gateway, today, limit);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var days = new List<DateOnly>();
        while (await reader.ReadAsync(cancellationToken))
        {
            days.Add(reader.GetFieldValue<DateOnly>(0));
        }

        return days;
    }

    private async Task<ImportedFile?> FindAsync(SettlementFileHeader file, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(
            """
            SELECT gateway, name, format, lines, imported_at, begun_by, id, digest = $3 FROM settlement_files
            WHERE gateway = $1 AND (name = $2 OR digest = $3) AND imported_at IS NOT NULL ORDER BY digest = $3 DESC LIMIT 1
            """);
        Add(command, file.Gateway, file.Name, file.Digest);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        if (!await reader.ReadAsync(cancellationToken))
        {
            return null;
        }

        var found = Read(reader);
        return reader.GetBoolean(7) ? found : throw new SettlementImportException(
            SettlementRefusal.ContentDiffers,
            $"A file {found.Name} of {found.Gateway} with another content was imported at {found.ImportedAt:u}: what a processor has told does not change. "
            + "If this is another file, import it under a name of its own.");
    }

    // Whatever was staged under its name or content and never imported goes first. Of two at the same instant one gets nothing.
    private async Task<long?> BeginAsync(SettlementFileHeader file, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        await using var known = new NpgsqlCommand("SELECT EXISTS (SELECT FROM payments.accounts WHERE starts_with(id, 'gateway:' || $1 || ':receivable:'))", connection);
        Add(known, file.Gateway);
        if (await known.ExecuteScalarAsync(cancellationToken) is not true)
        {
            throw new SettlementImportException(SettlementRefusal.GatewayUnknown, $"No payment was ever made at a processor called {file.Gateway}.");
        }

        await using var remove = new NpgsqlCommand(
            "DELETE FROM payments.settlement_files WHERE gateway = $1 AND (name = $2 OR digest = $3) AND imported_at IS NULL", connection);
        Add(remove, file.Gateway, file.Name, file.Digest);
        await remove.ExecuteNonQueryAsync(cancellationToken);
        await using var begin = new NpgsqlCommand(
            """
            INSERT INTO payments.settlement_files (gateway, name, format, digest, begun_at, begun_by) VALUES ($1, $2, $3, $4, $5, $6)
            ON CONFLICT DO NOTHING RETURNING id
            """, connection);
        Add(begin, file.Gateway, file.Name, file.Format, file.Digest, time.Now(), file.By);
        return (long?)await begin.ExecuteScalarAsync(cancellationToken);
    }

    private async Task StageAsync(long id, SettlementLineRow[] lines, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        await using var copy = await connection.BeginBinaryImportAsync(
            """
            COPY payments.settlement_lines (file, line, line_id, kind, type, at, currency, gross, fee, presented_currency, presented, reference,
                processor_reference, batch) FROM STDIN (FORMAT BINARY)
            """, cancellationToken);
        foreach (var line in lines)
        {
            await copy.StartRowAsync(cancellationToken);
            await copy.WriteAsync(id, NpgsqlDbType.Bigint, cancellationToken);
            await copy.WriteAsync(line.Line, NpgsqlDbType.Integer, cancellationToken);
            await copy.WriteAsync(line.LineId, NpgsqlDbType.Text, cancellationToken);
            await copy.WriteAsync(line.Kind, NpgsqlDbType.Text, cancellationToken);
            await copy.WriteAsync(line.Type, NpgsqlDbType.Text, cancellationToken);
            await copy.WriteAsync(line.At, NpgsqlDbType.TimestampTz, cancellationToken);
            await copy.WriteAsync(line.Currency, NpgsqlDbType.Text, cancellationToken);
            await copy.WriteAsync(line.Gross, NpgsqlDbType.Bigint, cancellationToken);
            await copy.WriteAsync(line.Fee, NpgsqlDbType.Bigint, cancellationToken);
            await copy.WriteAsync(line.PresentedCurrency, NpgsqlDbType.Text, cancellationToken);
            await copy.WriteAsync(line.Presented, NpgsqlDbType.Bigint, cancellationToken);
            foreach (var text in new[] { line.Reference, line.ProcessorReference, line.Batch })
            {
                await (text is null ? copy.WriteNullAsync(cancellationToken) : copy.WriteAsync(text, NpgsqlDbType.Text, cancellationToken));
            }
        }

        await copy.CompleteAsync(cancellationToken);
    }

    private async Task RemoveAsync(long id)
    {
        try
        {
            await using var command = database.CreateCommand("DELETE FROM settlement_files WHERE id = $1 AND imported_at IS NULL");
            Add(command, id);
            await command.ExecuteNonQueryAsync(CancellationToken.None);
        }
        catch (NpgsqlException)
        {
            // What led here is what the caller hears of.
        }
    }

    private static SettlementImportException Overtaken() =>
        new(SettlementRefusal.Overtaken, "Somebody else is importing this file at the same time: nothing was imported by this command. Look at the list of files, and try again.");

    private static ImportedFile Read(NpgsqlDataReader reader) => new(
        reader.GetString(0), reader.GetString(1), reader.GetString(2), reader.GetInt32(3), reader.GetFieldValue<DateTimeOffset>(4), reader.GetString(5),
        reader.GetInt64(6));

    private static void Add(NpgsqlCommand command, params ReadOnlySpan<object> values)
    {
        foreach (var value in values)
        {
            command.Parameters.Add(new() { Value = value });
        }
    }
}
