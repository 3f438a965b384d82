using System.Buffers;
using Microsoft.Win32.SafeHandles;

namespace Payments.GatewaySimulator.Record;

/// <summary>An append-only file with group commit: one thread writes what waits, flushes once, then lets all of it go.</summary>
/// <remarks>
/// No delay is added: while one flush runs the next batch gathers. After a write that failed nothing more is taken, because what the
/// file then ends with is not known; the next start reads it again.
/// </remarks>
internal sealed class RecordFile : IDisposable
{
    private const int ScanBufferLength = 256 * 1024;

    private readonly SafeFileHandle file;
    private readonly object gate = new();
    private readonly Thread writer;
    private Batch waiting = new();
    private Batch spare = new();
    private Task writing = Task.CompletedTask;
    private long length;
    private long durableLength;
    private IOException? failure;
    private bool closing;

    private RecordFile(SafeFileHandle file)
    {
        this.file = file;
        writer = new Thread(WriteBatches) { Name = "record writer", IsBackground = true };
    }

    /// <summary>Up to here everything is on disk.</summary>
    public long DurableLength => Volatile.Read(ref durableLength);

    /// <summary>Whether records can still be taken.</summary>
    public bool IsHealthy => Volatile.Read(ref failure) is null;

    /// <summary>Opens or creates the file, hands every record to <paramref name="replay"/>, and cuts a torn tail.</summary>
    /// <exception cref="IOException">The file cannot be used, for instance because another process has it.</exception>
    public static RecordFile Open(string path, Action<long, ReadOnlyMemory<byte>> replay)
    {
        var record = new RecordFile(File.OpenHandle(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None));
        try
        {
            record.Replay(replay);
            record.writer.Start();
            return record;
        }
        catch
        {
            record.file.Dispose();
            throw;
        }
    }

    /// <summary>Puts a record at the end of the file, in the order of the calls.</summary>
    /// <exception cref="IOException">An earlier write failed, or the file is closing.</exception>
    public Receipt Append(ReadOnlySpan<byte> payload)
    {
        lock (gate)
        {
            if (failure is not null || closing)
            {
                throw new IOException("The record takes no more.", failure);
            }

            var position = length;
            length += Frame.Write(waiting.Bytes, payload);
            Monitor.Pulse(gate);
            return new Receipt(position, waiting.Durable.Task);
        }
    }

    /// <summary>Completes when all that was appended so far is on disk.</summary>
    /// <exception cref="IOException">A write failed.</exception>
    public Task FlushedAsync()
    {
        lock (gate)
        {
            return failure is not null ? Task.FromException(failure) : waiting.Bytes.WrittenCount > 0 ? waiting.Durable.Task : writing;
        }
    }

    /// <summary>The record that starts at a position that a receipt or a scan gave, and that is durable.</summary>
    public ReadOnlyMemory<byte> Read(long position)
    {
        // One read of a kilobyte holds almost every record.
        for (var size = 1024; ; size = Frame.HeaderLength + Frame.MaxPayload)
        {
            var bytes = new byte[size];
            var read = RandomAccess.Read(file, bytes, position);
            if (Frame.TryRead(bytes.AsMemory(0, read), out var payload))
            {
                return payload;
            }

            if (size > Frame.MaxPayload)
            {
                throw new InvalidDataException($"No record starts at {position}.");
            }
        }
    }

    /// <summary>The whole records between two positions; a payload is good until the next one is asked for.</summary>
    public IEnumerable<(long Position, ReadOnlyMemory<byte> Payload)> Scan(long from, long to)
    {
        var buffer = new byte[ScanBufferLength];
        var (used, filled, position) = (0, 0, from);
        while (true)
        {
            if (Frame.TryRead(buffer.AsMemory(used, filled - used), out var payload))
            {
                yield return (position, payload);
                used += Frame.HeaderLength + payload.Length;
                position += Frame.HeaderLength + payload.Length;
                continue;
            }

            buffer.AsSpan(used, filled - used).CopyTo(buffer);
            (used, filled) = (0, filled - used);
            var wanted = (int)Math.Min(buffer.Length - filled, to - position - filled);
            var read = wanted > 0 ? RandomAccess.Read(file, buffer.AsSpan(filled, wanted), position + filled) : 0;
            if (read == 0)
            {
                yield break;
            }

            filled += read;
        }
    }

    public void Dispose()
    {
        lock (gate)
        {
            if (closing)
            {
                return;
            }

            closing = true;
            Monitor.Pulse(gate);
        }

        writer.Join();
        file.Dispose();
    }

    private void Replay(Action<long, ReadOnlyMemory<byte>> replay)
    {
        var found = RandomAccess.GetLength(file);
        foreach (var (position, payload) in Scan(0, found))
        {
            replay(position, payload);
            length = position + Frame.HeaderLength + payload.Length;
        }

        if (length < found)
        {
            // Whatever was answered was flushed first, so a frame that is not whole was never answered.
            RandomAccess.SetLength(file, length);
            RandomAccess.FlushToDisk(file);
        }

        durableLength = length;
    }

    private void WriteBatches()
    {
        while (TakeWaiting() is { } batch)
        {
            try
            {
                RandomAccess.Write(file, batch.Bytes.WrittenSpan, durableLength);
                RandomAccess.FlushToDisk(file);
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                Fail(batch, exception);
                return;
            }

            Volatile.Write(ref durableLength, durableLength + batch.Bytes.WrittenCount);
            batch.Durable.SetResult();
            batch.Reset();
            spare = batch;
        }
    }

    private Batch? TakeWaiting()
    {
        lock (gate)
        {
            while (waiting.Bytes.WrittenCount == 0)
            {
                if (closing)
                {
                    return null;
                }

                Monitor.Wait(gate);
            }

            var batch = waiting;
            (waiting, writing) = (spare, batch.Durable.Task);
            return batch;
        }
    }

    private void Fail(Batch batch, Exception cause)
    {
        Batch next;
        lock (gate)
        {
            failure = new IOException("The record cannot be written.", cause);
            next = waiting;
        }

        batch.Durable.SetException(failure);
        next.Durable.SetException(failure);
    }

    /// <summary>Two of them take turns: one gathers while the other is written.</summary>
    private sealed class Batch
    {
        public ArrayBufferWriter<byte> Bytes { get; } = new(64 * 1024);

        public TaskCompletionSource Durable { get; private set; } = NewSource();

        public void Reset()
        {
            Bytes.ResetWrittenCount();
            Durable = NewSource();
        }

        private static TaskCompletionSource NewSource() => new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
