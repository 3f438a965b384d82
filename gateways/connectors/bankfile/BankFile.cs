using System.Threading.Channels;
using System.Xml;
using Payments.Domain;

namespace Payments.Gateways.Connectors.BankFile;

/// <summary>Where files are written, and from which account is paid.</summary>
/// <param name="Name">What the connection is called here.</param>
/// <param name="Folder">Where the bank, or who brings them there, takes the files from. All nodes must see the same one.</param>
/// <param name="DebtorName">Whose account is debited.</param>
/// <param name="DebtorIban">That account.</param>
/// <param name="DebtorBic">Its bank; null where the IBAN is enough.</param>
public sealed record BankFileOptions(string Name, string Folder, string DebtorName, string DebtorIban, string? DebtorBic)
{
    /// <summary>How long orders are gathered for one file.</summary>
    public TimeSpan Gather { get; init; } = TimeSpan.FromSeconds(2);
}

/// <summary>
/// Transfers as files: ISO 20022 credit transfers, one file for all orders that are waiting. The files themselves say what was ordered: a reference that one of
/// them has is never written again, by this node or another one.
/// </summary>
public sealed class BankFile : IBankTransfers, IAsyncDisposable
{
    private const int MostInAFile = 5_000;
    private const string Pattern = "*.xml";
    private const int LockTries = 200;
    private static readonly TimeSpan LockPause = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan LongestWrite = TimeSpan.FromSeconds(30);

    private readonly BankFileOptions options;
    private readonly TimeProvider time;
    private readonly Channel<(TransferOrder Order, TaskCompletionSource<GatewayAnswer> Answer)> waiting = Channel.CreateBounded<(TransferOrder, TaskCompletionSource<GatewayAnswer>)>(MostInAFile);
    private readonly Lock gate = new();
    private readonly HashSet<string> ordered = new(StringComparer.Ordinal);
    private readonly HashSet<string> read = new(StringComparer.Ordinal);
    private readonly Task writing;

    /// <exception cref="IOException">The folder cannot be used.</exception>
    public BankFile(BankFileOptions options, TimeProvider time)
    {
        (this.options, this.time) = (options, time);
        Directory.CreateDirectory(options.Folder);
        writing = WriteAllAsync();
    }

    /// <inheritdoc/>
    public string Name => options.Name;

    /// <summary>A file is there or it is not: absence is final once no write can be under way any more.</summary>
    public GatewayCapabilities Capabilities { get; } = new(IdempotencyKeyLife: TimeSpan.FromDays(36_500), CanQuery: true, 2 * LongestWrite, LongestWrite);

    /// <summary>Files tell nothing of what became of them: statements do, and people read them.</summary>
    public TimeSpan ReturnsFor => TimeSpan.Zero;

    /// <inheritdoc/>
    public async Task<GatewayAnswer> TransferAsync(TransferOrder order, CancellationToken cancellationToken)
    {
        var answer = new TaskCompletionSource<GatewayAnswer>(TaskCreationOptions.RunContinuationsAsynchronously);
        return waiting.Writer.TryWrite((order, answer)) ? await answer.Task : new(GatewayAnswerKind.NotSent, Code: "too_many_waiting");
    }

    /// <inheritdoc/>
    public Task<GatewayAnswer> QueryAsync(string reference, CancellationToken cancellationToken)
    {
        try
        {
            lock (gate)
            {
                Refresh();
                return Task.FromResult(new GatewayAnswer(ordered.Contains(reference) ? GatewayAnswerKind.Pending : GatewayAnswerKind.NotFound, reference));
            }
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException or XmlException)
        {
            return Task.FromResult(new GatewayAnswer(GatewayAnswerKind.Unknown, Code: "folder_unreadable"));
        }
    }

    /// <summary>Writes what waits, and ends.</summary>
    public async ValueTask DisposeAsync()
    {
        waiting.Writer.TryComplete();
        await writing;
    }

    private async Task WriteAllAsync()
    {
        while (await waiting.Reader.WaitToReadAsync())
        {
            await Task.WhenAny(Task.Delay(options.Gather, time), waiting.Reader.Completion);
            var run = new List<(TransferOrder Order, TaskCompletionSource<GatewayAnswer> Answer)>();
            while (run.Count < MostInAFile && waiting.Reader.TryRead(out var one))
            {
                run.Add(one);
            }

            var known = await WriteAsync([.. run.Select(one => one.Order).DistinctBy(order => order.Reference)]);
            foreach (var (order, answer) in run)
            {
                answer.SetResult(known ?? new(GatewayAnswerKind.Pending, order.Reference));
            }
        }
    }

    // Of two processes one writes at a time, and sees what the other wrote.
    private async Task<GatewayAnswer?> WriteAsync(IReadOnlyList<TransferOrder> orders)
    {
        for (var tries = 0; tries < LockTries; tries++)
        {
            try
            {
                await using var alone = new FileStream(Path.Combine(options.Folder, ".lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
                return Write(orders);
            }
            catch (Exception taken) when (taken is IOException or UnauthorizedAccessException)
            {
                await Task.Delay(LockPause, time);
            }
        }

        return new(GatewayAnswerKind.NotSent, Code: "folder_busy");
    }

    // Null: all of them stand in a file.
    private GatewayAnswer? Write(IReadOnlyList<TransferOrder> orders)
    {
        var isMoved = false;
        try
        {
            lock (gate)
            {
                Refresh();
                var missing = orders.Where(order => !ordered.Contains(order.Reference)).ToArray();
                if (missing.Length == 0)
                {
                    return null;
                }

                var name = $"{missing[0].Reference}.xml";
                var whole = Path.Combine(options.Folder, name);
                using (var file = new FileStream($"{whole}.part", FileMode.Create, FileAccess.Write, FileShare.None))
                {
                    CreditTransferFile.Write(file, options, missing, time.Now());
                    file.Flush(flushToDisk: true);
                }

                isMoved = true;
                File.Move($"{whole}.part", whole, overwrite: false);
                // Under its name too: what is told to be sent must survive the power.
                using (var file = new FileStream(whole, FileMode.Open, FileAccess.ReadWrite))
                {
                    file.Flush(flushToDisk: true);
                }

                read.Add(name);
                ordered.UnionWith(missing.Select(order => order.Reference));
                return null;
            }
        }
        catch (Exception failed) when (failed is IOException or UnauthorizedAccessException or XmlException)
        {
            return new(isMoved ? GatewayAnswerKind.Unknown : GatewayAnswerKind.NotSent, Code: "folder_unwritable");
        }
    }

    // What others wrote since.
    private void Refresh()
    {
        foreach (var path in Directory.EnumerateFiles(options.Folder, Pattern))
        {
            if (!read.Contains(Path.GetFileName(path)))
            {
                ordered.UnionWith(CreditTransferFile.References(path));
                read.Add(Path.GetFileName(path));
            }
        }
    }
}
