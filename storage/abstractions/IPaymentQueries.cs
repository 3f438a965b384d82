using System.Collections.Immutable;
using Payments.Domain;

namespace Payments.Storage;

/// <summary>What the front end reads straight from the database, always within one merchant: reading activates no grain.</summary>
public interface IPaymentQueries
{
    /// <summary>Null when this merchant has no such payment, whoever else may have it.</summary>
    Task<Payment?> PaymentAsync(string merchantId, Guid paymentId, CancellationToken cancellationToken);

    /// <summary>A merchant's payments that fit, newest first, at most <paramref name="limit"/>, behind <paramref name="after"/>.</summary>
    Task<IReadOnlyList<Payment>> PaymentsAsync(string merchantId, PaymentFilter filter, PaymentPlace? after, int limit, CancellationToken cancellationToken);

    /// <summary>32 bytes that all nodes share: they sign cursors, and turn operators' idempotency keys into ids.</summary>
    Task<byte[]> PlatformSecretAsync(CancellationToken cancellationToken);

    /// <summary>What happened to a payment, in order: audit rows, journal entries and events. Empty when there is no such payment.</summary>
    /// <exception cref="ArchivedException">Some of it is archived.</exception>
    Task<IReadOnlyList<TimelineItem>> TimelineAsync(string merchantId, Guid paymentId, CancellationToken cancellationToken);

    /// <summary>Whose key this is: looked up by the SHA-256 of the secret; null when there is none, or it was revoked or has expired.</summary>
    Task<ApiKeyRow?> ApiKeyAsync(ReadOnlyMemory<byte> hash, CancellationToken cancellationToken);

    /// <summary>Throws when the database is not there or its schema is not this program's.</summary>
    Task CheckReadyAsync(CancellationToken cancellationToken);
}

/// <summary>Which payments are wanted; null: whichever.</summary>
/// <param name="CreatedFrom">UTC, included.</param>
/// <param name="CreatedTo">UTC, not included.</param>
/// <param name="Amount">Minor units.</param>
public sealed record PaymentFilter(
    string? Status = null, DateTimeOffset? CreatedFrom = null, DateTimeOffset? CreatedTo = null, string? Reference = null, long? Amount = null, string? Customer = null);

/// <summary>A payment's place in the list of all: the newest first, and of two that were made at once the greater id.</summary>
public readonly record struct PaymentPlace(DateTimeOffset CreatedAt, Guid Id);

/// <param name="At">UTC.</param>
/// <param name="Kind"><c>audit</c>, <c>entry</c> or <c>event</c>.</param>
/// <param name="Name">The audit action, the entry's kind, or the event's type.</param>
/// <param name="Version">The payment's version that it belongs to; 0 for entries.</param>
/// <param name="OperationKind">What kind of operation it belongs to.</param>
/// <param name="Postings">An entry's lines.</param>
/// <param name="Evidence">What of the inbox a change followed from: its source and the id of the event.</param>
public sealed record TimelineItem(
    DateTimeOffset At, string Kind, string Name, long Version, Guid OperationId, string OperationKind, int? Attempt, string? AttemptKind, string? Answer, string? Code,
    string? Status, Guid? EntryId, ImmutableArray<PostingRow> Postings, string? Evidence = null);

/// <param name="Id">Tells operators apart.</param>
/// <param name="MerchantId">Null for an operator's key.</param>
public sealed record ApiKeyRow(Guid Id, string? MerchantId, string? Mode, ImmutableArray<byte> Salt, ImmutableArray<string> Scopes);
