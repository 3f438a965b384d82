using Payments.Domain;

namespace Payments.Storage;

/// <summary>What the grains need of the database: one way to write, and few ways to read.</summary>
public interface IPaymentStore
{
    /// <summary>
    /// Writes everything of a commit in one transaction, together with whatever else is waiting. Never throws for an outside condition:
    /// the verdict says what is known. It takes no cancellation on purpose: a caller's impatience must not touch a commit.
    /// </summary>
    Task<CommitResult> CommitAsync(Commit commit);

    /// <summary>The payment with all of its operations; null when there is none.</summary>
    Task<Payment?> LoadAsync(string merchantId, Guid paymentId, CancellationToken cancellationToken);

    /// <summary>The traces of the requests that asked for what is open of a payment, as W3C trace contexts: for whoever looks into it, and nothing else.</summary>
    Task<IReadOnlyList<string>> TracesAsync(string merchantId, Guid paymentId, CancellationToken cancellationToken);

    /// <summary>A merchant's settings; null when there is none.</summary>
    Task<MerchantRow?> MerchantAsync(string merchantId, CancellationToken cancellationToken);

    /// <summary>An account as it is now; null when nothing was ever posted to it.</summary>
    Task<AccountRow?> AccountAsync(string accountId, CancellationToken cancellationToken);

    /// <summary>Opens an account of a merchant's own, or changes its minimum; false when there is no such merchant.</summary>
    /// <param name="minimum">What a requested decrease must leave, as the owner reads it, in minor units; null: no limit.</param>
    Task<bool> OpenAccountAsync(AccountId account, long? minimum, CancellationToken cancellationToken);

    /// <summary>Payments whose next action was due at <paramref name="now"/>, longest overdue first, at most <paramref name="limit"/>,
    /// of one shard of <paramref name="shards"/>, after those of the page before.</summary>
    Task<IReadOnlyList<DuePayment>> DueAsync(
        DateTimeOffset now, int shard, int shards, DuePayment? after, int limit, CancellationToken cancellationToken);
}
