using Payments.Domain;

namespace Payments.Storage;

/// <summary>What reconciliation could not explain, and what people found out about it. Nothing of it ever vanishes.</summary>
public interface IBreakBook
{
    /// <summary>Breaks by when they were opened, the oldest first, behind <paramref name="after"/>.</summary>
    /// <param name="isOpen">Only those that are open, or have ended; null: both.</param>
    Task<IReadOnlyList<BreakRow>> ListAsync(bool? isOpen, string? gateway, string? kind, OperationCursor? after, int limit, CancellationToken cancellationToken);

    /// <summary>One of them; null when there is none.</summary>
    Task<BreakRow?> FindAsync(Guid id, CancellationToken cancellationToken);

    /// <summary>Gives it to somebody to look into; null: to nobody. False when there is none, or it has ended.</summary>
    Task<bool> AssignAsync(Guid id, string? owner, CancellationToken cancellationToken);

    /// <summary>Ends it: the row is the decision, and its entry follows with the next run of the reconciliation.</summary>
    Task<ResolveVerdict> ResolveAsync(Guid id, BreakResolution resolution, string reason, string by, CancellationToken cancellationToken);

    /// <summary>The receivable of each processor and currency over a range of time (UTC): what was owed, what came, what was settled, what is owed.</summary>
    /// <param name="from">Not included: what was posted until then is the opening balance. Null: from the beginning.</param>
    /// <param name="until">Included; null: until now.</param>
    Task<IReadOnlyList<ReceivableSummary>> SummaryAsync(DateTimeOffset? from, DateTimeOffset? until, CancellationToken cancellationToken);

    /// <summary>What cannot be explained, by processor, currency and day (UTC) on which it happened, the latest days first.</summary>
    /// <param name="limit">How many of them at most.</param>
    Task<IReadOnlyList<Drift>> DriftAsync(int limit, CancellationToken cancellationToken);
}

/// <summary>What became of an attempt to end a break.</summary>
public enum ResolveVerdict
{
    Resolved,

    /// <summary>There is no such break.</summary>
    NotFound,

    /// <summary>It has ended already.</summary>
    AlreadyResolved,

    /// <summary>A break like this does not end so: see <see cref="BreakNames.CanEnd"/>.</summary>
    CannotEndSo,
}

/// <summary>A break. Amounts in minor units, times UTC.</summary>
/// <param name="At">When it happened, at the processor or here.</param>
/// <param name="File">The settlement file's name; null for what is missing at the processor.</param>
/// <param name="Ended">How it ended; null while it is open.</param>
public sealed record BreakRow(
    Guid Id, string Gateway, string Kind, string? File, int? Line, string? LineId, string? Type, Guid? OperationId, DateTimeOffset At, string Currency, long Amount,
    DateTimeOffset OpenedAt, string? Owner, BreakEnd? Ended);

/// <param name="IsPosted">Its entry is in the ledger; null where it has none.</param>
public sealed record BreakEnd(string Resolution, string Reason, string By, DateTimeOffset At, bool? IsPosted);

/// <summary>Minor units, + is owed to us. Opening + activity - settled + corrected = closing, by the ledger and to the minor unit.</summary>
/// <param name="Activity">What payments added.</param>
/// <param name="Settled">What settlement files took off.</param>
/// <param name="Corrected">What the ends of breaks added.</param>
/// <param name="InTransit">Settled, and not at our bank yet; at the end of the range.</param>
/// <param name="Suspense">Settled, and not explained; + is more than we can explain; at the end of the range.</param>
/// <param name="OpenBreaks">How many breaks are open now.</param>
public sealed record ReceivableSummary(
    string Gateway, string Currency, long Opening, long Activity, long Settled, long Corrected, long Closing, long InTransit, long Fees, long Suspense, long OpenBreaks);

/// <param name="Amount">Minor units, + is more than we can explain.</param>
public sealed record Drift(string Gateway, string Currency, DateOnly Day, long Breaks, long Amount);
