using System.Collections.Immutable;
using Npgsql;
using Payments.Domain;

namespace Payments.Storage.Postgres;

/// <summary>Where an archiving is.</summary>
public readonly record struct ArchiveProgress(string Step, int Done, int Of);

/// <summary>A month that cannot be archived, or files that are not what was signed; the message says why.</summary>
public sealed class ArchiveException(string message) : Exception(message);

/// <summary>
/// Lets a closed month leave: its partitions are written as files, read again, signed and recorded, and only then detached and dropped. Whatever stops it, the next run goes on
/// from what is recorded, and nothing is dropped that was not exported and read again.
/// </summary>
/// <param name="owner">Connects as who may act as <c>payments_owner</c>: no node may remove a partition.</param>
public sealed class Archiver(string owner, string stateDirectory, TimeProvider time)
{
    private static readonly int Steps = 3 + 4 * ArchiveFiles.Tables.Length;

    /// <summary>The folder of exported archive documents inside a state folder.</summary>
    public static string StateFolder(string stateDirectory) => Path.Combine(stateDirectory, "archives");

    /// <summary>Archives a month into a folder of its own inside <paramref name="directory"/>.</summary>
    /// <returns>What is recorded; false: it was recorded before, and all that was left to do is done now.</returns>
    /// <exception cref="ArchiveException">Something is in the way.</exception>
    public async Task<(ArchivedMonth Archived, bool IsNew)> RunAsync(
        Month month, string directory, string by, IProgress<ArchiveProgress>? progress, CancellationToken cancellationToken)
    {
        var done = 0;
        void Tell(string step) => progress?.Report(new(step, done++, Steps));
        await using var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(owner) { Pooling = false, CommandTimeout = 0, SearchPath = "payments" }.ConnectionString);
        await connection.OpenAsync(cancellationToken);
        await Archives.ExecuteAsync(
            connection, "SET ROLE payments_owner; SET timezone = 'UTC'; SET datestyle = 'ISO, YMD'; SET statement_timeout = 0; SET lock_timeout = 0; SET idle_in_transaction_session_timeout = 0",
            cancellationToken);
        Tell("waiting for readers");
        await using var alone = await Archives.AloneAsync(connection, cancellationToken);
        var folder = Path.Combine(directory, $"{month}");
        var before = await ArchivedMonths.FindAsync(connection, month, cancellationToken);
        var archived = before ?? await RecordAsync(connection, month, folder, by, Tell, cancellationToken);
        var document = ArchiveDocument.Read(archived.Signed.Document);
        foreach (var file in document.Files)
        {
            Tell($"reading {file.Name} again");
            if (await ArchiveFiles.MistakeAsync(folder, file, cancellationToken) is { } mistake)
            {
                throw new ArchiveException(
                    $"{month} was recorded as archived at {archived.ArchivedAt:u}, and {mistake}. Nothing more is dropped: name the folder that it was archived to, or bring the file back.");
            }
        }

        foreach (var (table, order) in ArchiveFiles.Tables)
        {
            Tell($"detaching {table}");
            await DetachAsync(connection, table, month, cancellationToken);
            Tell($"dropping {table}");
            await DropAsync(connection, table, order, month, document, cancellationToken);
        }

