using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using Npgsql;

namespace Payments.Storage.Postgres;

/// <summary>The files of a month: one for each table that lies in months, gzip CSV in the order of its key, and a manifest.</summary>
internal static class ArchiveFiles
{
    private const int BufferSize = 64 * 1024;

    /// <summary>The tables, with the order of their rows: with it the same rows make the same file.</summary>
    public static readonly (string Table, string Order)[] Tables =
    [
        ("postings", "account_no, seq"), ("payment_audit", "merchant_id, payment_id, version"), ("payout_audit", "merchant_id, payout_id, version"),
        ("events", "merchant_id, seq"), ("evidence", "source, event_id"),
    ];

    public static string Partition(string table, Domain.Month month) => $"{table}_{month.Start:yyyy_MM}";

    /// <summary>Writes a partition's file; it appears whole or not at all, and is on disk when this returns.</summary>
    public static async Task<ArchiveFile> ExportAsync(NpgsqlConnection connection, string table, string order, string partition, string folder, CancellationToken cancellationToken)
    {
        var path = Path.Combine(folder, $"{table}.csv.gz");
        var draft = $"{path}.{Path.GetRandomFileName()}.tmp";
        Content content;
        try
        {
            await using (var file = new FileStream(draft, FileMode.CreateNew, FileAccess.Write))
            {
                await using (var zipped = new GZipStream(file, CompressionLevel.Optimal, leaveOpen: true))
                {
                    content = await CopyAsync(connection, partition, order, zipped, cancellationToken);
                }

                file.Flush(flushToDisk: true);
            }

            File.Move(draft, path, overwrite: true);
        }
        finally
        {
            File.Delete(draft);
        }

        var (bytes, sha256) = await HashAsync(path, cancellationToken);
        return new(table, Path.GetFileName(path), content.Rows, bytes, sha256, content.Sha256);
    }

    /// <summary>What a partition's file would hold now.</summary>
    public static Task<Content> ContentAsync(NpgsqlConnection connection, string order, string partition, CancellationToken cancellationToken) =>
        CopyAsync(connection, partition, order, Stream.Null, cancellationToken);

    /// <summary>What is wrong with a file that was written before: it is read whole. Null: nothing is.</summary>
    public static async Task<string?> MistakeAsync(string folder, ArchiveFile file, CancellationToken cancellationToken)
    {
        var path = Path.Combine(folder, file.Name);
        if (Path.GetFileName(file.Name) != file.Name || !File.Exists(path))
        {
            return $"{path} is missing";
        }

        var (bytes, sha256) = await HashAsync(path, cancellationToken);
        if (bytes != file.Bytes || sha256 != file.Sha256)
        {
            return $"{path} is not the file that was written: it has {bytes} bytes and SHA-256 {sha256}, and should have {file.Bytes} and {file.Sha256}";
        }

        using var counter = new Counter();
        await using (var zipped = new GZipStream(File.OpenRead(path), CompressionMode.Decompress))
        {
            var buffer = new byte[BufferSize];
            for (int read; (read = await zipped.ReadAsync(buffer, cancellationToken)) > 0;)
            {
                counter.Add(buffer.AsSpan(0, read));
            }
        }

        var content = counter.End();
        return content.Rows == file.Rows && content.Sha256 == file.Content ? null : $"{path} holds {content.Rows} rows that are not those that were signed ({file.Rows})";
    }

    private static async Task<Content> CopyAsync(NpgsqlConnection connection, string partition, string order, Stream to, CancellationToken cancellationToken)
    {
        using var counter = new Counter();
        using var reader = await connection.BeginTextExportAsync(
            $"COPY (SELECT * FROM payments.{partition} ORDER BY {order}) TO STDOUT (FORMAT csv, HEADER, ENCODING 'UTF8')", cancellationToken);
        var encoder = new UTF8Encoding(false, throwOnInvalidBytes: true).GetEncoder();
        var (text, bytes) = (new char[BufferSize], new byte[BufferSize * 3 + 16]);
        int read;
        do
        {
            read = await reader.ReadAsync(text.AsMemory(), cancellationToken);
            var length = encoder.GetBytes(text.AsSpan(0, read), bytes, flush: read == 0);
            counter.Add(bytes.AsSpan(0, length));
            await to.WriteAsync(bytes.AsMemory(0, length), cancellationToken);
        }
        while (read > 0);
        return counter.End();
    }

    private static async Task<(long Bytes, string Sha256)> HashAsync(string path, CancellationToken cancellationToken)
    {
        await using var file = File.OpenRead(path);
        return (file.Length, Convert.ToHexStringLower(await SHA256.HashDataAsync(file, cancellationToken)));
    }

    /// <param name="Rows">Without the line of headings.</param>
    internal readonly record struct Content(long Rows, string Sha256);

    /// <summary>Counts rows of CSV and hashes it: an end of line inside of quotes is none.</summary>
    private sealed class Counter : IDisposable
    {
        private readonly IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        private long lines;
        private bool isQuoted;

        public void Add(ReadOnlySpan<byte> csv)
        {
            hash.AppendData(csv);
            foreach (var one in csv)
            {
                if (one == '"')
                {
                    isQuoted = !isQuoted;
                }
                else if (one == '\n' && !isQuoted)
                {
                    lines++;
                }
            }
        }

        public Content End() => new(lines - 1, Convert.ToHexStringLower(hash.GetHashAndReset()));

        public void Dispose() => hash.Dispose();
    }
}
