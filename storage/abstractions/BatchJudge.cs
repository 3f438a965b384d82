using System.Collections.Immutable;
using Payments.Domain;

namespace Payments.Storage;

/// <summary>What a payment's locked row tells: absent is version 0.</summary>
public sealed record LockedPayment(long Version, long EventSeq);

/// <summary>What an account's locked row tells. <paramref name="No"/> is the store's short name for it.</summary>
public sealed record LockedAccount(
    long No, string Id, bool GrowsByDebit, long? Minimum, long Balance, long Seq, DateTimeOffset LastPostedAt);

/// <summary>What a merchant's locked row tells: the number of its latest event, and the fee that payments are made with.</summary>
public readonly record struct LockedMerchant(long EventSeq, FeeTerms Fee);

/// <summary>The rows that a batch holds locked. Judging moves them on, so that a later commit of the batch sees the earlier ones.</summary>
public sealed class LockedRows
{
    /// <summary>Until then (UTC) the books are fixed: whatever is posted is posted later.</summary>
    public DateTimeOffset FixedUntil { get; init; } = DateTimeOffset.MinValue;

    /// <summary>The month that the books are at: whatever is written is written in it. Null: in any.</summary>
    public Month? Month { get; init; }

    public Dictionary<(string MerchantId, Guid PaymentId), LockedPayment> Payments { get; } = [];

    /// <summary>The version of each payout; absent is 0.</summary>
    public Dictionary<(string MerchantId, Guid PayoutId), long> Payouts { get; } = [];

    public Dictionary<string, LockedAccount> Accounts { get; } = new(StringComparer.Ordinal);

    public Dictionary<string, LockedMerchant> Merchants { get; } = new(StringComparer.Ordinal);

    /// <summary>Which of the batch's entries without a payment exist already.</summary>
    public HashSet<Guid> Entries { get; } = [];

    /// <summary>Which of the entries that the batch takes back were taken back already.</summary>
    public HashSet<Guid> Reversed { get; } = [];
}

/// <summary>A posting with its place in its account.</summary>
public readonly record struct NumberedPosting(LockedAccount Account, long Seq, long Amount, long BalanceAfter);

/// <summary>A commit that will be written, with everything that only the locked rows could tell.</summary>
/// <param name="Position">Its place in the batch.</param>
/// <param name="EffectiveAt">When its entry's event happened, where that is told or lies in an earlier month than it is posted in; else null.</param>
/// <param name="FirstEventSeq">The merchant's number of its first event.</param>
/// <param name="PaymentEventSeq">The payment's number of its latest event, after it.</param>
public sealed record JudgedCommit(
    int Position, Commit Commit, DateTimeOffset PostedAt, DateTimeOffset? EffectiveAt, ImmutableArray<NumberedPosting> Postings, long FirstEventSeq,
    long PaymentEventSeq);

/// <summary>The verdicts of a batch, one for each commit in order, and what is to be written.</summary>
/// <param name="WrittenAt">UTC, in the month that the books are at.</param>
public sealed record JudgedBatch(ImmutableArray<CommitResult> Results, IReadOnlyList<JudgedCommit> Writes, DateTimeOffset WrittenAt);

/// <summary>
/// Decides a batch from the rows that it holds locked: who is stale, who breaks a limit, what the new balances and numbers are. Pure, so
/// that PostgreSQL and a simulated store judge alike. One refused commit never touches its neighbours.
/// </summary>
public static class BatchJudge
{
    /// <param name="rows">Moved on to what they are after the batch.</param>
    /// <param name="now">UTC; an account's postings never carry a time before its last, and none a time up to which the books are fixed.</param>
    public static JudgedBatch Judge(IReadOnlyList<Commit> commits, LockedRows rows, DateTimeOffset now)
    {
        now = now > rows.FixedUntil ? now : rows.FixedUntil + TimeSpan.FromMicroseconds(1);
        now = now < rows.Month?.Start ? rows.Month.Value.Start : now > rows.Month?.End ? rows.Month.Value.End : now;
        var results = ImmutableArray.CreateBuilder<CommitResult>(commits.Count);
        var writes = new List<JudgedCommit>(commits.Count);
        for (var position = 0; position < commits.Count; position++)
        {
            var (result, write) = Judge(position, commits[position], rows, now);
            results.Add(result);
            if (write is not null)
            {
                writes.Add(write);
                MoveOn(write, rows);
            }
        }

        return new(results.DrainToImmutable(), writes, now);
    }

