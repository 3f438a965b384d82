using Orleans;
using Payments.Domain;

namespace Payments.Storage;

/// <summary>Evidence that nobody asked for: it is stored as it came, before it is answered, and kept until it is understood.</summary>
public interface IInbox
{
    /// <summary>Stores what came; what is there already stays as it is. True when it is new.</summary>
    Task<bool> ReceiveAsync(InboxEvent received, ReadOnlyMemory<byte> body, CancellationToken cancellationToken);

    /// <summary>One piece of evidence; null when there is none.</summary>
    Task<InboxEvent?> FindAsync(EvidenceId id, CancellationToken cancellationToken);

    /// <summary>What is not understood yet and due to be tried, longest first, at most <paramref name="limit"/>, of one shard of <paramref name="shards"/>.</summary>
    Task<IReadOnlyList<EvidenceId>> DueAsync(DateTimeOffset now, int shard, int shards, int limit, CancellationToken cancellationToken);

    /// <summary>Where an operation is, by its own id, or by the processor's reference of what a payment began with; null when there is none (yet).</summary>
    Task<OperationPlace?> PlaceAsync(string gateway, Guid? operationId, string? processorReference, CancellationToken cancellationToken);

    /// <summary>Nothing follows from it: either it says nothing new, or a person must look at it. What was applied stays applied.</summary>
    Task SettleAsync(EvidenceId id, InboxState state, string? reason, OperationPlace? place, DateTimeOffset at, CancellationToken cancellationToken);

    /// <summary>It cannot be judged yet: it will be tried again.</summary>
    Task PostponeAsync(EvidenceId id, string reason, OperationPlace? place, DateTimeOffset nextTry, CancellationToken cancellationToken);
}

/// <summary>Sources of evidence that are no processors.</summary>
public static class EvidenceSources
{
    /// <summary>No processor may be called so.</summary>
    public const string Operator = "operator";
}

/// <summary>What became of a piece of evidence.</summary>
public enum InboxState
{
    /// <summary>Not understood yet.</summary>
    Received,

    /// <summary>A change followed from it.</summary>
    Applied,

    /// <summary>It says what was known.</summary>
    NothingNew,

    /// <summary>A person must look at it.</summary>
    Flagged,
}

/// <summary>The stored name of an <see cref="InboxState"/>.</summary>
public static class InboxStates
{
    public static string Name(this InboxState state) => state switch
    {
        InboxState.Received => "received",
        InboxState.Applied => "applied",
        InboxState.NothingNew => "nothing_new",
        InboxState.Flagged => "flagged",
    };
}

/// <summary>A piece of evidence and what became of it.</summary>
/// <param name="ReceivedAt">UTC.</param>
/// <param name="Tries">How often it was tried to understand it, in vain.</param>
public sealed record InboxEvent(EvidenceId Id, DateTimeOffset ReceivedAt, NewsRow News, InboxState State = InboxState.Received, int Tries = 0, string? Reason = null);

/// <summary>Where an operation is.</summary>
public sealed record OperationPlace(string MerchantId, Guid PaymentId, Guid OperationId);

/// <summary>What a piece of evidence says, reduced to what payments need. Amounts in minor units, times UTC.</summary>
[GenerateSerializer, Immutable, Alias("payments.storage.NewsRow")]
public sealed record NewsRow
{
    /// <summary>The name of a <see cref="GatewayAnswerKind"/>, or of a notice's <see cref="OperationKind"/>; null when it says nothing that matters here.</summary>
    [Id(0)] public required string? Kind { get; init; }

    /// <summary>The processor whose word it is.</summary>
    [Id(1)] public required string Gateway { get; init; }

    /// <summary>The operation that it is about, as far as it names ours.</summary>
    [Id(2)] public Guid? OperationId { get; init; }

    /// <summary>The processor's own id of what the payment began with: by it news are matched that do not name ours.</summary>
    [Id(3)] public string? BegunReference { get; init; }

    /// <summary>The processor's own id of the operation, or of the dispute.</summary>
    [Id(4)] public string? Reference { get; init; }

    [Id(5)] public string? Code { get; init; }
    [Id(6)] public long? Amount { get; init; }

    /// <summary>ISO 4217.</summary>
    [Id(7)] public string? Currency { get; init; }

    [Id(8)] public DateTimeOffset? AuthorizedUntil { get; init; }
    [Id(9)] public string? ActionUrl { get; init; }
    [Id(10)] public bool IsRetryable { get; init; }
    [Id(11)] public long Fee { get; init; }
    [Id(12)] public long Kept { get; init; }

    public override string ToString() => nameof(NewsRow);
}