        Tell("exporting what was signed");
        Directory.CreateDirectory(StateFolder(stateDirectory));
        DurableFile.Write(Path.Combine(StateFolder(stateDirectory), $"{month}.json"), archived.Signed.Export());
        return (archived, before is null);
    }

    private async Task<ArchivedMonth> RecordAsync(
        NpgsqlConnection connection, Month month, string folder, string by, Action<string> tell, CancellationToken cancellationToken)
    {
        await ArchivedMonths.CheckAsync(connection, month, time.Now(), cancellationToken);
        await CheckKeyAsync(connection, cancellationToken);
        Directory.CreateDirectory(folder);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        var files = ImmutableArray.CreateBuilder<ArchiveFile>();

        // Nobody writes to an old month, but who erases evidence; and whoever does now, waits, and is refused.
        await Archives.ExecuteAsync(
            connection, $"LOCK TABLE {string.Join(", ", ArchiveFiles.Tables.Select(table => $"payments.{ArchiveFiles.Partition(table.Table, month)}"))} IN SHARE MODE", cancellationToken);
        foreach (var (table, order) in ArchiveFiles.Tables)
        {
            tell($"exporting {table}");
            var partition = ArchiveFiles.Partition(table, month);
            var file = await ArchiveFiles.ExportAsync(connection, table, order, partition, folder, cancellationToken);
            await using var count = new NpgsqlCommand($"SELECT count(*) FROM payments.{partition}", connection);
            if (await count.ExecuteScalarAsync(cancellationToken) is not long rows || rows != file.Rows)
            {
                throw new InvalidOperationException($"{file.Rows} rows of {partition} were exported, and it has another number.");
            }

            files.Add(file);
        }

        tell("adding up");
        var previous = await ArchivedMonths.ListAsync(connection, cancellationToken) is [.., var newest] ? newest : null;
        await ArchivedTotals.WriteAsync(connection, month, cancellationToken);
        var (accounts, totals) = await ArchivedTotals.DigestAsync(connection, previous?.Month, month, cancellationToken);
        var now = time.Now();
        var document = new ArchiveDocument(
            $"{month}", ArchiveDocument.Instant(now), by, previous is null ? null : ArchiveDocument.DigestOf(previous.Signed.Document), files.DrainToImmutable(), accounts, totals,
            await CountAsync(connection, month, previous, cancellationToken), await HeadsAsync(connection, month, cancellationToken)).Write();
        var signature = CheckpointKey.Sign(stateDirectory, document);
        using var key = CheckpointKey.Verifier(stateDirectory)!;
        var signed = new SignedArchive(document, Convert.ToBase64String(signature), key.Id());

        // The files are there before the row, and the row before anything leaves.
        DurableFile.Write(Path.Combine(folder, SignedArchive.FileName), signed.Export());
        await using var insert = new NpgsqlCommand(
            "INSERT INTO payments.archives (month, archived_at, archived_by, document, signature, key_id) VALUES ($1, $2, $3, $4, $5, $6)", connection);
        foreach (var value in new object[] { Archives.Date(month), now, by, document, signature, signed.KeyId })
        {
            insert.Parameters.Add(new() { Value = value });
        }

        await insert.ExecuteNonQueryAsync(cancellationToken);
        tell("recording");
        await transaction.CommitAsync(cancellationToken);
        return new(month, now, by, signed);
    }

    // Whoever begins from an archive has one public key: a second one would make it worthless.
    private async Task CheckKeyAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand("SELECT no, document, signature FROM payments.ledger_checkpoints ORDER BY no DESC LIMIT 1", connection);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        using var key = CheckpointKey.Verifier(stateDirectory);
        if (await reader.ReadAsync(cancellationToken)
            && (key is null || !key.Vouches(new Checkpoint(reader.GetInt64(0), reader.GetString(1), reader.GetFieldValue<byte[]>(2)))))
        {
            throw new ArchiveException(
                $"The key in {stateDirectory} is not the one that the checkpoints are signed with: name the state folder of the nodes, which holds checkpoint_key.pem.");
        }

        await reader.DisposeAsync();
        if (await ArchivedMonths.ListAsync(connection, cancellationToken) is [.., var newest] && (key is null || !key.Vouches(newest.Signed)))
        {
            throw new ArchiveException($"The key in {stateDirectory} is not the one that the archive of {newest.Month} is signed with: name the state folder that holds it.");
        }
    }

    private static async Task<ArchiveCounts> CountAsync(NpgsqlConnection connection, Month month, ArchivedMonth? previous, CancellationToken cancellationToken)
    {
        string Part(string table) => $"payments.{ArchiveFiles.Partition(table, month)}";
        await using var command = new NpgsqlCommand($"""
            SELECT (SELECT count(*) FROM {Part("payment_audit")} WHERE version = 1), (SELECT count(*) FROM {Part("payment_audit")}), (SELECT count(*) FROM {Part("events")}),
                (SELECT count(*) FROM {Part("payout_audit")} WHERE version = 1), (SELECT count(*) FROM {Part("payout_audit")})
            """, connection);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        await reader.ReadAsync(cancellationToken);
        var before = previous is null ? ArchiveCounts.None : ArchiveDocument.Read(previous.Signed.Document).Counts;
        return new(
            before.Payments + reader.GetInt64(0), before.Audit + reader.GetInt64(1), before.Events + reader.GetInt64(2), before.Payouts + reader.GetInt64(3),
            before.PayoutAudit + reader.GetInt64(4));
    }

    private static async Task<ImmutableArray<ChainHead>> HeadsAsync(NpgsqlConnection connection, Month month, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand("""
            SELECT writer.no, head.n, head.hash FROM payments.ledger_writers writer
            CROSS JOIN LATERAL (SELECT n, hash FROM payments.ledger_seals seal WHERE seal.writer = writer.no AND seal.sealed_at < $1 ORDER BY n DESC LIMIT 1) head
            ORDER BY writer.no
            """, connection);
        command.Parameters.Add(new() { Value = month.Next.Start });
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var heads = ImmutableArray.CreateBuilder<ChainHead>();
        while (await reader.ReadAsync(cancellationToken))
        {
            heads.Add(new(reader.GetInt64(0), reader.GetInt64(1), Convert.ToHexStringLower(reader.GetFieldValue<byte[]>(2))));
        }

        return heads.DrainToImmutable();
    }

    // Concurrently: writers and readers of the table go on. What was broken off is gone on with.
    private static async Task DetachAsync(NpgsqlConnection connection, string table, Month month, CancellationToken cancellationToken)
    {
        var partition = ArchiveFiles.Partition(table, month);
        await using var state = new NpgsqlCommand(
            "SELECT i.inhdetachpending FROM pg_inherits i WHERE i.inhrelid = to_regclass('payments.' || $1) AND i.inhparent = to_regclass('payments.' || $2)", connection);
        state.Parameters.Add(new() { Value = partition });
        state.Parameters.Add(new() { Value = table });
        if (await state.ExecuteScalarAsync(cancellationToken) is bool isPending)
        {
            await Archives.ExecuteAsync(connection, $"ALTER TABLE payments.{table} DETACH PARTITION payments.{partition} {(isPending ? "FINALIZE" : "CONCURRENTLY")}", cancellationToken);
        }
    }

    // Nobody can write to it any more: what it holds now is compared with what was signed.
    private static async Task DropAsync(NpgsqlConnection connection, string table, string order, Month month, ArchiveDocument document, CancellationToken cancellationToken)
    {
        var partition = ArchiveFiles.Partition(table, month);
        await using var exists = new NpgsqlCommand("SELECT to_regclass('payments.' || $1) IS NOT NULL", connection);
        exists.Parameters.Add(new() { Value = partition });
        if (await exists.ExecuteScalarAsync(cancellationToken) is not true)
        {
            return;
        }

        var file = document.Files.Single(one => one.Table == table);
        var content = await ArchiveFiles.ContentAsync(connection, order, partition, cancellationToken);
        if (content.Rows != file.Rows || content.Sha256 != file.Content)
        {
            throw new ArchiveException($"{partition} is detached and does not hold what was exported: it was changed since. It is not dropped; `payments verify` and a person have to look.");
        }

        await using var drop = new NpgsqlCommand("SELECT payments.drop_archived($1, $2)", connection);
        drop.Parameters.Add(new() { Value = table });
        drop.Parameters.Add(new() { Value = Archives.Date(month) });
        await drop.ExecuteNonQueryAsync(cancellationToken);
    }
}
