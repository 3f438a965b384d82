using Payments.Domain;

namespace Payments.Storage;

/// <summary>
/// Processors' files held against our operations and our ledger. Each step is one that can be made again: whoever stops in between, or runs beside
/// another, loses nothing and posts nothing twice. <see cref="ReconciliationRun"/> makes them in their order.
/// </summary>
public interface IReconciliation
{
    /// <summary>The processors of which files were imported.</summary>
    Task<IReadOnlyList<string>> GatewaysAsync(CancellationToken cancellationToken);

    /// <summary>Matches a page of lines of the oldest file that is not matched; null when there is none.</summary>
    Task<MatchProgress?> MatchAsync(string gateway, CancellationToken cancellationToken);

    /// <summary>The oldest file that is matched and not posted, with its entries, one a currency; null when there is none.</summary>
    Task<DueSettlement?> DueSettlementAsync(string gateway, CancellationToken cancellationToken);

    /// <summary>Its entries are posted: looks for what it leaves missing at the processor, and is done with the file.</summary>
    Task FinishAsync(DueSettlement posted, CancellationToken cancellationToken);

    /// <summary>Judges anew what was settled before we knew it to have happened. Answers how many breaks ended.</summary>
    Task<int> RejudgeAsync(string gateway, CancellationToken cancellationToken);

    /// <summary>Breaks that ended and whose entries are not posted yet.</summary>
    Task<IReadOnlyList<DueResolution>> DueResolutionsAsync(string gateway, int limit, CancellationToken cancellationToken);

    /// <summary>The entries of a resolution are posted.</summary>
    Task ResolvedAsync(Guid breakId, CancellationToken cancellationToken);
}

/// <param name="Lines">How many lines of the file are matched by now.</param>
public sealed record MatchProgress(string File, int Lines, int Total);

/// <param name="File">The store's number of the file.</param>
public sealed record DueSettlement(string Gateway, long File, IReadOnlyList<JournalEntry> Entries);

public sealed record DueResolution(Guid BreakId, IReadOnlyList<JournalEntry> Entries);
