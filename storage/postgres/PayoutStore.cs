using Npgsql;
using NpgsqlTypes;
using Payments.Domain;

namespace Payments.Storage.Postgres;

/// <summary>Payouts and how they are made, on PostgreSQL. Every statement that may show a merchant's data has the merchant in its WHERE (I7).</summary>
public sealed class PayoutStore(NpgsqlDataSource database) : IPayoutStore
{
    private const string Columns =
        """
        SELECT merchant_id, id, mode, version, status, currency, amount, bank, destination, holder, description, scheduled_for, fingerprint, created_at,
            updated_at, attempt, attempt_kind, claimed_at, answer, sends, proven_unsent, first_sent_at, last_sent_at, next_action_at, paid_at, bank_reference, code
        FROM payouts
        """;

    private const string SettingColumns =
        "s.merchant_id, s.currency, s.schedule, s.minimum, s.delay_days, s.reserve, s.destination, s.holder, s.scheduled_through, s.changed_at";

    /// <inheritdoc/>
    public async Task<Payout?> PayoutAsync(string merchantId, Guid payoutId, CancellationToken cancellationToken) =>
        (await ReadAsync($"{Columns} WHERE merchant_id = $1 AND id = $2", Read, cancellationToken, merchantId, payoutId)).SingleOrDefault();

    /// <inheritdoc/>
    public async Task<string?> OwnerAsync(Guid payoutId, CancellationToken cancellationToken) =>
        (await ReadAsync("SELECT merchant_id FROM payouts WHERE id = $1", reader => reader.GetString(0), cancellationToken, payoutId)).SingleOrDefault();

    /// <inheritdoc/>
    public async Task<string?> TraceAsync(string merchantId, Guid payoutId, CancellationToken cancellationToken) =>
        (await ReadAsync("SELECT trace FROM payouts WHERE merchant_id = $1 AND id = $2", reader => Text(reader, 0), cancellationToken, merchantId, payoutId)).SingleOrDefault();

    /// <inheritdoc/>
    public Task<IReadOnlyList<Payout>> PayoutsAsync(string merchantId, PayoutPlace? after, int limit, CancellationToken cancellationToken) => ReadAsync(
        $"{Columns} WHERE merchant_id = $1 AND (created_at, id) < ($2, $3) ORDER BY created_at DESC, id DESC LIMIT $4", Read, cancellationToken,
        merchantId, after?.CreatedAt ?? DateTimeOffset.MaxValue, after?.Id ?? Guid.Empty, limit);

    /// <inheritdoc/>
    public Task<IReadOnlyList<DuePayout>> DueAsync(DateTimeOffset now, int shard, int shards, int limit, CancellationToken cancellationToken) => ReadAsync(
        """
        SELECT merchant_id, id FROM payouts WHERE next_action_at <= $1 AND get_byte(uuid_send(id), 15) % $2 = $3 ORDER BY next_action_at, id LIMIT $4
        """, reader => new DuePayout(reader.GetString(0), reader.GetGuid(1)), cancellationToken, now, shards, shard, limit);

    /// <inheritdoc/>
    public Task<IReadOnlyList<PayableBalance>> PayableAsync(string merchantId, string? currency, DateTimeOffset now, CancellationToken cancellationToken) => ReadAsync(
        $"""
        SELECT {SettingColumns}, coalesce(-a.balance, 0), coalesce(young_captures(a.no, a.seq, $3 - s.delay_days * interval '1 day'), 0)
        FROM payout_settings s
        LEFT JOIN accounts a ON a.id = 'merchant:' || s.merchant_id || ':balance:' || s.currency
        WHERE s.merchant_id = $1 AND ($2 = '' OR s.currency = $2) ORDER BY s.currency
        """, reader => new PayableBalance(ReadSettings(reader), reader.GetInt64(10), reader.GetInt64(11)), cancellationToken, merchantId, currency ?? "", now);

    /// <inheritdoc/>
    public Task<IReadOnlyList<PayoutSettings>> ScheduledAsync(DateOnly today, int shard, int shards, int limit, CancellationToken cancellationToken) => ReadAsync(
        $"""
        SELECT {SettingColumns} FROM payout_settings s
        WHERE scheduled_through < CASE schedule WHEN 'daily' THEN $1 WHEN 'weekly' THEN $2 WHEN 'monthly' THEN $3 END
            AND abs(hashtext(merchant_id)::bigint) % $4 = $5
        ORDER BY merchant_id, currency LIMIT $6
        """, ReadSettings, cancellationToken, today, PayoutSchedule.Weekly.LatestDay(today)!, PayoutSchedule.Monthly.LatestDay(today)!, shards, shard, limit);

