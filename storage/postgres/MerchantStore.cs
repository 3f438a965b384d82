using System.Collections.Immutable;
using System.Security.Cryptography;
using Npgsql;
using NpgsqlTypes;
using Payments.Domain;

namespace Payments.Storage.Postgres;

/// <summary>Merchants and API keys. They are rare, so single statements on the reading pool will do.</summary>
public sealed class MerchantStore(NpgsqlDataSource database, TimeProvider time) : IMerchantStore
{
    private const string MerchantColumns = "id, name, mode, fee_basis_points, fee_fixed, fee_returned_on_refund, created_at, request";
    private const string KeyColumns = "id, merchant_id, name, scopes, hint, created_at, last_used_at, expires_at, revoked_at, request";

    /// <summary>An id for what nobody derives one for.</summary>
    public static Guid NewId() => new(RandomNumberGenerator.GetBytes(16), bigEndian: true);

    /// <inheritdoc/>
    public async Task<(MerchantLine Merchant, bool IsNew)> CreateMerchantAsync(
        Guid id, string name, Mode mode, FeeTerms fee, string? request, CancellationToken cancellationToken)
    {
        var merchantId = Ids.Format(Ids.MerchantPrefix, id);
        var made = await MerchantsAsync(
            $"""
            INSERT INTO merchants (id, name, mode, salt, fee_basis_points, fee_fixed, fee_returned_on_refund, created_at, request)
                VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
            ON CONFLICT (id) DO NOTHING RETURNING {MerchantColumns}
            """,
            cancellationToken, merchantId, name, mode.Name(), RandomNumberGenerator.GetBytes(32), fee.BasisPoints, fee.Fixed, fee.ReturnedOnRefund,
            time.Now(), OrNull(request, NpgsqlDbType.Text));
        return made is [var merchant] ? (merchant, true) : ((await MerchantAsync(merchantId, cancellationToken))!, false);
    }

    /// <inheritdoc/>
    public async Task<MerchantLine?> MerchantAsync(string merchantId, CancellationToken cancellationToken) =>
        (await MerchantsAsync($"SELECT {MerchantColumns} FROM merchants WHERE id = $1", cancellationToken, merchantId)).SingleOrDefault();

    /// <inheritdoc/>
    public Task<IReadOnlyList<MerchantLine>> MerchantsAsync(string? after, int limit, CancellationToken cancellationToken) =>
        MerchantsAsync(
            $"""
            SELECT {MerchantColumns} FROM merchants
            WHERE $1::text IS NULL OR (created_at, id) > (SELECT a.created_at, a.id FROM merchants a WHERE a.id = $1) ORDER BY created_at, id LIMIT $2
            """,
            cancellationToken, OrNull(after, NpgsqlDbType.Text), limit);

    /// <inheritdoc/>
    public async Task<MerchantLine?> UpdateMerchantAsync(
        string merchantId, string? name, int? feeBasisPoints, long? feeFixed, bool? feeReturnedOnRefund, CancellationToken cancellationToken) =>
        (await MerchantsAsync(
            $"""
            UPDATE merchants SET name = coalesce($2, name), fee_basis_points = coalesce($3, fee_basis_points), fee_fixed = coalesce($4, fee_fixed),
                fee_returned_on_refund = coalesce($5, fee_returned_on_refund)
            WHERE id = $1 RETURNING {MerchantColumns}
            """,
            cancellationToken, merchantId, OrNull(name, NpgsqlDbType.Text), OrNull(feeBasisPoints, NpgsqlDbType.Integer),
            OrNull(feeFixed, NpgsqlDbType.Bigint), OrNull(feeReturnedOnRefund, NpgsqlDbType.Boolean))).SingleOrDefault();

    /// <inheritdoc/>
    public async Task<MadeKey?> CreateKeyAsync(
        Guid id, string? merchantId, string? name, ImmutableArray<string> scopes, string? request, CancellationToken cancellationToken)
    {
        if (await PrefixAsync(merchantId, cancellationToken) is not { } prefix)
        {
            return null;
        }

        var secret = NewSecret(prefix);
        var made = await KeysAsync(
            $"""
            INSERT INTO api_keys (id, hash, merchant_id, name, scopes, hint, created_at, request) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
            ON CONFLICT (id) DO NOTHING RETURNING {KeyColumns}
            """,
            cancellationToken, id, ApiKeySecret.Hash(secret), OrNull(merchantId, NpgsqlDbType.Text), OrNull(name, NpgsqlDbType.Text), scopes.ToArray(),
            ApiKeySecret.Hint(secret), time.Now(), OrNull(request, NpgsqlDbType.Text));
        return made is [var key] ? new(key, secret) : new((await KeyAsync(id, cancellationToken))!, null);
    }

    /// <inheritdoc/>
    public async Task<KeyRow?> KeyAsync(Guid id, CancellationToken cancellationToken) =>
        (await KeysAsync($"SELECT {KeyColumns} FROM api_keys WHERE id = $1", cancellationToken, id)).SingleOrDefault();

    /// <inheritdoc/>
    public async Task<KeyRow?> KeyOfAsync(string secret, CancellationToken cancellationToken) =>
        (await KeysAsync($"SELECT {KeyColumns} FROM api_keys WHERE hash = $1", cancellationToken, ApiKeySecret.Hash(secret))).SingleOrDefault();

    /// <inheritdoc/>
    public Task<IReadOnlyList<KeyRow>> KeysAsync(string? merchantId, Guid? after, int limit, CancellationToken cancellationToken) =>
        KeysAsync(
            $"""
            SELECT {KeyColumns} FROM api_keys WHERE merchant_id = coalesce($1, merchant_id)
                AND ($2::uuid IS NULL OR (created_at, id) > (SELECT a.created_at, a.id FROM api_keys a WHERE a.id = $2)) ORDER BY created_at, id LIMIT $3
            """,
            cancellationToken, OrNull(merchantId, NpgsqlDbType.Text), OrNull(after, NpgsqlDbType.Uuid), limit);

