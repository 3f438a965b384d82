using System.Collections.Immutable;
using Payments.Domain;

namespace Payments.Storage;

/// <summary>
/// The books as they are and as they were. A merchant (not null) sees its own accounts and entries only (I7). Whatever would need postings that are archived throws
/// <see cref="ArchivedException"/>.
/// </summary>
public interface ILedgerQueries : IJournalQueries
{
    /// <summary>An account as it was at an instant, or is now (null); null when there is none.</summary>
    Task<AccountRow?> AccountAsync(string? merchantId, string accountId, DateTimeOffset? at, CancellationToken cancellationToken);

    /// <summary>Accounts by id, behind <paramref name="after"/>, as they were at an instant, or are now (null); of one merchant, or all (null).</summary>
    Task<IReadOnlyList<AccountRow>> AccountsAsync(string? merchantId, DateTimeOffset? at, string? after, int limit, CancellationToken cancellationToken);

    /// <summary>Sums per account code (merchants' accounts of one kind taken together) and currency; of one merchant, or all (null).</summary>
    Task<IReadOnlyList<TrialBalanceLine>> TrialBalanceAsync(string? merchantId, DateTimeOffset? at, CancellationToken cancellationToken);

    /// <summary>The lines of an account's statement, newest first, of a range of time, behind number <paramref name="after"/>.</summary>
    /// <param name="from">UTC, included.</param>
    /// <param name="to">UTC, not included.</param>
    Task<IReadOnlyList<StatementLine>> StatementAsync(
        string? merchantId, string accountId, DateTimeOffset? from, DateTimeOffset? to, long? after, int limit, CancellationToken cancellationToken);
}

/// <summary>What grains read of the journal.</summary>
public interface IJournalQueries
{
    /// <summary>A journal entry with its lines, of one merchant, or any (null); null when there is none.</summary>
    Task<EntryDetails?> EntryAsync(string? merchantId, Guid entryId, CancellationToken cancellationToken);
}

/// <param name="Seq">The line's number in its account, from 1 without a gap.</param>
/// <param name="Amount">Minor units, debit +, credit -.</param>
/// <param name="BalanceAfter">What the account then held, debit +, credit -.</param>
public sealed record StatementLine(
    long Seq, long Amount, long BalanceAfter, Guid EntryId, string Kind, DateTimeOffset PostedAt, Guid? PaymentId);

/// <summary>A journal entry as it was posted.</summary>
/// <param name="Own">What a merchant's own entry carries besides.</param>
/// <param name="Postings">None where they are archived.</param>
/// <param name="ReversedBy">The entry that took it back, if any.</param>
/// <param name="Archived">The month that it left with; null: all of it is here.</param>
public sealed record EntryDetails(
    Guid Id, string Kind, DateTimeOffset PostedAt, Guid? PaymentId, ImmutableArray<PostingRow> Postings, OwnEntryRow? Own = null, Guid? ReversedBy = null, Month? Archived = null);
