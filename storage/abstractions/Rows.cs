using System.Collections.Immutable;
using Orleans;

namespace Payments.Storage;

/// <summary>A payment as it is stored and as it travels between grains. Amounts in minor units, times UTC.</summary>
[GenerateSerializer, Immutable, Alias("payments.storage.PaymentRow")]
public sealed record PaymentRow
{
    [Id(0)] public required string MerchantId { get; init; }
    [Id(1)] public required Guid Id { get; init; }
    [Id(2)] public required string Mode { get; init; }
    [Id(3)] public required long Version { get; init; }
    [Id(4)] public required string Status { get; init; }
    [Id(5)] public required string Currency { get; init; }
    [Id(6)] public required long Amount { get; init; }
    [Id(7)] public required long Fee { get; init; }
    [Id(8)] public required long Captured { get; init; }
    [Id(9)] public required long Refunded { get; init; }
    [Id(10)] public required long RefundsInFlight { get; init; }
    [Id(11)] public required string Gateway { get; init; }
    [Id(12)] public required string PaymentMethod { get; init; }
    [Id(13)] public required string? Reference { get; init; }
    [Id(14)] public required string? Description { get; init; }
    [Id(15)] public required DateTimeOffset CreatedAt { get; init; }
    [Id(16)] public required DateTimeOffset UpdatedAt { get; init; }
    [Id(17)] public required DateTimeOffset? NextActionAt { get; init; }
    [Id(18)] public required string Capture { get; init; }
    [Id(19)] public required long CapturesInFlight { get; init; }
    [Id(20)] public required DateTimeOffset? AuthorizedUntil { get; init; }
    [Id(21)] public required int FeeBasisPoints { get; init; }
    [Id(22)] public required long FeeFixed { get; init; }
    [Id(23)] public required bool FeeReturnedOnRefund { get; init; }
    [Id(24)] public required string? Customer { get; init; }
    [Id(25)] public required string? StatementDescriptor { get; init; }

    /// <summary>JSON; null for none.</summary>
    [Id(26)] public required string? Metadata { get; init; }

    /// <summary>The processors that may be tried, in order, with commas between them.</summary>
    [Id(27)] public required string Routes { get; init; }

    [Id(28)] public required string? ReturnUrl { get; init; }
    [Id(29)] public required string? ActionUrl { get; init; }
    [Id(30)] public required long RefundsReversed { get; init; }
    [Id(31)] public required long Disputed { get; init; }

    public override string ToString() => nameof(PaymentRow);
}

/// <summary>An operation as it is stored; <see cref="Position"/> keeps the order in which a payment accepted them (the charge or authorization is 0).</summary>
[GenerateSerializer, Immutable, Alias("payments.storage.OperationRow")]
public sealed record OperationRow
{
    [Id(0)] public required Guid Id { get; init; }
    [Id(1)] public required string Kind { get; init; }
    [Id(2)] public required string Status { get; init; }
    [Id(3)] public required long Amount { get; init; }
    [Id(4)] public required string Fingerprint { get; init; }
    [Id(5)] public required string? Reason { get; init; }
    [Id(6)] public required DateTimeOffset CreatedAt { get; init; }
    [Id(7)] public required int Position { get; init; }
    [Id(8)] public required int Attempt { get; init; }
    [Id(9)] public required string AttemptKind { get; init; }
    [Id(10)] public required DateTimeOffset ClaimedAt { get; init; }
    [Id(11)] public required string? Answer { get; init; }
    [Id(12)] public required int Sends { get; init; }
    [Id(13)] public required int ProvenUnsent { get; init; }
    [Id(14)] public required DateTimeOffset FirstSentAt { get; init; }
    [Id(15)] public required DateTimeOffset LastSentAt { get; init; }
    [Id(16)] public required DateTimeOffset? NextActionAt { get; init; }
    [Id(17)] public required string? ProcessorReference { get; init; }
    [Id(18)] public required string? Code { get; init; }
    [Id(19)] public required bool IsFinalCapture { get; init; }
    [Id(20)] public required long Fee { get; init; }

    /// <summary>JSON; null for none.</summary>
    [Id(21)] public required string? Metadata { get; init; }

    [Id(22)] public required long ProcessorFee { get; init; }
    [Id(23)] public required Guid? About { get; init; }

    public override string ToString() => nameof(OperationRow);
}

/// <summary>A journal entry to be posted. Whether it is a request (held against limits) or evidence (never refused) is its own to say.</summary>
[GenerateSerializer, Immutable, Alias("payments.storage.EntryRow")]
public sealed record EntryRow
{
    [Id(0)] public required Guid Id { get; init; }
    [Id(1)] public required string Kind { get; init; }
    [Id(2)] public required bool IsRequest { get; init; }
    [Id(3)] public required string MerchantId { get; init; }
    [Id(4)] public required Guid? PaymentId { get; init; }
    [Id(5)] public required Guid? OperationId { get; init; }
    [Id(6)] public required ImmutableArray<PostingRow> Postings { get; init; }

    /// <summary>What a merchant's own entry carries besides; null for all others.</summary>
    [Id(7)] public OwnEntryRow? Own { get; init; }

    /// <summary>When it happened (UTC), where that is not when it is posted.</summary>
    [Id(8)] public DateTimeOffset? EffectiveAt { get; init; }

    /// <summary>What every account that a request decreases must be left with, as its owner reads it, besides its own minimum.</summary>
    [Id(9)] public long? Floor { get; init; }

    public override string ToString() => nameof(EntryRow);
}

