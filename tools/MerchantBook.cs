using System.Security.Cryptography;
using Npgsql;
using NpgsqlTypes;
using Payments.Domain;

namespace Payments.Tools;

/// <summary>Merchants and API keys: the few rows that are made by hand.</summary>
internal sealed class MerchantBook(NpgsqlDataSource database, TimeProvider time)
{
    /// <summary>What a merchant's key may do when nothing else is asked for.</summary>
    public static readonly string[] MerchantScopes = ["read", "write", "ledger"];

    public async Task<string> CreateMerchantAsync(string name, Mode mode, FeeTerms fee, CancellationToken cancellationToken)
    {
        var id = Ids.Format(Ids.MerchantPrefix, new Guid(RandomNumberGenerator.GetBytes(16), bigEndian: true));
        await using var command = database.CreateCommand(
            "INSERT INTO merchants (id, name, mode, salt, fee_basis_points, fee_fixed, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7)");
        command.Parameters.Add(new() { Value = id });
        command.Parameters.Add(new() { Value = name });
        command.Parameters.Add(new() { Value = mode.Name() });
        command.Parameters.Add(new() { Value = RandomNumberGenerator.GetBytes(32) });
        command.Parameters.Add(new() { Value = fee.BasisPoints });
        command.Parameters.Add(new() { Value = fee.Fixed });
        command.Parameters.Add(new() { Value = time.Now() });
        await command.ExecuteNonQueryAsync(cancellationToken);
        return id;
    }

    public async Task<IReadOnlyList<MerchantLine>> MerchantsAsync(CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(
            "SELECT id, name, mode, fee_basis_points, fee_fixed, created_at FROM merchants ORDER BY created_at, id");
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var lines = new List<MerchantLine>();
        while (await reader.ReadAsync(cancellationToken))
        {
            lines.Add(new(
                reader.GetString(0), reader.GetString(1), reader.GetString(2), new FeeTerms(reader.GetInt32(3), reader.GetInt64(4)),
                reader.GetFieldValue<DateTimeOffset>(5)));
        }

        return lines;
    }

    /// <summary>Makes a key and returns its text, which nobody can ever see again.</summary>
    /// <param name="merchantId">Null for an operator's key.</param>
    public async Task<string> CreateKeyAsync(string? merchantId, string[] scopes, CancellationToken cancellationToken)
    {
        var prefix = merchantId is null ? ApiKeySecret.OperatorPrefix : await PrefixAsync(merchantId, cancellationToken);
        var secret = ApiKeySecret.Create(prefix, RandomNumberGenerator.GetBytes(32));
        await using var command = database.CreateCommand(
            "INSERT INTO api_keys (hash, merchant_id, scopes, hint, created_at) VALUES ($1, $2, $3, $4, $5)");
        command.Parameters.Add(new() { Value = ApiKeySecret.Hash(secret) });
        command.Parameters.Add(new() { Value = (object?)merchantId ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Text });
        command.Parameters.Add(new() { Value = scopes });
        command.Parameters.Add(new() { Value = ApiKeySecret.Hint(secret) });
        command.Parameters.Add(new() { Value = time.Now() });
        await command.ExecuteNonQueryAsync(cancellationToken);
        return secret;
    }

    /// <summary>Whether the text is a key that works, and is an operator's or a merchant's as asked.</summary>
    public async Task<bool> IsValidAsync(string? secret, bool isOperator, CancellationToken cancellationToken)
    {
        if (secret is null)
        {
            return false;
        }

        await using var command = database.CreateCommand(
            "SELECT 1 FROM api_keys WHERE hash = $1 AND revoked_at IS NULL AND (merchant_id IS NULL) = $2");
        command.Parameters.Add(new() { Value = ApiKeySecret.Hash(secret) });
        command.Parameters.Add(new() { Value = isOperator });
        return await command.ExecuteScalarAsync(cancellationToken) is not null;
    }

    public async Task<IReadOnlyList<KeyLine>> KeysAsync(CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(
            "SELECT encode(substr(hash, 1, 6), 'hex'), merchant_id, scopes, hint, created_at, revoked_at FROM api_keys ORDER BY created_at, hash");
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var lines = new List<KeyLine>();
        while (await reader.ReadAsync(cancellationToken))
        {
            lines.Add(new(
                reader.GetString(0), reader.IsDBNull(1) ? null : reader.GetString(1), reader.GetFieldValue<string[]>(2), reader.GetString(3),
                reader.GetFieldValue<DateTimeOffset>(4), reader.IsDBNull(5) ? null : reader.GetFieldValue<DateTimeOffset>(5)));
        }

        return lines;
    }

    /// <summary>Revokes the one key whose name in the list begins so.</summary>
    public async Task RevokeAsync(string name, CancellationToken cancellationToken)
    {
        var matches = (await KeysAsync(cancellationToken)).Where(key => key.Name == name).ToList();
        if (matches is not [{ RevokedAt: null }])
        {
            throw new UnusableException(matches.Count == 0 ? $"There is no key {name}; `payments keys list` shows them." : $"The key {name} was revoked already.");
        }

        await using var command = database.CreateCommand(
            "UPDATE api_keys SET revoked_at = $2 WHERE encode(substr(hash, 1, 6), 'hex') = $1 AND revoked_at IS NULL");
        command.Parameters.Add(new() { Value = name });
        command.Parameters.Add(new() { Value = time.Now() });
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private async Task<string> PrefixAsync(string merchantId, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand("SELECT mode FROM merchants WHERE id = $1");
        command.Parameters.Add(new() { Value = merchantId });
        return await command.ExecuteScalarAsync(cancellationToken) switch
        {
            "test" => ApiKeySecret.TestPrefix,
            "live" => ApiKeySecret.LivePrefix,
            _ => throw new UnusableException($"There is no merchant {merchantId}; `payments merchants list` shows them."),
        };
    }
}

internal sealed record MerchantLine(string Id, string Name, string Mode, FeeTerms Fee, DateTimeOffset CreatedAt);

/// <param name="Name">The first twelve hex digits of the key's hash: what a key is called, since its text is secret.</param>
internal sealed record KeyLine(string Name, string? MerchantId, string[] Scopes, string Hint, DateTimeOffset CreatedAt, DateTimeOffset? RevokedAt);