    /// <inheritdoc/>
    public Task<IReadOnlyList<KeyRow>> OperatorKeysAsync(CancellationToken cancellationToken) =>
        KeysAsync($"SELECT {KeyColumns} FROM api_keys WHERE merchant_id IS NULL ORDER BY created_at, id", cancellationToken);

    /// <inheritdoc/>
    public async Task<MadeKey?> RotateKeyAsync(Guid id, Guid newId, TimeSpan grace, string? request, CancellationToken cancellationToken)
    {
        if (await KeyAsync(newId, cancellationToken) is { } before)
        {
            return new(before, null);
        }

        if (await KeyAsync(id, cancellationToken) is not { } old || await PrefixAsync(old.MerchantId, cancellationToken) is not { } prefix)
        {
            return null;
        }

        // One statement: the old one gets its end exactly when the new one begins, and of two at a time only one finds it without an end.
        var (secret, now) = (NewSecret(prefix), time.Now());
        var made = await KeysAsync(
            $"""
            WITH old AS (
                UPDATE api_keys SET expires_at = $5 WHERE id = $1 AND revoked_at IS NULL AND expires_at IS NULL
                RETURNING merchant_id, name, scopes
            )
            INSERT INTO api_keys (id, hash, merchant_id, name, scopes, hint, created_at, request)
                SELECT $2, $3, merchant_id, name, scopes, $4, $6, $7 FROM old
            RETURNING {KeyColumns}
            """,
            cancellationToken, id, newId, ApiKeySecret.Hash(secret), ApiKeySecret.Hint(secret), now + grace, now, OrNull(request, NpgsqlDbType.Text));
        return made is [var key] ? new(key, secret)
            : await KeyAsync(newId, cancellationToken) is { } meanwhile ? new(meanwhile, null)
            : null;
    }

    /// <inheritdoc/>
    public async Task<KeyRow?> RevokeKeyAsync(Guid id, CancellationToken cancellationToken) =>
        (await KeysAsync(
            $"UPDATE api_keys SET revoked_at = coalesce(revoked_at, $2) WHERE id = $1 RETURNING {KeyColumns}", cancellationToken, id, time.Now()))
        .SingleOrDefault();

    /// <inheritdoc/>
    public async Task UsedAsync(IReadOnlyCollection<byte[]> hashes, DateTimeOffset at, CancellationToken cancellationToken)
    {
        // In one order, so that nodes that note the same keys cannot wait for each other in a circle.
        await using var command = Command(
            """
            WITH used AS (SELECT hash FROM api_keys WHERE hash = ANY($1) ORDER BY hash FOR NO KEY UPDATE)
            UPDATE api_keys k SET last_used_at = greatest(k.last_used_at, $2) FROM used WHERE k.hash = used.hash
            """,
            hashes.ToArray(), at);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private static string NewSecret(string prefix) => ApiKeySecret.Create(prefix, RandomNumberGenerator.GetBytes(32));

    // Null when there is no such merchant.
    private async Task<string?> PrefixAsync(string? merchantId, CancellationToken cancellationToken) =>
        merchantId is null ? ApiKeySecret.OperatorPrefix : (await MerchantAsync(merchantId, cancellationToken))?.Mode switch
        {
            "test" => ApiKeySecret.TestPrefix,
            "live" => ApiKeySecret.LivePrefix,
            _ => null,
        };

    private async Task<IReadOnlyList<MerchantLine>> MerchantsAsync(string sql, CancellationToken cancellationToken, params object[] values)
    {
        await using var command = Command(sql, values);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var rows = new List<MerchantLine>();
        while (await reader.ReadAsync(cancellationToken))
        {
            rows.Add(new(
                reader.GetString(0), reader.GetString(1), reader.GetString(2), new FeeTerms(reader.GetInt32(3), reader.GetInt64(4), reader.GetBoolean(5)),
                reader.GetFieldValue<DateTimeOffset>(6), Text(reader, 7)));
        }

        return rows;
    }

    private async Task<IReadOnlyList<KeyRow>> KeysAsync(string sql, CancellationToken cancellationToken, params object[] values)
    {
        await using var command = Command(sql, values);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var rows = new List<KeyRow>();
        while (await reader.ReadAsync(cancellationToken))
        {
            rows.Add(new(
                reader.GetGuid(0), Text(reader, 1), Text(reader, 2), [.. reader.GetFieldValue<string[]>(3)], reader.GetString(4),
                reader.GetFieldValue<DateTimeOffset>(5), Time(reader, 6), Time(reader, 7), Time(reader, 8), Text(reader, 9)));
        }

        return rows;
    }

    private NpgsqlCommand Command(string sql, params object[] values)
    {
        var command = database.CreateCommand(sql);
        foreach (var value in values)
        {
            command.Parameters.Add(value as NpgsqlParameter ?? new() { Value = value });
        }

        return command;
    }

    private static NpgsqlParameter OrNull(object? value, NpgsqlDbType type) => new() { Value = value ?? DBNull.Value, NpgsqlDbType = type };

    private static string? Text(NpgsqlDataReader reader, int column) => reader.IsDBNull(column) ? null : reader.GetString(column);

    private static DateTimeOffset? Time(NpgsqlDataReader reader, int column) =>
        reader.IsDBNull(column) ? null : reader.GetFieldValue<DateTimeOffset>(column);
}
