using System.Collections.Immutable;
using Npgsql;
using Payments.Domain;

namespace Payments.Storage.Postgres;

/// <summary>The front end's reads. Every statement that may show a merchant's data has the merchant in its WHERE (I7).</summary>
public sealed class PostgresQueries(NpgsqlDataSource reading) : IPaymentQueries
{
    /// <inheritdoc/>
    public Task<Payment?> PaymentAsync(string merchantId, Guid paymentId, CancellationToken cancellationToken) =>
        PostgresStore.LoadAsync(reading, merchantId, paymentId, cancellationToken);

    /// <inheritdoc/>
    public async Task<IReadOnlyList<Payment>> PaymentsAsync(
        string merchantId, PaymentFilter filter, PaymentPlace? after, int limit, CancellationToken cancellationToken)
    {
        // Only what is asked for stands in the statement, so that each kind of list gets the plan of its own index.
        await using var command = reading.CreateCommand();
        // The second is what the index of lists asks for.
        var where = new List<string> { $"merchant_id = {Parameter(merchantId)}", "created_at > 'epoch'" };
        void Where(object? value, Func<string, string> condition)
        {
            if (value is not null)
            {
                where.Add(condition(Parameter(value)));
            }
        }

        string Parameter(object value)
        {
            command.Parameters.Add(new() { Value = value });
            return $"${command.Parameters.Count}";
        }

        if (filter.Status is { } status)
        {
            // One of seven words, and written out, for the indexes are of some of them: the open ones are found among all that are due, the rest by its own.
            var word = StatusNames.Parse<PaymentStatus>(status, StatusNames.Name).Name();
            where.Add($"status = '{word}'{(word is "processing" or "requires_action" ? " AND next_action_at IS NOT NULL" : "")}");
        }

        Where(filter.CreatedFrom, value => $"created_at >= {value}");
        Where(filter.CreatedTo, value => $"created_at < {value}");
        Where(filter.Reference, value => $"reference = {value}");
        Where(filter.Amount, value => $"amount = {value}");
        Where(filter.Customer, value => $"customer = {value}");
        if (after is { } place)
        {
            where.Add($"(created_at, id) < ({Parameter(place.CreatedAt)}, {Parameter(place.Id)})");
        }

        command.CommandText =
            $"""
            {PostgresStore.PaymentWithOperations}
            FROM (SELECT * FROM payments WHERE {string.Join(" AND ", where)} ORDER BY created_at DESC, id DESC LIMIT {Parameter(limit)}) p
            JOIN operations o ON o.merchant_id = p.merchant_id AND o.payment_id = p.id
            ORDER BY p.created_at DESC, p.id DESC
            """;
        return await PostgresStore.ReadPaymentsAsync(command, cancellationToken);
    }

