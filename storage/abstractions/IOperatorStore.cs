using Payments.Domain;

namespace Payments.Storage;

/// <summary>What operators see and do: what nobody knows the outcome of, evidence that does not fit, decisions, and closed processors.</summary>
public interface IOperatorStore
{
    /// <summary>Operations that are not decided, the longest open first, behind <paramref name="after"/>; of one merchant, or all (null).</summary>
    /// <param name="outcome">Only those with that outcome; null: whichever.</param>
    /// <param name="before">Only those first sent before then (UTC); null: whenever.</param>
    Task<IReadOnlyList<OpenOperation>> OpenOperationsAsync(
        string? merchantId, Outcome? outcome, DateTimeOffset? before, OperationCursor? after, int limit, CancellationToken cancellationToken);

    /// <summary>How many operations first sent before then are of unknown outcome, by processor.</summary>
    Task<IReadOnlyList<UnknownCount>> CountUnknownAsync(DateTimeOffset before, CancellationToken cancellationToken);

    /// <summary>One operation, wherever it is; null when there is none.</summary>
    Task<OpenOperation?> OperationAsync(Guid operationId, CancellationToken cancellationToken);

    /// <summary>Records a decision, or finds that this operator has made one about the operation already; and says who has decided what so far.</summary>
    Task<IReadOnlyList<DecisionRow>> DecideAsync(DecisionRow decision, CancellationToken cancellationToken);

    /// <summary>Evidence that a person must look at, the newest first, behind <paramref name="after"/>.</summary>
    Task<IReadOnlyList<FlaggedEvidence>> FlaggedAsync(OperationCursor? after, int limit, CancellationToken cancellationToken);

    /// <summary>How much of the inbox waits, and how much of it is flagged.</summary>
    Task<(long Waiting, long Flagged)> CountInboxAsync(CancellationToken cancellationToken);

    /// <summary>The processors that operators have closed for new payments.</summary>
    Task<IReadOnlyList<string>> DrainedAsync(CancellationToken cancellationToken);

    /// <summary>Closes or opens one.</summary>
    Task DrainAsync(string gateway, bool isDrained, string? reason, Guid changedBy, DateTimeOffset at, CancellationToken cancellationToken);
}

/// <summary>A place in a list by time.</summary>
public readonly record struct OperationCursor(DateTimeOffset At, string Id);

/// <summary>An operation with what one must know of its payment to judge it. Amounts in minor units, times UTC.</summary>
public sealed record OpenOperation(
    string MerchantId, Guid PaymentId, string Gateway, string Currency, string PaymentStatus, Operation Operation, IReadOnlyList<DecisionRow> Decisions);

/// <param name="Oldest">When the first of them was first sent (UTC).</param>
public sealed record UnknownCount(string Gateway, string Currency, long Count, long Amount, DateTimeOffset Oldest);

/// <summary>What an operator decided about an operation.</summary>
/// <param name="Outcome"><c>done</c> or <c>declined</c>.</param>
/// <param name="DecidedBy">The operator's key.</param>
/// <param name="Needed">How many operators must agree.</param>
/// <param name="Request">Fingerprint of what was asked for.</param>
public sealed record DecisionRow(
    Guid Id, string MerchantId, Guid PaymentId, Guid OperationId, string Outcome, string Reason, Guid DecidedBy, DateTimeOffset DecidedAt, int Needed, string Request);

/// <param name="Reason">Why nobody but a person can judge it.</param>
public sealed record FlaggedEvidence(
    EvidenceId Id, DateTimeOffset ReceivedAt, string Reason, string? MerchantId, Guid? PaymentId, NewsRow News);
