using System.Text.Json;
using Npgsql;
using NpgsqlTypes;
using Payments.Domain;

namespace Payments.Storage.Postgres;

/// <summary>What operators see and do, on PostgreSQL.</summary>
public sealed class OperatorStore(NpgsqlDataSource database) : IOperatorStore
{
    // Few payments are open at any time, and the index of due ones has just those.
    private const string OpenOnes =
        """
        FROM payments p JOIN operations o ON o.merchant_id = p.merchant_id AND o.payment_id = p.id
        WHERE p.next_action_at IS NOT NULL AND o.status = 'pending'
        """;

    /// <inheritdoc/>
    public async Task<IReadOnlyList<OpenOperation>> OpenOperationsAsync(
        string? merchantId, Outcome? outcome, DateTimeOffset? before, OperationCursor? after, int limit, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(
            $"""
            {PostgresStore.PaymentWithOperations} {OpenOnes}
                AND ($1 IS NULL OR p.merchant_id = $1) AND ($2 IS NULL OR (o.proven_unsent = o.sends) = $2) AND ($3 IS NULL OR o.first_sent_at < $3)
                AND ($4 IS NULL OR (o.first_sent_at, o.id) > ($4, $5))
            ORDER BY o.first_sent_at, o.id LIMIT $6
            """);
        Add(command, merchantId, NpgsqlDbType.Text);
        Add(command, outcome is null ? null : outcome == Outcome.NotSent, NpgsqlDbType.Boolean);
        Add(command, before, NpgsqlDbType.TimestampTz);
        Add(command, after?.At, NpgsqlDbType.TimestampTz);
        Add(command, after is { } place ? Guid.Parse(place.Id) : null, NpgsqlDbType.Uuid);
        Add(command, limit, NpgsqlDbType.Integer);
        return outcome is not (null or Outcome.NotSent or Outcome.Unknown) ? [] : await ReadAsync(command, cancellationToken);
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<UnknownCount>> CountUnknownAsync(DateTimeOffset before, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(
            $"""
            SELECT p.gateway, p.currency, count(*), sum(o.amount)::bigint, min(o.first_sent_at) {OpenOnes} AND o.proven_unsent < o.sends AND o.first_sent_at < $1
            GROUP BY p.gateway, p.currency ORDER BY p.gateway, p.currency
            """);
        Add(command, before, NpgsqlDbType.TimestampTz);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var counts = new List<UnknownCount>();
        while (await reader.ReadAsync(cancellationToken))
        {
            counts.Add(new(reader.GetString(0), reader.GetString(1), reader.GetInt64(2), reader.GetInt64(3), reader.GetFieldValue<DateTimeOffset>(4)));
        }

        return counts;
    }

    /// <inheritdoc/>
    public async Task<OpenOperation?> OperationAsync(Guid operationId, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(
            $"""
            {PostgresStore.PaymentWithOperations}
            FROM operations o JOIN payments p ON p.merchant_id = o.merchant_id AND p.id = o.payment_id WHERE o.id = $1
            """);
        Add(command, operationId, NpgsqlDbType.Uuid);
        return (await ReadAsync(command, cancellationToken)).SingleOrDefault();
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<DecisionRow>> DecideAsync(DecisionRow decision, CancellationToken cancellationToken)
    {
        await using (var command = database.CreateCommand(
            """
            INSERT INTO operation_decisions (id, merchant_id, payment_id, operation_id, outcome, reason, decided_by, decided_at, needed, request)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT DO NOTHING
            """))
        {
            Add(command, decision.Id, NpgsqlDbType.Uuid);
            Add(command, decision.MerchantId, NpgsqlDbType.Text);
            Add(command, decision.PaymentId, NpgsqlDbType.Uuid);
            Add(command, decision.OperationId, NpgsqlDbType.Uuid);
            Add(command, decision.Outcome, NpgsqlDbType.Text);
            Add(command, decision.Reason, NpgsqlDbType.Text);
            Add(command, decision.DecidedBy, NpgsqlDbType.Uuid);
            Add(command, decision.DecidedAt, NpgsqlDbType.TimestampTz);
            Add(command, decision.Needed, NpgsqlDbType.Integer);
            Add(command, decision.Request, NpgsqlDbType.Text);
            await command.ExecuteNonQueryAsync(cancellationToken);
        }

        return [.. (await DecisionsAsync([decision.OperationId], cancellationToken))[decision.OperationId]];
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<FlaggedEvidence>> FlaggedAsync(OperationCursor? after, int limit, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(
            """
            SELECT source, event_id, received_at, reason, merchant_id, payment_id, news FROM inbox
            WHERE state = 'flagged' AND ($1 IS NULL OR (received_at, event_id) < ($1, $2)) ORDER BY received_at DESC, event_id DESC LIMIT $3
            """);
        Add(command, after?.At, NpgsqlDbType.TimestampTz);
        Add(command, after?.Id, NpgsqlDbType.Text);
        Add(command, limit, NpgsqlDbType.Integer);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var flagged = new List<FlaggedEvidence>();
        while (await reader.ReadAsync(cancellationToken))
        {
            flagged.Add(new(
                new(reader.GetString(0), reader.GetString(1)), reader.GetFieldValue<DateTimeOffset>(2), reader.GetString(3),
                reader.IsDBNull(4) ? null : reader.GetString(4), reader.IsDBNull(5) ? null : reader.GetGuid(5),
                JsonSerializer.Deserialize(reader.GetString(6), NewsJson.Default.NewsRow)!));
        }

        return flagged;
    }

    /// <inheritdoc/>
    public async Task<(long Waiting, long Flagged)> CountInboxAsync(CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(
            "SELECT (SELECT count(*) FROM inbox WHERE next_try_at IS NOT NULL), (SELECT count(*) FROM inbox WHERE state = 'flagged')");
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        await reader.ReadAsync(cancellationToken);
        return (reader.GetInt64(0), reader.GetInt64(1));
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<string>> DrainedAsync(CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand("SELECT gateway FROM gateway_drains WHERE is_drained ORDER BY gateway");
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var drained = new List<string>();
        while (await reader.ReadAsync(cancellationToken))
        {
            drained.Add(reader.GetString(0));
        }

        return drained;
    }

    /// <inheritdoc/>
    public async Task DrainAsync(string gateway, bool isDrained, string? reason, Guid changedBy, DateTimeOffset at, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(
            """
            INSERT INTO gateway_drains (gateway, is_drained, reason, changed_by, changed_at) VALUES ($1, $2, $3, $4, $5)
            ON CONFLICT (gateway) DO UPDATE SET is_drained = excluded.is_drained, reason = excluded.reason, changed_by = excluded.changed_by,
                changed_at = excluded.changed_at
            """);
        Add(command, gateway, NpgsqlDbType.Text);
        Add(command, isDrained, NpgsqlDbType.Boolean);
        Add(command, reason, NpgsqlDbType.Text);
        Add(command, changedBy, NpgsqlDbType.Uuid);
        Add(command, at, NpgsqlDbType.TimestampTz);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private async Task<IReadOnlyList<OpenOperation>> ReadAsync(NpgsqlCommand command, CancellationToken cancellationToken)
    {
        var found = new List<(PaymentRow Payment, OperationRow Operation)>();
        await using (var reader = await command.ExecuteReaderAsync(cancellationToken))
        {
            while (await reader.ReadAsync(cancellationToken))
            {
                found.Add((PostgresStore.ReadPayment(reader), PostgresStore.ReadOperation(reader)));
            }
        }

        var decisions = await DecisionsAsync([.. found.Select(row => row.Operation.Id)], cancellationToken);
        return
        [
            .. found.Select(row => new OpenOperation(
                row.Payment.MerchantId, row.Payment.Id, row.Payment.Gateway, row.Payment.Currency, row.Payment.Status, row.Operation.ToOperation(),
                [.. decisions[row.Operation.Id]])),
        ];
    }

    private async Task<ILookup<Guid, DecisionRow>> DecisionsAsync(Guid[] operations, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(
            """
            SELECT id, merchant_id, payment_id, operation_id, outcome, reason, decided_by, decided_at, needed, request FROM operation_decisions
            WHERE operation_id = ANY ($1) ORDER BY decided_at, id
            """);
        command.Parameters.Add(new() { Value = operations });
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var decisions = new List<DecisionRow>();
        while (await reader.ReadAsync(cancellationToken))
        {
            decisions.Add(new(
                reader.GetGuid(0), reader.GetString(1), reader.GetGuid(2), reader.GetGuid(3), reader.GetString(4), reader.GetString(5), reader.GetGuid(6),
                reader.GetFieldValue<DateTimeOffset>(7), reader.GetInt32(8), reader.GetString(9)));
        }

        return decisions.ToLookup(decision => decision.OperationId);
    }

    private static void Add(NpgsqlCommand command, object? value, NpgsqlDbType type) =>
        command.Parameters.Add(new() { Value = value ?? DBNull.Value, NpgsqlDbType = type });
}
