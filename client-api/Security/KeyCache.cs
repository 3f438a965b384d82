using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Primitives;
using Payments.Domain;
using Payments.Storage;

namespace Payments.ClientApi.Security;

/// <summary>
/// Finds out whose key it is, and remembers it for seconds. Only what was found is remembered: a new key works at once, and guessed ones
/// cannot push the real ones out.
/// </summary>
internal sealed class KeyCache(IPaymentQueries queries, KeyUsage usage, TimeProvider time, IOptions<PaymentsApiOptions> options)
{
    private const string Scheme = "Bearer ";

    private readonly ConcurrentDictionary<KeyHash, Entry> _known = new();

    /// <summary>By an Authorization header: null also when it is none of ours.</summary>
    public ValueTask<Caller?> FindAsync(StringValues authorization, CancellationToken cancellationToken) =>
        authorization is [{ } text] && text.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase)
            ? FindAsync(text[Scheme.Length..].Trim(' '), cancellationToken)
            : default;

    /// <summary>Null when there is no such key, or it was revoked or has expired.</summary>
    public ValueTask<Caller?> FindAsync(string secret, CancellationToken cancellationToken) =>
        ApiKeySecret.IsWellFormed(secret) ? FindAsync(ApiKeySecret.Hash(secret), cancellationToken) : default;

    /// <summary>By the key's hash.</summary>
    public async ValueTask<Caller?> FindAsync(byte[] bytes, CancellationToken cancellationToken)
    {
        var hash = MemoryMarshal.Read<KeyHash>(bytes);
        var now = time.GetTimestamp();
        if (_known.TryGetValue(hash, out var entry) && time.GetElapsedTime(entry.Since, now) < options.Value.KeyCacheTime)
        {
            usage.Note(bytes);
            return entry.Caller;
        }

        if (await queries.ApiKeyAsync(bytes, cancellationToken) is not { } row)
        {
            _known.TryRemove(hash, out _);
            return null;
        }

        // When it is full it starts over: that costs one lookup for each key in use, and needs no bookkeeping.
        if (_known.Count >= options.Value.KeyCacheCapacity)
        {
            _known.Clear();
        }

        var caller = Caller.Of(row);
        _known[hash] = new Entry(caller, now);
        usage.Note(bytes);
        return caller;
    }

    private readonly record struct KeyHash(UInt128 Left, UInt128 Right);

    private readonly record struct Entry(Caller Caller, long Since);
}