    /// <inheritdoc/>
    public async Task<byte[]> PlatformSecretAsync(CancellationToken cancellationToken)
    {
        await using var command = reading.CreateCommand("SELECT secret FROM platform");
        return (byte[])(await command.ExecuteScalarAsync(cancellationToken))!;
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<TimelineItem>> TimelineAsync(string merchantId, Guid paymentId, CancellationToken cancellationToken)
    {
        await using var command = reading.CreateCommand(
            """
            SELECT t.*, o.kind FROM (
                SELECT at, 'audit' AS kind, action, version, operation_id, attempt, attempt_kind, answer, code, status,
                    NULL::uuid, NULL::text[], NULL::bigint[],
                    (SELECT i.source || ' ' || i.event_id FROM inbox i WHERE i.merchant_id = $1 AND i.payment_id = $2 AND i.version = a.version LIMIT 1)
                FROM payment_audit a WHERE merchant_id = $1 AND payment_id = $2
                UNION ALL
                SELECT v.at, 'event', v.type, v.version, v.operation_id, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL
                FROM payment_audit a
                JOIN events v ON v.written_at = a.written_at AND v.merchant_id = a.merchant_id AND v.payment_id = a.payment_id AND v.version = a.version
                WHERE a.merchant_id = $1 AND a.payment_id = $2
                UNION ALL
                SELECT e.posted_at, 'entry', e.kind, 0, e.operation_id, NULL, NULL, NULL, NULL, NULL, e.id,
                    (SELECT array_agg(a.id ORDER BY p.line) FROM postings p JOIN accounts a ON a.no = p.account_no WHERE p.entry_id = e.id AND p.posted_at = e.posted_at),
                    (SELECT array_agg(p.amount ORDER BY p.line) FROM postings p WHERE p.entry_id = e.id AND p.posted_at = e.posted_at), NULL
                FROM journal_entries e WHERE e.merchant_id = $1 AND e.payment_id = $2) t
            JOIN operations o ON o.merchant_id = $1 AND o.payment_id = $2 AND o.id = t.operation_id
            ORDER BY t.at, t.kind, t.version
            """);
        command.Parameters.Add(new() { Value = merchantId });
        command.Parameters.Add(new() { Value = paymentId });
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var items = new List<TimelineItem>();
        while (await reader.ReadAsync(cancellationToken))
        {
            items.Add(new(
                reader.GetFieldValue<DateTimeOffset>(0), reader.GetString(1), reader.GetString(2), reader.GetInt64(3), reader.GetGuid(4), reader.GetString(14),
                reader.IsDBNull(5) ? null : reader.GetInt32(5), Text(reader, 6), Text(reader, 7), Text(reader, 8), Text(reader, 9),
                reader.IsDBNull(10) ? null : reader.GetGuid(10), Postings(reader), Text(reader, 13)));
        }

        // Asked behind it: what is recorded as archived is recorded before it leaves. A payment begins with its first version.
        return items.Any(item => item is { Kind: "audit", Version: 1 }) || await ArchivedAsync(merchantId, paymentId, cancellationToken) is not { } month
            ? items
            : throw new ArchivedException(month);
    }

    private async Task<Month?> ArchivedAsync(string merchantId, Guid paymentId, CancellationToken cancellationToken)
    {
        await using var command = reading.CreateCommand("SELECT max(month) FROM archives WHERE EXISTS (SELECT FROM payments WHERE merchant_id = $1 AND id = $2)");
        command.Parameters.Add(new() { Value = merchantId });
        command.Parameters.Add(new() { Value = paymentId });
        return await Archives.MonthAsync(command, cancellationToken);
    }

    /// <inheritdoc/>
    public async Task<ApiKeyRow?> ApiKeyAsync(ReadOnlyMemory<byte> hash, CancellationToken cancellationToken)
    {
        await using var command = reading.CreateCommand(
            """
            SELECT k.merchant_id, m.mode, m.salt, k.scopes, k.id FROM api_keys k LEFT JOIN merchants m ON m.id = k.merchant_id
            WHERE k.hash = $1 AND k.revoked_at IS NULL AND (k.expires_at IS NULL OR k.expires_at > now())
            """);
        command.Parameters.Add(new() { Value = hash.ToArray() });
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken)
            ? new(reader.GetGuid(4), Text(reader, 0), Text(reader, 1), reader.IsDBNull(2) ? [] : [.. reader.GetFieldValue<byte[]>(2)], [.. reader.GetFieldValue<string[]>(3)])
            : null;
    }

    /// <inheritdoc/>
    public async Task CheckReadyAsync(CancellationToken cancellationToken)
    {
        await using var connection = await reading.OpenConnectionAsync(cancellationToken);
        await Migrations.CheckAsync(connection, cancellationToken);
    }

    private static string? Text(NpgsqlDataReader reader, int column) => reader.IsDBNull(column) ? null : reader.GetString(column);

    private static ImmutableArray<PostingRow> Postings(NpgsqlDataReader reader)
    {
        if (reader.IsDBNull(11))
        {
            return [];
        }

        var amounts = reader.GetFieldValue<long[]>(12);
        return [.. reader.GetFieldValue<string[]>(11).Select((account, line) => new PostingRow(account, amounts[line]))];
    }
}
