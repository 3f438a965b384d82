using System.Collections.Concurrent;
using System.Collections.Immutable;
using Payments.Domain;
using Payments.Storage;

namespace Payments.Tests.Api;

/// <summary>Merchants and keys in memory.</summary>
public sealed class FakeMerchants : IMerchantStore
{
    private static readonly DateTimeOffset At = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);
    private byte _nextSecret = 100;

    public ConcurrentDictionary<string, MerchantLine> Merchants { get; } = new();
    public ConcurrentDictionary<Guid, KeyRow> Keys { get; } = new();

    /// <summary>The hashes that were noted as used, write by write.</summary>
    public ConcurrentQueue<IReadOnlyCollection<byte[]>> Used { get; } = new();

    /// <summary>Thrown by every write of a use when set.</summary>
    public Exception? Failure { get; set; }

    public Task<(MerchantLine Merchant, bool IsNew)> CreateMerchantAsync(Guid id, string name, Mode mode, FeeTerms fee, string? request, CancellationToken cancellationToken)
    {
        var row = new MerchantLine(Ids.Format(Ids.MerchantPrefix, id), name, mode.Name(), fee, At, request);
        var isNew = Merchants.TryAdd(row.Id, row);
        return Task.FromResult((Merchants[row.Id], isNew));
    }

    public Task<MerchantLine?> MerchantAsync(string merchantId, CancellationToken cancellationToken) => Task.FromResult(Merchants.GetValueOrDefault(merchantId));

    public Task<IReadOnlyList<MerchantLine>> MerchantsAsync(string? after, int limit, CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyList<MerchantLine>>([.. Merchants.Values.OrderBy(row => row.Id, StringComparer.Ordinal).Where(row => string.CompareOrdinal(row.Id, after) > 0).Take(limit)]);

    public Task<MerchantLine?> UpdateMerchantAsync(
        string merchantId, string? name, int? feeBasisPoints, long? feeFixed, bool? feeReturnedOnRefund, CancellationToken cancellationToken)
    {
        if (!Merchants.TryGetValue(merchantId, out var row))
        {
            return Task.FromResult<MerchantLine?>(null);
        }

        var fee = new FeeTerms(feeBasisPoints ?? row.Fee.BasisPoints, feeFixed ?? row.Fee.Fixed, feeReturnedOnRefund ?? row.Fee.ReturnedOnRefund);
        return Task.FromResult<MerchantLine?>(Merchants[merchantId] = row with { Name = name ?? row.Name, Fee = fee });
    }

    public Task<MadeKey?> CreateKeyAsync(
        Guid id, string? merchantId, string? name, ImmutableArray<string> scopes, string? request, CancellationToken cancellationToken) =>
        Task.FromResult(merchantId is not null && !Merchants.ContainsKey(merchantId) ? null : Make(id, merchantId, name, scopes, request));

    public Task<KeyRow?> KeyAsync(Guid id, CancellationToken cancellationToken) => Task.FromResult(Keys.GetValueOrDefault(id));

    public Task<KeyRow?> KeyOfAsync(string secret, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<IReadOnlyList<KeyRow>> KeysAsync(string? merchantId, Guid? after, int limit, CancellationToken cancellationToken) => Task.FromResult<IReadOnlyList<KeyRow>>(
        [.. Keys.Values.Where(row => row.MerchantId == (merchantId ?? row.MerchantId ?? "")).OrderBy(row => row.Id).Where(row => after is null || row.Id > after).Take(limit)]);

    public Task<IReadOnlyList<KeyRow>> OperatorKeysAsync(CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<MadeKey?> RotateKeyAsync(Guid id, Guid newId, TimeSpan grace, string? request, CancellationToken cancellationToken)
    {
        if (Keys.TryGetValue(newId, out var before))
        {
            return Task.FromResult<MadeKey?>(new(before, null));
        }

        if (!Keys.TryGetValue(id, out var old) || old is not { RevokedAt: null, ExpiresAt: null })
        {
            return Task.FromResult<MadeKey?>(null);
        }

        Keys[id] = old with { ExpiresAt = At + grace };
        return Task.FromResult<MadeKey?>(Make(newId, old.MerchantId, old.Name, old.Scopes, request));
    }

    public Task<KeyRow?> RevokeKeyAsync(Guid id, CancellationToken cancellationToken) =>
        Task.FromResult(Keys.TryGetValue(id, out var row) ? Keys[id] = row with { RevokedAt = row.RevokedAt ?? At } : null);

    public Task UsedAsync(IReadOnlyCollection<byte[]> hashes, DateTimeOffset at, CancellationToken cancellationToken)
    {
        Used.Enqueue(hashes);
        return Failure is null ? Task.CompletedTask : Task.FromException(Failure);
    }

    private MadeKey Make(Guid id, string? merchantId, string? name, ImmutableArray<string> scopes, string? request)
    {
        var random = new byte[32];
        random[0] = ++_nextSecret;
        var secret = ApiKeySecret.Create(merchantId is null ? ApiKeySecret.OperatorPrefix : ApiKeySecret.TestPrefix, random);
        var isNew = Keys.TryAdd(id, new(id, merchantId, name, scopes, ApiKeySecret.Hint(secret), At, null, null, null, request));
        return new(Keys[id], isNew ? secret : null);
    }
}