    /// <inheritdoc/>
    public async Task LookedAtAsync(string merchantId, string currency, DateOnly day, CancellationToken cancellationToken)
    {
        await using var command = Command(
            "UPDATE payout_settings SET scheduled_through = $3 WHERE merchant_id = $1 AND currency = $2 AND scheduled_through < $3", merchantId, currency, day);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <inheritdoc/>
    public Task<IReadOnlyList<PayoutSettings>> SettingsAsync(string merchantId, CancellationToken cancellationToken) => ReadAsync(
        $"SELECT {SettingColumns} FROM payout_settings s WHERE merchant_id = $1 ORDER BY currency", ReadSettings, cancellationToken, merchantId);

    /// <inheritdoc/>
    public async Task<bool> SetAsync(PayoutSettings settings, Guid changedBy, CancellationToken cancellationToken)
    {
        await using var command = Command(
            """
            INSERT INTO payout_settings AS s (merchant_id, currency, schedule, minimum, delay_days, reserve, destination, holder, scheduled_through, changed_by, changed_at)
            SELECT m.id, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11 FROM merchants m WHERE m.id = $1
            ON CONFLICT (merchant_id, currency) DO UPDATE SET schedule = excluded.schedule, minimum = excluded.minimum, delay_days = excluded.delay_days,
                reserve = excluded.reserve, destination = excluded.destination, holder = excluded.holder, changed_by = excluded.changed_by,
                changed_at = excluded.changed_at,
                scheduled_through = CASE WHEN s.schedule = excluded.schedule THEN s.scheduled_through ELSE greatest(s.scheduled_through, excluded.scheduled_through) END
            """,
            settings.MerchantId, settings.Currency, settings.Schedule, settings.Minimum, settings.DelayDays, settings.Reserve, settings.Destination, settings.Holder,
            settings.ScheduledThrough, changedBy, settings.ChangedAt);
        return await command.ExecuteNonQueryAsync(cancellationToken) == 1;
    }

    private static Payout Read(NpgsqlDataReader reader) => new PayoutRow
    {
        MerchantId = reader.GetString(0),
        Id = reader.GetGuid(1),
        Mode = reader.GetString(2),
        Version = reader.GetInt64(3),
        Status = reader.GetString(4),
        Currency = reader.GetString(5),
        Amount = reader.GetInt64(6),
        Bank = reader.GetString(7),
        Destination = reader.GetString(8),
        Holder = reader.GetString(9),
        Description = Text(reader, 10),
        ScheduledFor = reader.IsDBNull(11) ? null : reader.GetFieldValue<DateOnly>(11),
        Fingerprint = reader.GetString(12),
        CreatedAt = reader.GetFieldValue<DateTimeOffset>(13),
        UpdatedAt = reader.GetFieldValue<DateTimeOffset>(14),
        Attempt = reader.GetInt32(15),
        AttemptKind = reader.GetString(16),
        ClaimedAt = reader.GetFieldValue<DateTimeOffset>(17),
        Answer = Text(reader, 18),
        Sends = reader.GetInt32(19),
        ProvenUnsent = reader.GetInt32(20),
        FirstSentAt = reader.GetFieldValue<DateTimeOffset>(21),
        LastSentAt = reader.GetFieldValue<DateTimeOffset>(22),
        NextActionAt = Time(reader, 23),
        PaidAt = Time(reader, 24),
        BankReference = Text(reader, 25),
        Code = Text(reader, 26),
    }.ToPayout();

    private static PayoutSettings ReadSettings(NpgsqlDataReader reader) => new(
        reader.GetString(0), reader.GetString(1), reader.GetString(2), reader.GetInt64(3), reader.GetInt32(4), reader.GetInt64(5), reader.GetString(6),
        reader.GetString(7), reader.GetFieldValue<DateOnly>(8), reader.GetFieldValue<DateTimeOffset>(9));

    private static string? Text(NpgsqlDataReader reader, int column) => reader.IsDBNull(column) ? null : reader.GetString(column);

    private static DateTimeOffset? Time(NpgsqlDataReader reader, int column) => reader.IsDBNull(column) ? null : reader.GetFieldValue<DateTimeOffset>(column);

    private async Task<IReadOnlyList<T>> ReadAsync<T>(string sql, Func<NpgsqlDataReader, T> read, CancellationToken cancellationToken, params object[] values)
    {
        await using var command = Command(sql, values);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var rows = new List<T>();
        while (await reader.ReadAsync(cancellationToken))
        {
            rows.Add(read(reader));
        }

        return rows;
    }

    private NpgsqlCommand Command(string sql, params object[] values)
    {
        var command = database.CreateCommand(sql);
        foreach (var value in values)
        {
            command.Parameters.Add(value is DateTimeOffset ? new NpgsqlParameter { Value = value, NpgsqlDbType = NpgsqlDbType.TimestampTz } : new() { Value = value });
        }

        return command;
    }
}
