using System.Security.Cryptography;
using Npgsql;

namespace Payments.Storage.Postgres.Auditing;

/// <summary>
/// Holds the chains against every checkpoint that was ever stored or exported: its signature is right, and every head that it saw is
/// still there with the same hash. This is what shows a cut tail, and a chain that was rewritten whole.
/// </summary>
internal sealed class CheckpointCheck
{
    private const int LookupSize = 1000;

    private readonly Findings.Check check;
    private readonly Dictionary<long, Checkpoint> exported;
    private readonly ECDsa? key;

    // Checkpoints repeat the heads of idle chains: each head is looked up once.
    private readonly Dictionary<(long Writer, long N), (string Hash, long Checkpoint)> heads = [];

    private CheckpointCheck(Findings.Check check, Dictionary<long, Checkpoint> exported, ECDsa? key) => (this.check, this.exported, this.key) = (check, exported, key);

    public static Findings.Check Begin(Findings findings) =>
        findings.Begin("checkpoints", "signed heads", "no chain was cut or rewritten since its checkpoints were signed");

    /// <summary>Reads the exported files. It must happen before the snapshot: a file read later may know more than the snapshot.</summary>
    public static async Task<CheckpointCheck> ReadExportedAsync(AuditOptions options, Findings.Check check, CancellationToken cancellationToken)
    {
        var exported = new Dictionary<long, Checkpoint>();
        foreach (var file in options.StateDirectory is null ? [] : Checkpoints.Exported(options.StateDirectory))
        {
            try
            {
                var checkpoint = Checkpoint.Import(await File.ReadAllTextAsync(file, cancellationToken));
                if (!exported.TryAdd(checkpoint.No, checkpoint))
                {
                    check.Breach($"{file} is a second exported checkpoint {checkpoint.No}.");
                }
            }
            catch (FormatException)
            {
                check.Breach($"{file} is no readable checkpoint.");
            }
        }

        return new(check, exported, CheckpointKey.Verifier(options.StateDirectory));
    }

    /// <summary>Checks the stored ones, the exported ones and <paramref name="since"/> against the snapshot.</summary>
    public async Task RunAsync(NpgsqlConnection connection, Checkpoint? since, List<string> notes, CancellationToken cancellationToken)
    {
        using var verifier = key;
        var count = 0L;
        await using (var command = new NpgsqlCommand(
            "SELECT no, document, signature FROM payments.ledger_checkpoints ORDER BY no", connection)
        { CommandTimeout = 0 })
        await using (var reader = await command.ExecuteReaderAsync(cancellationToken))
        {
            for (; await reader.ReadAsync(cancellationToken); count++)
            {
                var stored = new Checkpoint(reader.GetInt64(0), reader.GetString(1), reader.GetFieldValue<byte[]>(2));
                Take(stored, $"Checkpoint {stored.No} in the database");
                if (exported.Remove(stored.No, out var file) && file.Document != stored.Document)
                {
                    check.Breach($"Checkpoint {stored.No} in the database is not the one that was exported.");
                    Take(file, $"Exported checkpoint {file.No}");
                }
            }
        }

        foreach (var lost in exported.Values)
        {
            check.Breach($"Checkpoint {lost.No} was exported and is no longer in the database: it was removed, or the database is an older copy.");
            Take(lost, $"Exported checkpoint {lost.No}");
            count++;
        }

        if (since is not null)
        {
            Take(since, $"The checkpoint {since.No} to begin from");
        }

        if (key is null && count > 0)
        {
            notes.Add("The checkpoints' signatures were not checked: the state folder has no checkpoint_key.pub.pem.");
        }

        await LookUpAsync(connection, cancellationToken);
        check.Done(count);
    }

    private void Take(Checkpoint checkpoint, string name)
    {
        if (key is not null && !key.Vouches(checkpoint))
        {
            check.Breach($"{name} has a wrong signature: it was forged or changed, or signed with a key of another state folder.");
            return;
        }

        try
        {
            foreach (var head in checkpoint.Heads())
            {
                if (!heads.TryAdd((head.Writer, head.N), (head.Hash, checkpoint.No)) && heads[(head.Writer, head.N)].Hash != head.Hash)
                {
                    check.Breach($"{name} and checkpoint {heads[(head.Writer, head.N)].Checkpoint} disagree about batch {head.N} of writer {head.Writer}.");
                }
            }
        }
        catch (FormatException)
        {
            check.Breach($"{name} is unreadable.");
        }
    }

    private async Task LookUpAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        foreach (var some in heads.Chunk(LookupSize))
        {
            await using var command = new NpgsqlCommand("""
                SELECT h.writer, h.n, s.hash
                FROM unnest($1, $2) AS h (writer, n) LEFT JOIN payments.ledger_seals s ON s.writer = h.writer AND s.n = h.n
                """, connection) { CommandTimeout = 0 };
            command.Parameters.Add(new() { Value = some.Select(head => head.Key.Writer).ToArray() });
            command.Parameters.Add(new() { Value = some.Select(head => head.Key.N).ToArray() });
            await using var reader = await command.ExecuteReaderAsync(cancellationToken);
            while (await reader.ReadAsync(cancellationToken))
            {
                var (writer, n) = (reader.GetInt64(0), reader.GetInt64(1));
                var (hash, checkpoint) = heads[(writer, n)];
                if (reader.IsDBNull(2))
                {
                    check.Breach($"Checkpoint {checkpoint} saw batch {n} of writer {writer}, and it is gone: the tail of the books was cut.");
                }
                else if (Convert.ToHexStringLower(reader.GetFieldValue<byte[]>(2)) != hash)
                {
                    check.Breach($"Checkpoint {checkpoint} saw batch {n} of writer {writer} with another hash: the books were rewritten.");
                }
            }
        }
    }
}
