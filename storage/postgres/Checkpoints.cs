using System.Globalization;
using System.Text.Json;
using Npgsql;
using Payments.Domain;

namespace Payments.Storage.Postgres;

/// <summary>
/// Takes checkpoints: the heads of all chains, signed, stored in the database and exported beside it. Any number of nodes may try at
/// once; one takes it.
/// </summary>
public static class Checkpoints
{
    private const long LockKey = 0x6368_6563_6B70_7473;

    /// <summary>The folder of exported checkpoints inside a state folder.</summary>
    public static string Folder(string stateDirectory) => Path.Combine(stateDirectory, "checkpoints");

    /// <summary>Takes a checkpoint, unless no chain moved since the latest, or another node is just taking one: then null.</summary>
    /// <param name="stateDirectory">Where the signing key and the exported files live; made when missing.</param>
    public static async Task<Checkpoint?> TakeAsync(
        NpgsqlDataSource database, string stateDirectory, TimeProvider time, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(Folder(stateDirectory));
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await using var tryLock = new NpgsqlCommand($"SELECT pg_try_advisory_xact_lock({LockKey})", connection);
        if (await tryLock.ExecuteScalarAsync(cancellationToken) is not true)
        {
            return null;
        }

        var latest = await LatestAsync(connection, cancellationToken);
        if (latest is not null)
        {
            // A crash between commit and export left it unexported, or this node has a state folder of its own.
            Export(stateDirectory, latest);
        }

        var heads = await HeadsAsync(connection, cancellationToken);
        if (heads.SequenceEqual(latest?.Heads() ?? []))
        {
            return null;
        }

        var now = time.Now();
        var document = Checkpoint.Write(now, heads);
        var signature = CheckpointKey.Sign(stateDirectory, document);
        await using var insert = new NpgsqlCommand(
            "INSERT INTO payments.ledger_checkpoints (taken_at, document, signature) VALUES ($1, $2, $3) RETURNING no", connection);
        insert.Parameters.Add(new() { Value = now });
        insert.Parameters.Add(new() { Value = document });
        insert.Parameters.Add(new() { Value = signature });
        var taken = new Checkpoint((long)(await insert.ExecuteScalarAsync(cancellationToken))!, document, signature);

        // Exported only once it is stored: an exported checkpoint that the database does not know is then a sign of a cut.
        await transaction.CommitAsync(cancellationToken);
        Export(stateDirectory, taken);
        return taken;
    }

    /// <summary>The exported checkpoints of a state folder, by number.</summary>
    public static IEnumerable<string> Exported(string stateDirectory) =>
        Directory.Exists(Folder(stateDirectory)) ? Directory.EnumerateFiles(Folder(stateDirectory), "*.json").Order(StringComparer.Ordinal) : [];

    private static async Task<Checkpoint?> LatestAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(
            "SELECT no, document, signature FROM payments.ledger_checkpoints ORDER BY no DESC LIMIT 1", connection);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken)
            ? new(reader.GetInt64(0), reader.GetString(1), reader.GetFieldValue<byte[]>(2))
            : null;
    }

    // One index lookup a writer, however long the chains are.
    private static async Task<IReadOnlyList<ChainHead>> HeadsAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand("""
            SELECT writer.no, head.n, head.hash
            FROM payments.ledger_writers writer
            CROSS JOIN LATERAL (
                SELECT n, hash FROM payments.ledger_seals seal WHERE seal.writer = writer.no ORDER BY n DESC LIMIT 1) head
            ORDER BY writer.no
            """, connection);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var heads = new List<ChainHead>();
        while (await reader.ReadAsync(cancellationToken))
        {
            heads.Add(new(reader.GetInt64(0), reader.GetInt64(1), Convert.ToHexStringLower(reader.GetFieldValue<byte[]>(2))));
        }

        return heads;
    }

    private static void Export(string stateDirectory, Checkpoint checkpoint)
    {
        using var json = JsonDocument.Parse(checkpoint.Document);
        var takenAt = json.RootElement.GetProperty("taken_at").GetDateTimeOffset();
        var name = string.Create(CultureInfo.InvariantCulture, $"{checkpoint.No:D6}-{takenAt:yyyyMMdd'T'HHmmss'Z'}.json");
        var path = Path.Combine(Folder(stateDirectory), name);
        if (!File.Exists(path))
        {
            DurableFile.Write(path, checkpoint.Export() + "\n");
        }
    }
}
