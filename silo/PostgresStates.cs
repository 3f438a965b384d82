#if EMBEDDED
using Npgsql;
using NpgsqlTypes;
using Payments.Embedded;

namespace Payments.Silo;

/// <summary>The embedded engine's grain states in PostgreSQL, by the queries that Orleans' grain storage runs there (migration 0002); the service keeps them apart.</summary>
public sealed class PostgresStates(NpgsqlDataSource database) : IStateStore
{
    private const string Service = "embedded";

    private string? read;
    private string? write;

    public async Task<StoredState> ReadAsync(StateId id, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(read ??= await QueryAsync("ReadFromStorageKey", cancellationToken));
        Name(command, id);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken)
            ? new(reader.IsDBNull(0) ? null : reader.GetFieldValue<byte[]>(0), $"{reader.GetInt32(1)}")
            : default;
    }

    public async Task<string?> WriteAsync(StateId id, byte[]? payload, string? version, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(write ??= await QueryAsync("WriteToStorageKey", cancellationToken));
        Name(command, id);
        Add(command, "GrainStateVersion", NpgsqlDbType.Integer, version is null ? DBNull.Value : int.Parse(version));
        Add(command, "PayloadBinary", NpgsqlDbType.Bytea, payload ?? (object)DBNull.Value);
        return await command.ExecuteScalarAsync(cancellationToken) is int written ? $"{written}" : null;
    }

    private static void Name(NpgsqlCommand command, StateId id)
    {
        Add(command, "ServiceId", NpgsqlDbType.Text, Service);
        Add(command, "GrainTypeString", NpgsqlDbType.Text, $"{id.GrainType}.{id.Name}");
        Add(command, "GrainIdN0", NpgsqlDbType.Bigint, 0L);
        Add(command, "GrainIdN1", NpgsqlDbType.Bigint, 0L);
        Add(command, "GrainIdExtensionString", NpgsqlDbType.Text, id.GrainKey);
    }

    private static void Add(NpgsqlCommand command, string name, NpgsqlDbType type, object value) => command.Parameters.Add(new(name, type) { Value = value });

    private async Task<string> QueryAsync(string key, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand("SELECT QueryText FROM OrleansQuery WHERE QueryKey = $1");
        command.Parameters.Add(new() { Value = key });
        return (string)(await command.ExecuteScalarAsync(cancellationToken))!;
    }
}
#endif
