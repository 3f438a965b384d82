using System.Buffers;
using System.Security.Cryptography;
using Payments.Domain;
using Payments.Storage;

namespace Payments.Gateways.Settlement;

/// <summary>
/// Imports a file that comes once and in pieces. It is spooled to the disk first, because its digest must be known before its first line is stored.
/// </summary>
/// <param name="sources">Where processors hand their files out.</param>
public sealed class SettlementImport(ISettlementFiles files, IEnumerable<ISettlementSource> sources) : ISettlementFetching, IDisposable
{
    /// <summary>Who imported what the schedule fetched.</summary>
    public const string BySchedule = "schedule";

    private const int AtOnce = 2;

    // Each may take half a gigabyte of disk.
    private readonly SemaphoreSlim room = new(AtOnce);

    /// <summary>Imports what a stream holds, whole or not at all.</summary>
    /// <exception cref="SettlementFileException">The file, or a line of it, cannot be read.</exception>
    /// <exception cref="SettlementTooLongException">It is longer than <see cref="SettlementFile.MaxBytes"/>.</exception>
    /// <exception cref="SettlementImportException">It cannot be imported.</exception>
    public Task<(ImportedFile File, bool IsNew)> ImportAsync(
        string gateway, string name, SettlementFormat format, string by, Stream content, CancellationToken cancellationToken) =>
        ImportAsync(gateway, name, format, by, coversUntil: null, spool => CopyAsync(content, spool, cancellationToken), cancellationToken);

    /// <inheritdoc/>
    public async Task<bool> ImportAsync(string gateway, DateOnly day, CancellationToken cancellationToken)
    {
        var source = sources.Single(source => source.Gateway == gateway);
        var (_, isNew) = await ImportAsync(
            gateway, SettlementFileHeader.NameOf(day), SettlementFormat.All.Single(format => format.Name == source.Format), BySchedule,
            new(day.AddDays(1), default, TimeSpan.Zero), spool => source.FetchAsync(day, spool, cancellationToken), cancellationToken);
        return isNew;
    }

    /// <summary>A line as it is stored.</summary>
    public static SettlementLineRow ToRow(SettlementLine line) => new(
        line.Number, line.Id, line.Kind.Name(), line.Type, line.At, line.Gross.Currency.Code, line.Gross.Minor, line.Fee.Minor, line.Presented.Currency.Code,
        line.Presented.Minor, line.Reference, line.ProcessorReference, line.Batch);

    public void Dispose() => room.Dispose();

    private async Task<(ImportedFile File, bool IsNew)> ImportAsync(
        string gateway, string name, SettlementFormat format, string by, DateTimeOffset? coversUntil, Func<Stream, Task> fill, CancellationToken cancellationToken)
    {
        await room.WaitAsync(cancellationToken);
        try
        {
            await using var spool = Spool();
            await fill(spool);
            spool.Position = 0;
            var digest = await SHA256.HashDataAsync(spool, cancellationToken);
            spool.Position = 0;
            return await files.ImportAsync(
                new(gateway, name, format.Name, digest, by) { CoversUntil = coversUntil }, SettlementFile.Read(spool, format).Select(ToRow), cancellationToken);
        }
        finally
        {
            room.Release();
        }
    }

    // It has no name from the start (and nobody else may read it): whatever ends this process, the disk gets its room back.
    private static FileStream Spool()
    {
        var path = Path.GetTempFileName();
        var spool = new FileStream(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete, 1 << 16, FileOptions.Asynchronous);
        File.Delete(path);
        return spool;
    }

    private static async Task CopyAsync(Stream from, Stream to, CancellationToken cancellationToken)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(1 << 16);
        try
        {
            var length = 0L;
            while (await from.ReadAsync(buffer, cancellationToken) is var read && read > 0)
            {
                length += read;
                if (length > SettlementFile.MaxBytes)
                {
                    throw new SettlementTooLongException();
                }

                await to.WriteAsync(buffer.AsMemory(0, read), cancellationToken);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}

/// <summary>A file is longer than any may be.</summary>
public sealed class SettlementTooLongException() : Exception($"The file is longer than {SettlementFile.MaxBytes / 1024 / 1024} MB.");
