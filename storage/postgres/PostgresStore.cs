using Npgsql;
using NpgsqlTypes;
using Payments.Domain;

namespace Payments.Storage.Postgres;

/// <summary>The grains' store on PostgreSQL: writes through the group commit, reads single rows.</summary>
public sealed class PostgresStore(NpgsqlDataSource reading, GroupCommitter committer) : IPaymentStore
{
    private readonly MerchantMemory merchants = new();

    /// <summary>The columns of payments p joined with their operations o.</summary>
    internal const string PaymentWithOperations =
        """
        SELECT p.merchant_id, p.id, p.mode, p.version, p.status, p.currency, p.amount, p.fee, p.captured, p.refunded, p.refunds_in_flight, p.gateway,
            p.payment_method, p.reference, p.description, p.created_at, p.updated_at, p.next_action_at, p.capture, p.captures_in_flight,
            p.authorized_until, p.fee_basis_points, p.fee_fixed, p.fee_returned_on_refund, p.customer, p.statement_descriptor, p.metadata,
            p.routes, p.return_url, p.action_url, p.refunds_reversed, p.disputed,
            o.id, o.kind, o.status, o.amount, o.fingerprint, o.reason, o.created_at, o.position, o.attempt, o.attempt_kind, o.claimed_at, o.answer,
            o.sends, o.proven_unsent, o.first_sent_at, o.last_sent_at, o.next_action_at, o.processor_reference, o.code,
            o.is_final_capture, o.fee, o.metadata, o.processor_fee, o.about
        """;

    /// <inheritdoc/>
    public async Task<CommitResult> CommitAsync(Commit commit)
    {
        var result = await committer.CommitAsync(commit);
        if (result.Verdict == CommitVerdict.StaleVersion && commit.Payment is { Version: 1 } payment)
        {
            merchants.Forget(payment.MerchantId);
        }

        return result;
    }

    /// <inheritdoc/>
    public Task<Payment?> LoadAsync(string merchantId, Guid paymentId, CancellationToken cancellationToken) =>
        LoadAsync(reading, merchantId, paymentId, cancellationToken);

    internal static async Task<Payment?> LoadAsync(NpgsqlDataSource reading, string merchantId, Guid paymentId, CancellationToken cancellationToken)
    {
        // One statement, one snapshot: the payment and its operations always belong together.
        await using var command = reading.CreateCommand(
            $"""
            {PaymentWithOperations}
            FROM payments p JOIN operations o ON o.merchant_id = p.merchant_id AND o.payment_id = p.id
            WHERE p.merchant_id = $1 AND p.id = $2
            """);
        command.Parameters.Add(new() { Value = merchantId });
        command.Parameters.Add(new() { Value = paymentId });
        return (await ReadPaymentsAsync(command, cancellationToken)).SingleOrDefault();
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<string>> TracesAsync(string merchantId, Guid paymentId, CancellationToken cancellationToken)
    {
        await using var command = reading.CreateCommand(
            "SELECT trace FROM operations WHERE merchant_id = $1 AND payment_id = $2 AND status = 'pending' AND trace IS NOT NULL ORDER BY position");
        command.Parameters.Add(new() { Value = merchantId });
        command.Parameters.Add(new() { Value = paymentId });
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var traces = new List<string>();
        while (await reader.ReadAsync(cancellationToken))
        {
            traces.Add(reader.GetString(0));
        }

        return traces;
    }

    /// <inheritdoc/>
    public async Task<MerchantRow?> MerchantAsync(string merchantId, CancellationToken cancellationToken) =>
        merchants.Find(merchantId) ?? merchants.Remember(await ReadMerchantAsync(merchantId, cancellationToken));

    private async Task<MerchantRow?> ReadMerchantAsync(string merchantId, CancellationToken cancellationToken)
    {
        await using var command = reading.CreateCommand("SELECT id, name, mode, salt, fee_basis_points, fee_fixed, fee_returned_on_refund FROM merchants WHERE id = $1");
        command.Parameters.Add(new() { Value = merchantId });
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken)
            ? new(reader.GetString(0), reader.GetString(1), reader.GetString(2), [.. reader.GetFieldValue<byte[]>(3)], reader.GetInt32(4), reader.GetInt64(5),
                reader.GetBoolean(6))
            : null;
    }

