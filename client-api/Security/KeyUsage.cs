using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using System.Threading.Channels;
using Microsoft.Extensions.Hosting;
using Payments.Domain;
using Payments.Storage;

namespace Payments.ClientApi.Security;

/// <summary>
/// Writes when keys were last used: once a minute for a key at most, behind the requests' backs. What cannot be written is left out: to know
/// it is a convenience, and no request may wait or fail for it.
/// </summary>
internal sealed partial class KeyUsage(IMerchantStore store, TimeProvider time, ILogger<KeyUsage> logger) : BackgroundService
{
    private const int Waiting = 1_000;
    private static readonly TimeSpan Rest = TimeSpan.FromMinutes(1);

    private readonly Channel<byte[]> _used = Channel.CreateBounded<byte[]>(new BoundedChannelOptions(Waiting) { SingleReader = true });

    // By the first half of the hash, which tells keys apart well enough. Only keys that exist get here, so it is as small as their table.
    private readonly ConcurrentDictionary<UInt128, long> _noted = new();

    /// <summary>A key was used just now.</summary>
    public void Note(byte[] hash)
    {
        var (key, now) = (MemoryMarshal.Read<UInt128>(hash), time.GetTimestamp());
        var isFirst = _noted.TryGetValue(key, out var before)
            ? time.GetElapsedTime(before, now) >= Rest && _noted.TryUpdate(key, now, before)
            : _noted.TryAdd(key, now);
        if (isFirst)
        {
            _used.Writer.TryWrite(hash);
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (await _used.Reader.WaitToReadAsync(stoppingToken))
        {
            var hashes = new List<byte[]>();
            while (hashes.Count < Waiting && _used.Reader.TryRead(out var hash))
            {
                hashes.Add(hash);
            }

            try
            {
                await store.UsedAsync(hashes, time.Now(), stoppingToken);
            }
            catch (Exception failure) when (!stoppingToken.IsCancellationRequested)
            {
                LogNotWritten(failure, hashes.Count);
            }
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "When {Count} keys were last used could not be written")]
    private partial void LogNotWritten(Exception failure, int count);
}
