using System.Collections.Concurrent;
using System.Collections.Immutable;
using Payments.Domain;
using Payments.Storage;

namespace Payments.Tests.Api;

/// <summary>A database that holds what a test puts there.</summary>
public sealed class FakeQueries : IPaymentQueries, ILedgerQueries
{
    private readonly ConcurrentDictionary<string, ApiKeyRow> _keys = new();
    private byte _nextKey;

    public ConcurrentDictionary<(string MerchantId, Guid Id), Payment> Payments { get; } = new();
    public List<TimelineItem> Timeline { get; } = [];
    public List<AccountRow> Accounts { get; } = [];
    public List<TrialBalanceLine> TrialBalance { get; } = [];

    /// <summary>Thrown by every read when set.</summary>
    public Exception? Failure { get; set; }

    public int KeyLookups { get; private set; }

    public (string? MerchantId, string? After, int Limit)? AccountsAsked { get; private set; }

    /// <summary>Makes a key; a null merchant makes an operator's.</summary>
    public string AddKey(string? merchantId, params ImmutableArray<string> scopes)
    {
        var random = new byte[32];
        random[0] = ++_nextKey;
        var secret = ApiKeySecret.Create(merchantId is null ? ApiKeySecret.OperatorPrefix : ApiKeySecret.TestPrefix, random);
        _keys[Convert.ToHexString(ApiKeySecret.Hash(secret))] = new(Guid.NewGuid(), merchantId, merchantId is null ? null : "test", ApiHost.Salt, scopes);
        return secret;
    }

    public void Revoke(string secret) => _keys.TryRemove(Convert.ToHexString(ApiKeySecret.Hash(secret)), out _);

    public Task<Payment?> PaymentAsync(string merchantId, Guid paymentId, CancellationToken cancellationToken) =>
        Read(() => Payments.GetValueOrDefault((merchantId, paymentId)));

    public (string MerchantId, PaymentFilter Filter, PaymentPlace? After, int Limit)? PaymentsAsked { get; private set; }

    public Task<IReadOnlyList<Payment>> PaymentsAsync(
        string merchantId, PaymentFilter filter, PaymentPlace? after, int limit, CancellationToken cancellationToken)
    {
        PaymentsAsked = (merchantId, filter, after, limit);
        return Read<IReadOnlyList<Payment>>(() => [.. Payments.Values.Where(payment => payment.MerchantId == merchantId).OrderByDescending(payment => payment.Id).Take(limit)]);
    }

    public Task<byte[]> PlatformSecretAsync(CancellationToken cancellationToken) => Read(() => new byte[32]);

    public Task<IReadOnlyList<TimelineItem>> TimelineAsync(string merchantId, Guid paymentId, CancellationToken cancellationToken) =>
        Read<IReadOnlyList<TimelineItem>>(() => Payments.ContainsKey((merchantId, paymentId)) ? Timeline : []);

    public Task<ApiKeyRow?> ApiKeyAsync(ReadOnlyMemory<byte> hash, CancellationToken cancellationToken)
    {
        KeyLookups++;
        return Task.FromResult(_keys.GetValueOrDefault(Convert.ToHexString(hash.Span)));
    }

    public Task CheckReadyAsync(CancellationToken cancellationToken) => Read(() => true);

    public List<StatementLine> Statement { get; } = [];
    public ConcurrentDictionary<Guid, EntryDetails> Entries { get; } = new();

    public (DateTimeOffset? From, DateTimeOffset? To, long? After, int Limit)? StatementAsked { get; private set; }

    public DateTimeOffset? At { get; private set; }

    public Task<AccountRow?> AccountAsync(string? merchantId, string accountId, DateTimeOffset? at, CancellationToken cancellationToken)
    {
        At = at;
        return Read(() => Accounts.Find(account => account.Id == accountId && IsOf(merchantId, account)));
    }

    public Task<IReadOnlyList<AccountRow>> AccountsAsync(
        string? merchantId, DateTimeOffset? at, string? after, int limit, CancellationToken cancellationToken)
    {
        (AccountsAsked, At) = ((merchantId, after, limit), at);
        return Read<IReadOnlyList<AccountRow>>(() => [.. Accounts.Where(account => IsOf(merchantId, account)).Take(limit)]);
    }

    public Task<IReadOnlyList<TrialBalanceLine>> TrialBalanceAsync(string? merchantId, DateTimeOffset? at, CancellationToken cancellationToken)
    {
        At = at;
        return Read<IReadOnlyList<TrialBalanceLine>>(() => TrialBalance);
    }

    public Task<IReadOnlyList<StatementLine>> StatementAsync(
        string? merchantId, string accountId, DateTimeOffset? from, DateTimeOffset? to, long? after, int limit, CancellationToken cancellationToken)
    {
        StatementAsked = (from, to, after, limit);
        return Read<IReadOnlyList<StatementLine>>(() => [.. Statement.Take(limit)]);
    }

    public Task<EntryDetails?> EntryAsync(string? merchantId, Guid entryId, CancellationToken cancellationToken) => Read(() => AnyEntry ?? Entries.GetValueOrDefault(entryId));

    /// <summary>What every entry looks like when set.</summary>
    public EntryDetails? AnyEntry { get; set; }

    private static bool IsOf(string? merchantId, AccountRow account) =>
        merchantId is null || account.Id.StartsWith($"merchant:{merchantId}:", StringComparison.Ordinal);

    private Task<T> Read<T>(Func<T> value) => Failure is null ? Task.FromResult(value()) : Task.FromException<T>(Failure);
}
