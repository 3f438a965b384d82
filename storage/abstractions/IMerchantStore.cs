using System.Collections.Immutable;
using Payments.Domain;

namespace Payments.Storage;

/// <summary>Merchants and API keys: the few rows that people make. What has an id from its maker is made once, however often it is asked for.</summary>
public interface IMerchantStore
{
    /// <summary>Makes a merchant, or finds the one that has this id already.</summary>
    /// <param name="request">What was asked for, as a fingerprint.</param>
    Task<(MerchantLine Merchant, bool IsNew)> CreateMerchantAsync(
        Guid id, string name, Mode mode, FeeTerms fee, string? request, CancellationToken cancellationToken);

    Task<MerchantLine?> MerchantAsync(string merchantId, CancellationToken cancellationToken);

    /// <summary>The oldest first, behind the one with the id <paramref name="after"/>.</summary>
    Task<IReadOnlyList<MerchantLine>> MerchantsAsync(string? after, int limit, CancellationToken cancellationToken);

    /// <summary>Changes what is not null; null when there is no such merchant. Payments keep the fee that they were made with.</summary>
    Task<MerchantLine?> UpdateMerchantAsync(
        string merchantId, string? name, int? feeBasisPoints, long? feeFixed, bool? feeReturnedOnRefund, CancellationToken cancellationToken);

    /// <summary>Makes a key, or finds the one that has this id already; null when there is no such merchant.</summary>
    /// <param name="merchantId">Null for an operator's key.</param>
    /// <param name="request">What was asked for, as a fingerprint.</param>
    Task<MadeKey?> CreateKeyAsync(
        Guid id, string? merchantId, string? name, ImmutableArray<string> scopes, string? request, CancellationToken cancellationToken);

    Task<KeyRow?> KeyAsync(Guid id, CancellationToken cancellationToken);

    /// <summary>The key that has this secret.</summary>
    Task<KeyRow?> KeyOfAsync(string secret, CancellationToken cancellationToken);

    /// <summary>Merchants' keys, the oldest first, behind the one with the id <paramref name="after"/>; of one merchant, or all (null).</summary>
    Task<IReadOnlyList<KeyRow>> KeysAsync(string? merchantId, Guid? after, int limit, CancellationToken cancellationToken);

    /// <summary>Operators' keys, the oldest first.</summary>
    Task<IReadOnlyList<KeyRow>> OperatorKeysAsync(CancellationToken cancellationToken);

    /// <summary>
    /// Makes a key with the same merchant, name and scopes as another, which ends after the grace; or finds the one that has the new id
    /// already. Null when there is no such key, or it was revoked or rotated before.
    /// </summary>
    Task<MadeKey?> RotateKeyAsync(Guid id, Guid newId, TimeSpan grace, string? request, CancellationToken cancellationToken);

    /// <summary>Ends a key at once and for good; null when there is no such key.</summary>
    Task<KeyRow?> RevokeKeyAsync(Guid id, CancellationToken cancellationToken);

    /// <summary>Notes that the keys with these hashes were used.</summary>
    Task UsedAsync(IReadOnlyCollection<byte[]> hashes, DateTimeOffset at, CancellationToken cancellationToken);
}

/// <param name="Mode"><c>test</c> or <c>live</c>.</param>
public sealed record MerchantLine(string Id, string Name, string Mode, FeeTerms Fee, DateTimeOffset CreatedAt, string? Request);

/// <param name="MerchantId">Null for an operator's key.</param>
/// <param name="Hint">The last four letters of the secret.</param>
/// <param name="LastUsedAt">To the minute.</param>
/// <param name="ExpiresAt">Set once it was rotated.</param>
public sealed record KeyRow(
    Guid Id, string? MerchantId, string? Name, ImmutableArray<string> Scopes, string Hint, DateTimeOffset CreatedAt, DateTimeOffset? LastUsedAt,
    DateTimeOffset? ExpiresAt, DateTimeOffset? RevokedAt, string? Request)
{
    /// <summary>Whether it opens anything at that time.</summary>
    public bool WorksAt(DateTimeOffset at) => RevokedAt is null && (ExpiresAt is null || ExpiresAt > at);
}

/// <summary>A key and, only when it was made just now, its secret, which nobody can ever see again. No record: it must not print itself.</summary>
public sealed class MadeKey(KeyRow key, string? secret)
{
    public KeyRow Key => key;

    /// <summary>Null when the key was there already.</summary>
    public string? Secret => secret;
}