    /// <inheritdoc/>
    public async Task<AccountRow?> AccountAsync(string accountId, CancellationToken cancellationToken)
    {
        await using var command = reading.CreateCommand("SELECT id, currency, grows_by_debit, minimum, balance, seq FROM accounts WHERE id = $1");
        command.Parameters.Add(new() { Value = accountId });
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken) ? ReadAccount(reader) : null;
    }

    /// <inheritdoc/>
    public async Task<bool> OpenAccountAsync(AccountId account, long? minimum, CancellationToken cancellationToken)
    {
        await using var command = reading.CreateCommand(
            """
            INSERT INTO accounts (id, merchant_id, currency, grows_by_debit, minimum) SELECT $1, m.id, $3, $4, $5 FROM merchants m WHERE m.id = $2
            ON CONFLICT (id) DO UPDATE SET minimum = excluded.minimum
            """);
        command.Parameters.Add(new() { Value = account.ToString() });
        command.Parameters.Add(new() { Value = ChartOfAccounts.Owner(account) });
        command.Parameters.Add(new() { Value = account.Currency.Code });
        command.Parameters.Add(new() { Value = ChartOfAccounts.GrowsByDebit(account) });
        command.Parameters.Add(new() { Value = (object?)minimum ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Bigint });
        return await command.ExecuteNonQueryAsync(cancellationToken) == 1;
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<DuePayment>> DueAsync(
        DateTimeOffset now, int shard, int shards, DuePayment? after, int limit, CancellationToken cancellationToken)
    {
        await using var command = reading.CreateCommand(
            """
            SELECT merchant_id, id, next_action_at FROM payments
            WHERE next_action_at <= $1 AND (next_action_at, merchant_id, id) > ($2, $3, $4) AND get_byte(uuid_send(id), 15) % $5 = $6
            ORDER BY next_action_at, merchant_id, id LIMIT $7
            """);
        command.Parameters.Add(new() { Value = now });
        command.Parameters.Add(new() { Value = after?.NextActionAt ?? DateTimeOffset.UnixEpoch });
        command.Parameters.Add(new() { Value = after?.MerchantId ?? "" });
        command.Parameters.Add(new() { Value = after?.PaymentId ?? Guid.Empty });
        command.Parameters.Add(new() { Value = shards });
        command.Parameters.Add(new() { Value = shard });
        command.Parameters.Add(new() { Value = limit });
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var due = new List<DuePayment>();
        while (await reader.ReadAsync(cancellationToken))
        {
            due.Add(new(reader.GetString(0), reader.GetGuid(1), reader.GetFieldValue<DateTimeOffset>(2)));
        }

        return due;
    }

    internal static AccountRow ReadAccount(NpgsqlDataReader reader) => new(
        reader.GetString(0), reader.GetString(1), reader.GetBoolean(2), reader.IsDBNull(3) ? null : reader.GetInt64(3), reader.GetInt64(4), reader.GetInt64(5));

    /// <summary>Reads what <see cref="PaymentWithOperations"/> selects; the rows of one payment follow each other.</summary>
    internal static async Task<List<Payment>> ReadPaymentsAsync(NpgsqlCommand command, CancellationToken cancellationToken)
    {
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var payments = new List<(PaymentRow Row, List<OperationRow> Operations)>();
        while (await reader.ReadAsync(cancellationToken))
        {
            if (payments.Count == 0 || payments[^1].Row.Id != reader.GetGuid(1))
            {
                payments.Add((ReadPayment(reader), []));
            }

            payments[^1].Operations.Add(ReadOperation(reader));
        }

        return payments.ConvertAll(payment => payment.Row.ToPayment(payment.Operations));
    }

    internal static PaymentRow ReadPayment(NpgsqlDataReader reader) => new()
    {
        MerchantId = reader.GetString(0),
        Id = reader.GetGuid(1),
        Mode = reader.GetString(2),
        Version = reader.GetInt64(3),
        Status = reader.GetString(4),
        Currency = reader.GetString(5),
        Amount = reader.GetInt64(6),
        Fee = reader.GetInt64(7),
        Captured = reader.GetInt64(8),
        Refunded = reader.GetInt64(9),
        RefundsInFlight = reader.GetInt64(10),
        Gateway = reader.GetString(11),
        PaymentMethod = reader.GetString(12),
        Reference = Text(reader, 13),
        Description = Text(reader, 14),
        CreatedAt = reader.GetFieldValue<DateTimeOffset>(15),
        UpdatedAt = reader.GetFieldValue<DateTimeOffset>(16),
        NextActionAt = Time(reader, 17),
        Capture = reader.GetString(18),
        CapturesInFlight = reader.GetInt64(19),
        AuthorizedUntil = Time(reader, 20),
        FeeBasisPoints = reader.GetInt32(21),
        FeeFixed = reader.GetInt64(22),
        FeeReturnedOnRefund = reader.GetBoolean(23),
        Customer = Text(reader, 24),
        StatementDescriptor = Text(reader, 25),
        Metadata = Text(reader, 26),
        Routes = reader.GetString(27),
        ReturnUrl = Text(reader, 28),
        ActionUrl = Text(reader, 29),
        RefundsReversed = reader.GetInt64(30),
        Disputed = reader.GetInt64(31),
    };

    /// <summary>Reads the operation's columns of what <see cref="PaymentWithOperations"/> selects.</summary>
    internal static OperationRow ReadOperation(NpgsqlDataReader reader, int from = 32) => new()
    {
        Id = reader.GetGuid(from),
        Kind = reader.GetString(from + 1),
        Status = reader.GetString(from + 2),
        Amount = reader.GetInt64(from + 3),
        Fingerprint = reader.GetString(from + 4),
        Reason = Text(reader, from + 5),
        CreatedAt = reader.GetFieldValue<DateTimeOffset>(from + 6),
        Position = reader.GetInt32(from + 7),
        Attempt = reader.GetInt32(from + 8),
        AttemptKind = reader.GetString(from + 9),
        ClaimedAt = reader.GetFieldValue<DateTimeOffset>(from + 10),
        Answer = Text(reader, from + 11),
        Sends = reader.GetInt32(from + 12),
        ProvenUnsent = reader.GetInt32(from + 13),
        FirstSentAt = reader.GetFieldValue<DateTimeOffset>(from + 14),
        LastSentAt = reader.GetFieldValue<DateTimeOffset>(from + 15),
        NextActionAt = Time(reader, from + 16),
        ProcessorReference = Text(reader, from + 17),
        Code = Text(reader, from + 18),
        IsFinalCapture = reader.GetBoolean(from + 19),
        Fee = reader.GetInt64(from + 20),
        Metadata = Text(reader, from + 21),
        ProcessorFee = reader.GetInt64(from + 22),
        About = reader.IsDBNull(from + 23) ? null : reader.GetGuid(from + 23),
    };

    private static string? Text(NpgsqlDataReader reader, int column) => reader.IsDBNull(column) ? null : reader.GetString(column);

    private static DateTimeOffset? Time(NpgsqlDataReader reader, int column) => reader.IsDBNull(column) ? null : reader.GetFieldValue<DateTimeOffset>(column);
}