/// <summary>What an entry carries that a merchant's own service posted.</summary>
/// <param name="Fingerprint">What was asked for: the same key with another one is a mistake.</param>
/// <param name="Metadata">JSON; null for none.</param>
/// <param name="Reverses">The entry that this one takes back, if any.</param>
[GenerateSerializer, Immutable, Alias("payments.storage.OwnEntryRow")]
public sealed record OwnEntryRow(
    [property: Id(0)] string Fingerprint, [property: Id(1)] string? Description, [property: Id(2)] string? Metadata, [property: Id(3)] Guid? Reverses)
{
    public override string ToString() => nameof(OwnEntryRow);
}

/// <param name="Account">The account's id, e.g. <c>merchant:mer_…:balance:EUR</c>.</param>
/// <param name="Amount">Minor units: debit +, credit -.</param>
[GenerateSerializer, Immutable, Alias("payments.storage.PostingRow")]
public readonly record struct PostingRow([property: Id(0)] string Account, [property: Id(1)] long Amount);

/// <summary>
/// Everything that one decision writes, in one transaction or not at all. <see cref="Payment"/> carries the new version; the commit is
/// stale unless the stored one is exactly one less (absent counts as 0).
/// </summary>
[GenerateSerializer, Immutable, Alias("payments.storage.Commit")]
public sealed record Commit
{
    /// <summary>When it was decided: the time of its audit row and events.</summary>
    [Id(0)] public required DateTimeOffset At { get; init; }

    /// <summary>The payment after the change; null for an entry of its own.</summary>
    [Id(1)] public required PaymentRow? Payment { get; init; }

    /// <summary>The operation that changed; present exactly when <see cref="Payment"/> is.</summary>
    [Id(2)] public required OperationRow? Operation { get; init; }

    /// <summary>What happened, in the audit trail's words.</summary>
    [Id(3)] public required string Action { get; init; }

    /// <summary>Types of the events that the merchant gets.</summary>
    [Id(4)] public required ImmutableArray<string> Events { get; init; }

    [Id(5)] public required EntryRow? Entry { get; init; }

    /// <summary>What of the inbox led here: it is marked as applied in the same transaction.</summary>
    [Id(6)] public EvidenceId? Evidence { get; init; }

    /// <summary>A payout after the change; then there is no payment.</summary>
    [Id(7)] public PayoutRow? Payout { get; init; }

    /// <summary>Whose word the change of the payout is, where that is a person's.</summary>
    [Id(8)] public PayoutRuling? Ruling { get; init; }

    /// <summary>The trace in which it is made, as a W3C trace context: an operation or payout keeps that of its first commit.</summary>
    [Id(9)] public string? Trace { get; init; }

    /// <summary>Whether it needs rows that commits of other payments need too: accounts, or the merchant's event numbers.</summary>
    public bool TakesSharedRows => Entry is not null || Events.Length > 0;

    public override string ToString() => nameof(Commit);
}

/// <summary>Names a piece of evidence in the inbox.</summary>
/// <param name="Source">The processor that told it, or <c>operator</c>.</param>
/// <param name="EventId">The processor's own id of the event, or that of the decision: told twice, it is one.</param>
[GenerateSerializer, Immutable, Alias("payments.storage.EvidenceId")]
public sealed record EvidenceId([property: Id(0)] string Source, [property: Id(1)] string EventId)
{
    public override string ToString() => nameof(EvidenceId);
}

/// <summary>What became of a commit.</summary>
[GenerateSerializer, Alias("payments.storage.CommitVerdict")]
public enum CommitVerdict
{
    /// <summary>It is durable.</summary>
    Committed = 0,

    /// <summary>The payment has another version by now; nothing was written.</summary>
    StaleVersion = 1,

    /// <summary>A requested decrease would take an account below its minimum; nothing was written.</summary>
    LimitExceeded = 2,

    /// <summary>The entry's id exists already; nothing was written.</summary>
    DuplicateEntry = 3,

    /// <summary>The database refuses this one, and always will: a bug. Nothing was written.</summary>
    Rejected = 4,

    /// <summary>The queue is full; nothing was written, try again later.</summary>
    Busy = 5,

    /// <summary>Not known: it may be durable now, or become so. Reload before the next decision.</summary>
    Unknown = 6,

    /// <summary>The entry that this one takes back was taken back already; nothing was written.</summary>
    EntryReversed = 7,

    /// <summary>An account of a merchant's own that nobody opened; nothing was written.</summary>
    AccountMissing = 8,

    /// <summary>A balance would leave the range of a 64-bit number; nothing was written.</summary>
    BalanceOutOfRange = 9,
}

/// <param name="Verdict">What became of it.</param>
/// <param name="Detail">The account whose limit it was, or the database's reason.</param>
[GenerateSerializer, Immutable, Alias("payments.storage.CommitResult")]
public readonly record struct CommitResult([property: Id(0)] CommitVerdict Verdict, [property: Id(1)] string? Detail = null);

/// <summary>An account as the database has it.</summary>
/// <param name="Minimum">What a requested decrease must leave, as the owner reads it; null: no limit.</param>
/// <param name="Balance">Debit +, credit -.</param>
/// <param name="Seq">The number of its latest posting.</param>
public sealed record AccountRow(string Id, string Currency, bool GrowsByDebit, long? Minimum, long Balance, long Seq);

/// <param name="Salt">Turns idempotency keys into ids; 32 bytes, never changed.</param>
public sealed record MerchantRow(string Id, string Name, string Mode, ImmutableArray<byte> Salt, int FeeBasisPoints, long FeeFixed, bool FeeReturnedOnRefund);

/// <summary>A payment that wants to be looked at.</summary>
public sealed record DuePayment(string MerchantId, Guid PaymentId, DateTimeOffset NextActionAt);
