using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization;
using Npgsql;
using NpgsqlTypes;

namespace Payments.Storage.Postgres;

/// <summary>The inbox on PostgreSQL. What is applied is marked so by <see cref="BatchWriter"/>, in the transaction that applies it.</summary>
public sealed class Inbox(NpgsqlDataSource database) : IInbox
{
    /// <inheritdoc/>
    public async Task<bool> ReceiveAsync(InboxEvent received, ReadOnlyMemory<byte> body, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(
            """
            WITH received AS (
                INSERT INTO inbox (source, event_id, received_at, news, digest, state, reason, next_try_at, settled_at, month)
                SELECT $1, $2, $3, $4, $6, $7, $8, $9, $10, month FROM books ON CONFLICT (source, event_id) DO NOTHING RETURNING source, event_id, month)
            INSERT INTO evidence (source, event_id, month, body) SELECT source, event_id, month, $5 FROM received
            """);
        var isOpen = received.State == InboxState.Received;
        Add(command, received.Id.Source, received.Id.EventId, received.ReceivedAt);
        command.Parameters.Add(new() { Value = JsonSerializer.Serialize(received.News, NewsJson.Default.NewsRow), NpgsqlDbType = NpgsqlDbType.Jsonb });
        Add(command, body.ToArray(), SHA256.HashData(body.Span), received.State.Name());
        command.Parameters.Add(Text(received.Reason));
        command.Parameters.Add(Time(isOpen ? received.ReceivedAt : null));
        command.Parameters.Add(Time(isOpen ? null : received.ReceivedAt));
        return await command.ExecuteNonQueryAsync(cancellationToken) == 1;
    }

    /// <inheritdoc/>
    public async Task<InboxEvent?> FindAsync(EvidenceId id, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand("SELECT received_at, news, state, tries, reason FROM inbox WHERE source = $1 AND event_id = $2");
        Add(command, id.Source, id.EventId);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken)
            ? new(
                id, reader.GetFieldValue<DateTimeOffset>(0), JsonSerializer.Deserialize(reader.GetString(1), NewsJson.Default.NewsRow)!,
                Domain.StatusNames.Parse<InboxState>(reader.GetString(2), InboxStates.Name), reader.GetInt32(3), reader.IsDBNull(4) ? null : reader.GetString(4))
            : null;
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<EvidenceId>> DueAsync(DateTimeOffset now, int shard, int shards, int limit, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(
            """
            SELECT source, event_id FROM inbox WHERE next_try_at <= $1 AND get_byte(digest, 0) % $2 = $3 ORDER BY next_try_at, source, event_id LIMIT $4
            """);
        Add(command, now, shards, shard, limit);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var due = new List<EvidenceId>();
        while (await reader.ReadAsync(cancellationToken))
        {
            due.Add(new(reader.GetString(0), reader.GetString(1)));
        }

        return due;
    }

    /// <inheritdoc/>
    public async Task<OperationPlace?> PlaceAsync(string gateway, Guid? operationId, string? processorReference, CancellationToken cancellationToken)
    {
        await using var command = operationId is { } id
            ? database.CreateCommand("SELECT merchant_id, payment_id, id FROM operations WHERE id = $1")
            : database.CreateCommand(
                """
                SELECT o.merchant_id, o.payment_id, o.id FROM operations o JOIN payments p ON p.merchant_id = o.merchant_id AND p.id = o.payment_id
                WHERE o.processor_reference = $1 AND o.kind IN ('charge', 'authorize') AND p.gateway = $2 LIMIT 1
                """);
        Add(command, operationId is { } known ? [known] : [processorReference ?? "", gateway]);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken) ? new(reader.GetString(0), reader.GetGuid(1), reader.GetGuid(2)) : null;
    }

    /// <inheritdoc/>
    public async Task SettleAsync(EvidenceId id, InboxState state, string? reason, OperationPlace? place, DateTimeOffset at, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(
            """
            UPDATE inbox SET state = $3, reason = $4, merchant_id = $5, payment_id = $6, settled_at = $7, next_try_at = NULL
            WHERE source = $1 AND event_id = $2 AND state <> 'applied'
            """);
        Add(command, id.Source, id.EventId, state.Name());
        command.Parameters.Add(Text(reason));
        AddPlace(command, place);
        Add(command, at);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <inheritdoc/>
    public async Task PostponeAsync(EvidenceId id, string reason, OperationPlace? place, DateTimeOffset nextTry, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(
            """
            UPDATE inbox SET reason = $3, merchant_id = $4, payment_id = $5, next_try_at = $6, tries = tries + 1
            WHERE source = $1 AND event_id = $2 AND state = 'received'
            """);
        Add(command, id.Source, id.EventId, reason);
        AddPlace(command, place);
        Add(command, nextTry);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private static void AddPlace(NpgsqlCommand command, OperationPlace? place)
    {
        command.Parameters.Add(Text(place?.MerchantId));
        command.Parameters.Add(new() { Value = (object?)place?.PaymentId ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Uuid });
    }

    private static NpgsqlParameter Text(string? text) => new() { Value = (object?)text ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Text };

    private static NpgsqlParameter Time(DateTimeOffset? time) => new() { Value = (object?)time ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.TimestampTz };

    private static void Add(NpgsqlCommand command, params ReadOnlySpan<object> values)
    {
        foreach (var value in values)
        {
            command.Parameters.Add(new() { Value = value });
        }
    }
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingDefault)]
[JsonSerializable(typeof(NewsRow))]
internal sealed partial class NewsJson : JsonSerializerContext;
