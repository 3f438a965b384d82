using Npgsql;
using Payments.Domain;

namespace Payments.Storage.Postgres;

/// <summary>What everybody who reads the books asks about months that have left.</summary>
internal static class Archives
{
    /// <summary>Long readers hold it shared from before their snapshot; who lets a month leave holds it alone, so that no snapshot loses what it has not read yet.</summary>
    private const long LockKey = 0x6172_6368_6976_6573;

    private const string SqlState = "PA410";

    /// <summary>Holds what is here where it is, until <paramref name="connection"/> is given back.</summary>
    public static async Task<IAsyncDisposable> HoldAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await ExecuteAsync(connection, $"SELECT pg_advisory_lock_shared({LockKey})", cancellationToken);
        return new Hold(connection, $"SELECT pg_advisory_unlock_shared({LockKey})");
    }

    /// <summary>Waits for all who read, and keeps others from beginning.</summary>
    public static async Task<IAsyncDisposable> AloneAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await ExecuteAsync(connection, $"SELECT pg_advisory_lock({LockKey})", cancellationToken);
        return new Hold(connection, $"SELECT pg_advisory_unlock({LockKey})");
    }

    /// <summary>The newest month that is archived; null: none is.</summary>
    public static async Task<Month?> NewestAsync(NpgsqlDataSource database, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand("SELECT max(month) FROM archives");
        return await MonthAsync(command, cancellationToken);
    }

    /// <summary>The month that a query has in its first column; null: none.</summary>
    public static async Task<Month?> MonthAsync(NpgsqlCommand command, CancellationToken cancellationToken)
    {
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken) && !reader.IsDBNull(0) ? Of(reader.GetFieldValue<DateOnly>(0)) : null;
    }

    /// <summary>Reads; what the database refuses to answer because it is archived becomes an <see cref="ArchivedException"/>.</summary>
    public static async Task<T> AskAsync<T>(Func<Task<T>> read)
    {
        try
        {
            return await read();
        }
        catch (PostgresException refused) when (refused.SqlState == SqlState && Month.TryParse(refused.MessageText, out var month))
        {
            throw new ArchivedException(month);
        }
    }

    /// <summary>A month as the database has it.</summary>
    public static Month Of(DateOnly month) => Month.Of(new(month, default, TimeSpan.Zero));

    /// <summary>A month as the database has it.</summary>
    public static DateOnly Date(Month month) => DateOnly.FromDateTime(month.Start.UtcDateTime);

    internal static async Task ExecuteAsync(NpgsqlConnection connection, string sql, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(sql, connection) { CommandTimeout = 0 };
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private sealed class Hold(NpgsqlConnection connection, string release) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync()
        {
            try
            {
                await ExecuteAsync(connection, release, CancellationToken.None);
            }
            catch (Exception gone) when (gone is NpgsqlException or InvalidOperationException)
            {
                // With the connection its locks are gone.
            }
        }
    }
}