    private static (CommitResult, JudgedCommit?) Judge(int position, Commit commit, LockedRows rows, DateTimeOffset now)
    {
        long firstEventSeq = 0, paymentEventSeq = 0;
        if (commit.Payment is { } payment)
        {
            var stored = rows.Payments.GetValueOrDefault((payment.MerchantId, payment.Id)) ?? new LockedPayment(0, 0);
            if (stored.Version != payment.Version - 1)
            {
                return (new(CommitVerdict.StaleVersion), null);
            }

            if (!rows.Merchants.TryGetValue(payment.MerchantId, out var merchant))
            {
                return (new(CommitVerdict.Rejected, "the merchant does not exist"), null);
            }

            // What a node knew of the merchant's fee has changed: the payment is decided again, under the terms as they are.
            if (payment.Version == 1 && merchant.Fee != new FeeTerms(payment.FeeBasisPoints, payment.FeeFixed, payment.FeeReturnedOnRefund))
            {
                return (new(CommitVerdict.StaleVersion), null);
            }

            firstEventSeq = merchant.EventSeq + 1;
            paymentEventSeq = stored.EventSeq + commit.Events.Length;
        }

        if (commit.Payout is { } payout && rows.Payouts.GetValueOrDefault((payout.MerchantId, payout.Id)) != payout.Version - 1)
        {
            return (new(CommitVerdict.StaleVersion), null);
        }

        var postings = ImmutableArray<NumberedPosting>.Empty;
        var postedAt = now;
        if (commit.Entry is { } entry)
        {
            if (rows.Entries.Contains(entry.Id))
            {
                return (new(CommitVerdict.DuplicateEntry), null);
            }

            if (entry.Own?.Reverses is { } reverses && rows.Reversed.Contains(reverses))
            {
                return (new(CommitVerdict.EntryReversed), null);
            }

            var (refusal, numbered) = Number(entry, rows);
            if (refusal is { } reason)
            {
                return (reason, null);
            }

            postings = numbered;
            postedAt = postings.Max(posting => posting.Account.LastPostedAt) is var last && last > now ? last : now;
        }

        var effectiveAt = commit.Entry is null ? null : commit.Entry.EffectiveAt ?? (Month.Of(commit.At) < Month.Of(postedAt) ? commit.At : null);
        return (new(CommitVerdict.Committed), new(position, commit, postedAt, effectiveAt, postings, firstEventSeq, paymentEventSeq));
    }

    private static (CommitResult?, ImmutableArray<NumberedPosting>) Number(EntryRow entry, LockedRows rows)
    {
        var postings = ImmutableArray.CreateBuilder<NumberedPosting>(entry.Postings.Length);
        foreach (var posting in entry.Postings)
        {
            // Two lines of one entry may touch one account: the second continues where the first ended.
            if (!rows.Accounts.TryGetValue(posting.Account, out var account))
            {
                return (new(CommitVerdict.AccountMissing, posting.Account), []);
            }

            var (balance, seq) = (account.Balance, account.Seq);
            foreach (var earlier in postings)
            {
                if (earlier.Account.Id == account.Id)
                {
                    (balance, seq) = (earlier.BalanceAfter, earlier.Seq);
                }
            }

            var after = (Int128)balance + posting.Amount;
            if (after < -long.MaxValue || after > long.MaxValue)
            {
                return (new(CommitVerdict.BalanceOutOfRange, account.Id), []);
            }

            postings.Add(new(account, seq + 1, posting.Amount, (long)after));
        }

        // What counts is what the whole entry does to an account, in whatever order its lines stand.
        foreach (var last in postings.GroupBy(posting => posting.Account.Id).Select(lines => lines.Last()))
        {
            var sign = last.Account.GrowsByDebit ? 1 : -1;
            var isDecrease = sign * last.BalanceAfter < sign * last.Account.Balance;
            var least = Math.Max(last.Account.Minimum ?? long.MinValue, entry.Floor ?? long.MinValue);
            if (entry.IsRequest && isDecrease && sign * last.BalanceAfter < least)
            {
                return (new(CommitVerdict.LimitExceeded, last.Account.Id), []);
            }
        }

        return (null, postings.DrainToImmutable());
    }

    private static void MoveOn(JudgedCommit write, LockedRows rows)
    {
        if (write.Commit.Payment is { } payment)
        {
            rows.Payments[(payment.MerchantId, payment.Id)] = new(payment.Version, write.PaymentEventSeq);
            rows.Merchants[payment.MerchantId] = rows.Merchants[payment.MerchantId] with { EventSeq = write.FirstEventSeq - 1 + write.Commit.Events.Length };
        }

        if (write.Commit.Payout is { } payout)
        {
            rows.Payouts[(payout.MerchantId, payout.Id)] = payout.Version;
        }

        if (write.Commit.Entry is { } entry)
        {
            rows.Entries.Add(entry.Id);
            if (entry.Own?.Reverses is { } reverses)
            {
                rows.Reversed.Add(reverses);
            }
        }

        foreach (var posting in write.Postings)
        {
            rows.Accounts[posting.Account.Id] = posting.Account with
            {
                Balance = posting.BalanceAfter,
                Seq = posting.Seq,
                LastPostedAt = write.PostedAt,
            };
        }
    }
}
