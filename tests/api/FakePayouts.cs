using Payments.Domain;
using Payments.Storage;

namespace Payments.Tests.Api;

/// <summary>One payout, whoever asks, and settings that are always taken.</summary>
public sealed class FakePayouts : IPayoutStore
{
    public Task<Payout?> PayoutAsync(string merchantId, Guid payoutId, CancellationToken cancellationToken) => Task.FromResult<Payout?>(new()
    {
        MerchantId = merchantId,
        Id = payoutId,
        Mode = Mode.Test,
        Version = 1,
        Status = PayoutStatus.Pending,
        Currency = Currency.Of("EUR"),
        Amount = 1,
        Bank = "simulator",
        Destination = "DE89370400440532013000",
        Holder = "Shop",
        Fingerprint = "",
        CreatedAt = default,
        UpdatedAt = default,
        Attempt = 1,
        AttemptKind = AttemptKind.Send,
        ClaimedAt = default,
        Sends = 1,
        FirstSentAt = default,
        LastSentAt = default,
    });

    public Task<string?> OwnerAsync(Guid payoutId, CancellationToken cancellationToken) => Task.FromResult<string?>(ApiHost.Merchant);

    public Task<string?> TraceAsync(string merchantId, Guid payoutId, CancellationToken cancellationToken) => throw new InvalidOperationException("The front end asks for no traces.");

    public Task<IReadOnlyList<Payout>> PayoutsAsync(string merchantId, PayoutPlace? after, int limit, CancellationToken cancellationToken) => Task.FromResult<IReadOnlyList<Payout>>([]);

    public Task<IReadOnlyList<PayableBalance>> PayableAsync(string merchantId, string? currency, DateTimeOffset now, CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyList<PayableBalance>>([]);

    public Task<IReadOnlyList<PayoutSettings>> SettingsAsync(string merchantId, CancellationToken cancellationToken) => Task.FromResult<IReadOnlyList<PayoutSettings>>([]);

    public Task<bool> SetAsync(PayoutSettings settings, Guid changedBy, CancellationToken cancellationToken) => Task.FromResult(true);

    public Task<IReadOnlyList<DuePayout>> DueAsync(DateTimeOffset now, int shard, int shards, int limit, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<IReadOnlyList<PayoutSettings>> ScheduledAsync(DateOnly today, int shard, int shards, int limit, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task LookedAtAsync(string merchantId, string currency, DateOnly day, CancellationToken cancellationToken) => throw new NotSupportedException();
}
