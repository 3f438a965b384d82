using System.Net.Sockets;
using Npgsql;

namespace Payments.Storage.Postgres;

/// <summary>What a failed statement or connection means for the transaction that it belonged to.</summary>
internal static class Failure
{
    /// <summary>Rolled back because somebody else was in the way; the same again may well succeed.</summary>
    /// <param name="tries">How often this batch collided already.</param>
    public static bool IsCollision(PostgresException error, int tries) => error.SqlState switch
    {
        PostgresErrorCodes.DeadlockDetected or PostgresErrorCodes.SerializationFailure or PostgresErrorCodes.LockNotAvailable => true,

        // Two nodes made the same payment, or posted or took back the same entry, at once: the next look sees the other's row, and judges by it.
        // Somebody who then still meets it has a bug.
        PostgresErrorCodes.UniqueViolation => error.ConstraintName is "payments_pkey" or "journal_entries_pkey" or "own_entries_reverses_key" && tries < 3,
        _ => false,
    };

    /// <summary>Nobody can say whether the transaction was committed.</summary>
    public static bool IsLostConnection(Exception error) => error switch
    {
        // Class 57P: the server is shutting down, crashed, or is starting. 08: connection. 53: out of memory, disk, connections. 58: system errors.
        // 25P03: the session was ended because its transaction stood idle for too long.
        PostgresException server => server.Severity is "FATAL" or "PANIC" || server.SqlState is ['5', '7', 'P', ..] or ['0', '8', ..] or ['5', '3', ..]
            or ['5', '8', ..] or "25P03" or PostgresErrorCodes.QueryCanceled,
        NpgsqlException or IOException or SocketException or TimeoutException or OperationCanceledException => true,
        _ => false,
    };
}
