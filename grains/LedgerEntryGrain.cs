using System.Collections.Immutable;
using Microsoft.Extensions.Logging;
using Orleans;
using Orleans.Runtime;
using Payments.Domain;
using Payments.Storage;

namespace Payments.Grains;

/// <summary>
/// An entry that a merchant's own service posts: look whether it is there, else commit it through its home account. It keeps nothing in
/// memory: of two that post the same entry at once, the database lets one win.
/// </summary>
public sealed class LedgerEntryGrain(IJournalQueries journal, TimeProvider time, ILogger<LedgerEntryGrain> log) : Grain, ILedgerEntryGrain
{
    public Task<EntryReply> PostAsync(EntryRequest request)
    {
        Forget();
        var (merchantId, entryId) = GrainKeys.ParseLedgerEntry(this.GetPrimaryKeyString());
        if (request.FirstMistake() is { } mistake)
        {
            return Task.FromResult(Refused(mistake));
        }

        var postings = request.Postings.Select(posting => new Posting(AccountId.Parse(posting.Account), posting.Amount)).ToImmutableArray();
        if (request.Postings.FirstOrDefault(posting => !IsOwnOf(merchantId, posting.Account)) is { Account: { } foreign })
        {
            return Task.FromResult(Refused("account_not_found", foreign));
        }

        var fingerprint = Fingerprint.Of(
            ("postings", string.Join(' ', request.Postings.Select(posting => $"{posting.Account} {posting.Amount}"))),
            ("description", request.Description), ("metadata", request.Metadata.ToJson()));
        return PostAsync(
            JournalEntries.Own(entryId, merchantId, postings), new(fingerprint, request.Description, request.Metadata.ToJson(), Reverses: null));
    }

    public async Task<EntryReply> ReverseAsync(ReversalRequest request)
    {
        Forget();
        var (merchantId, entryId) = GrainKeys.ParseLedgerEntry(this.GetPrimaryKeyString());
        if (request.FirstMistake() is { } mistake)
        {
            return Refused(mistake);
        }

        if (await journal.EntryAsync(merchantId, request.EntryId, CancellationToken.None) is not { } original)
        {
            return Refused("entry_not_found");
        }

        if (original.Own is null or { Reverses: not null })
        {
            return Refused("entry_not_reversible");
        }


        var fingerprint = Fingerprint.Of(
            ("reverses", $"{request.EntryId}"), ("description", request.Description), ("metadata", request.Metadata.ToJson()));
        if (original.Archived is { } month)
        {
            // An earlier try may have posted it while the lines were here.
            return await FindAsync(merchantId, entryId, fingerprint) ?? Refused("archived", $"{month}");
        }

        var postings = original.Postings.Select(posting => new Posting(AccountId.Parse(posting.Account), posting.Amount)).ToImmutableArray();
        return await PostAsync(
            JournalEntries.Reversed(entryId, merchantId, postings), new(fingerprint, request.Description, request.Metadata.ToJson(), request.EntryId));
    }

    // An entry is posted once: after that its activation would only be counted, and looked at by every garbage collection, for minutes.
    private void Forget() => DeactivateOnIdle();

    private async Task<EntryReply> PostAsync(JournalEntry entry, OwnEntryRow own)
    {
        // Whether it was posted before is found by the commit: most were not.
        var commit = new Commit
        {
            At = time.Now(),
            Payment = null,
            Operation = null,
            Action = entry.Kind.Name(),
            Events = [],
            Entry = entry.ToRow() with { Own = own },
        };
        CommitResult result;
        try
        {
            result = await GrainFactory.GetGrain<ILedgerCommits>(GrainKeys.LedgerAccount(entry.Home.ToString())).CommitAsync(commit);
        }
        catch (Exception lost) when (lost is TimeoutException or OrleansException)
        {
            Log.LedgerLost(log, this.GetPrimaryKeyString(), lost.GetType().Name);
            return new() { Kind = ReplyKind.Unknown };
        }

        return result.Verdict switch
        {
            CommitVerdict.Committed => new() { Kind = ReplyKind.Accepted },
            CommitVerdict.DuplicateEntry => await FindAsync(entry.MerchantId, entry.Id, own.Fingerprint) ?? new() { Kind = ReplyKind.Unknown },
            // What took the balance may have been this very entry, posted by another node.
            CommitVerdict.LimitExceeded => await FindAsync(entry.MerchantId, entry.Id, own.Fingerprint) ?? Refused("balance_insufficient", result.Detail),
            CommitVerdict.EntryReversed => Refused("entry_reversed"),
            CommitVerdict.AccountMissing => Refused("account_not_found", result.Detail),
            CommitVerdict.BalanceOutOfRange => Refused("balance_out_of_range", result.Detail),
            // That says that nothing is stored, and an earlier try may have stored it.
            CommitVerdict.Busy => await FindAsync(entry.MerchantId, entry.Id, own.Fingerprint) ?? new() { Kind = ReplyKind.Busy },
            CommitVerdict.Unknown => new() { Kind = ReplyKind.Unknown },
            CommitVerdict.StaleVersion or CommitVerdict.Rejected =>
                throw new InvalidOperationException($"The store refuses an entry of its own: {result.Verdict} {result.Detail}."),
        };
    }

    // The same request finds what it made, whatever happened since; another one under the same key is a mistake.
    private async Task<EntryReply?> FindAsync(string merchantId, Guid entryId, string fingerprint) =>
        await journal.EntryAsync(merchantId, entryId, CancellationToken.None) is not { } stored ? null
            : stored.Own?.Fingerprint == fingerprint ? new() { Kind = ReplyKind.Replayed }
            : Refused("idempotency_key_reused");

    private static bool IsOwnOf(string merchantId, string account) =>
        AccountId.TryParse(account, out var id) && ChartOfAccounts.IsOwn(id) && ChartOfAccounts.Owner(id) == merchantId;

    private static EntryReply Refused(string code, string? field = null) => new() { Kind = ReplyKind.Refused, Code = code, Field = field };

    private static EntryReply Refused(Mistake mistake) => Refused("field_invalid", mistake.Field) with { Rule = mistake.Rule };
}
