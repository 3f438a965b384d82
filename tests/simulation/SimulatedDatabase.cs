using System.Collections.Immutable;
using Payments.Domain;
using Payments.Storage;

namespace Payments.Simulation;

/// <summary>A payment as the database has it.</summary>
internal sealed class StoredPayment
{
    private Payment? known;

    public required PaymentRow Row { get; set; }
    public List<OperationRow> Operations { get; } = [];
    public long EventSeq { get; set; }

    /// <summary>The payment of these rows.</summary>
    public Payment Payment => known?.Version == Row.Version ? known : known = Row.ToPayment(Operations);
}

/// <summary>A piece of evidence as the database has it.</summary>
internal sealed class StoredEvidence(InboxEvent received)
{
    public InboxEvent Event { get; set; } = received;
    public DateTimeOffset? NextTryAt { get; set; }
}

/// <summary>
/// The tables, without a disk. A batch is judged by the same <see cref="BatchJudge"/> as on PostgreSQL, and what PostgreSQL's constraints
/// refuse is refused here. One batch at a time: rows that a batch holds locked are seen by nobody else.
/// </summary>
internal sealed class SimulatedDatabase
{
    private readonly Dictionary<(string MerchantId, Guid Id), StoredPayment> payments = [];
    private readonly Dictionary<string, AccountRow> accounts = new(StringComparer.Ordinal);
    private readonly Dictionary<string, (MerchantRow Row, long EventSeq)> merchants = new(StringComparer.Ordinal);
    private readonly Dictionary<Guid, (string MerchantId, EntryDetails Details)> entries = [];
    private readonly Dictionary<EvidenceId, StoredEvidence> inbox = [];
    private readonly Dictionary<string, DateTimeOffset> lastPosted = new(StringComparer.Ordinal);

    /// <summary>Until then the books are fixed.</summary>
    public DateTimeOffset FixedUntil { get; private set; } = DateTimeOffset.UnixEpoch;

    /// <summary>A report is made as of an instant: nothing is posted there any more.</summary>
    public void Fix(DateTimeOffset until) => FixedUntil = until > FixedUntil ? until : FixedUntil;

    /// <summary>All payments, in the order in which they were made.</summary>
    public List<StoredPayment> Payments { get; } = [];

    public IReadOnlyDictionary<string, AccountRow> Accounts => accounts;

    public int Merchants => merchants.Count;

    public void Add(MerchantRow merchant) => merchants.Add(merchant.Id, (merchant, 0));

    public StoredPayment? Payment(string merchantId, Guid id) => payments.GetValueOrDefault((merchantId, id));

    public MerchantRow? Merchant(string merchantId) => merchants.GetValueOrDefault(merchantId).Row;

    public AccountRow? Account(string accountId) => accounts.GetValueOrDefault(accountId);

    public EntryDetails? Entry(string? merchantId, Guid entryId) =>
        entries.TryGetValue(entryId, out var entry) && (merchantId is null || entry.MerchantId == merchantId) ? entry.Details : null;

    /// <summary>Everything that was ever received.</summary>
    public IReadOnlyCollection<StoredEvidence> Inbox => inbox.Values;

    public StoredEvidence? Evidence(EvidenceId id) => inbox.GetValueOrDefault(id);

    public bool Receive(InboxEvent received) => inbox.TryAdd(received.Id, new(received) { NextTryAt = received.ReceivedAt });

    public IReadOnlyList<EvidenceId> DueEvidence(DateTimeOffset now, int shard, int shards, int limit) =>
    [
        .. inbox.Values.Where(stored => stored.NextTryAt <= now && stored.Event.Id.EventId.Sum(letter => letter) % shards == shard)
            .OrderBy(stored => stored.NextTryAt).ThenBy(stored => stored.Event.Id.EventId, StringComparer.Ordinal).Select(stored => stored.Event.Id).Take(limit),
    ];

    public OperationPlace? Place(Guid operationId) =>
        Payments.Find(payment => payment.Operations.Exists(operation => operation.Id == operationId)) is { } found
            ? new(found.Row.MerchantId, found.Row.Id, operationId)
            : null;

    public bool Settle(EvidenceId id, InboxState state, string? reason)
    {
        var stored = inbox[id];
        if (stored.Event.State != InboxState.Applied)
        {
            (stored.Event, stored.NextTryAt) = (stored.Event with { State = state, Reason = reason }, null);
        }

        return true;
    }

    public bool Postpone(EvidenceId id, string reason, DateTimeOffset nextTry)
    {
        var stored = inbox[id];
        if (stored.Event.State == InboxState.Received)
        {
            (stored.Event, stored.NextTryAt) = (stored.Event with { Tries = stored.Event.Tries + 1, Reason = reason }, nextTry);
        }

        return true;
    }

    /// <summary>Opens an account, or changes its minimum.</summary>
    public bool Open(AccountId account, long? minimum)
    {
        if (ChartOfAccounts.Owner(account) is { } owner && !merchants.ContainsKey(owner))
        {
            return false;
        }

        accounts[account.ToString()] = (accounts.GetValueOrDefault(account.ToString()) ?? New(account)) with { Minimum = minimum };
        return true;
    }

    public IReadOnlyList<DuePayment> Due(DateTimeOffset now, int shard, int shards, DuePayment? after, int limit) =>
    [
        .. Payments.Where(payment => payment.Row.NextActionAt <= now && Last(payment.Row.Id) % shards == shard)
            .Select(payment => new DuePayment(payment.Row.MerchantId, payment.Row.Id, payment.Row.NextActionAt!.Value))
            .OrderBy(due => due, PlaceOfDue.Comparer)
            .Where(due => after is null || PlaceOfDue.Comparer.Compare(due, after) > 0)
            .Take(limit),
    ];

    /// <summary>Judges a batch and writes what passes, as one transaction.</summary>
    public JudgedBatch Write(IReadOnlyList<Commit> batch, DateTimeOffset now)
    {
        var rows = new LockedRows { FixedUntil = FixedUntil };
        foreach (var commit in batch)
        {
            if (commit.Payment is { } payment && payments.TryGetValue((payment.MerchantId, payment.Id), out var stored))
            {
                rows.Payments[(payment.MerchantId, payment.Id)] = new(stored.Row.Version, stored.EventSeq);
            }

            if (commit.Payment is { } of && merchants.TryGetValue(of.MerchantId, out var merchant))
            {
                rows.Merchants[of.MerchantId] = new(merchant.EventSeq, new(merchant.Row.FeeBasisPoints, merchant.Row.FeeFixed, merchant.Row.FeeReturnedOnRefund));
            }

            if (Constraint(commit) is null)
            {
                foreach (var posting in commit.Entry?.Postings ?? [])
                {
                    Lock(posting.Account, rows);
                }
            }

            if (commit is { Payment: null, Entry: { } entry } && entries.ContainsKey(entry.Id))
            {
                rows.Entries.Add(entry.Id);
            }

            if (commit.Entry?.Own?.Reverses is { } reverses && entries[reverses].Details.ReversedBy is not null)
            {
                rows.Reversed.Add(reverses);
            }
        }

        // What a constraint refuses fails alone: the committer finds it by halving the batch.
        var refused = batch.Select(Constraint).ToArray();
        var judged = BatchJudge.Judge([.. batch.Where((_, position) => refused[position] is null)], rows, now);
        foreach (var write in judged.Writes)
        {
            Save(write);
        }

        var verdicts = judged.Results.GetEnumerator();
        return judged with
        {
            Results = [.. refused.Select(reason => reason is null && verdicts.MoveNext() ? verdicts.Current : new(CommitVerdict.Rejected, reason))],
        };
    }

    // Payments' accounts come into being with their first posting; a merchant's own must have been opened.
    private void Lock(string accountId, LockedRows rows)
    {
        if (rows.Accounts.ContainsKey(accountId))
        {
            return;
        }

        var id = AccountId.Parse(accountId);
        if (accounts.GetValueOrDefault(accountId) is not { } account)
        {
            if (ChartOfAccounts.IsOwn(id))
            {
                return;
            }

            account = accounts[accountId] = New(id);
        }

        rows.Accounts.Add(accountId, new(
            0, accountId, account.GrowsByDebit, account.Minimum, account.Balance, account.Seq, lastPosted.GetValueOrDefault(accountId, DateTimeOffset.UnixEpoch)));
    }

    private string? Constraint(Commit commit)
    {
        if (commit.Entry is not { } entry)
        {
            return null;
        }

        var unbalanced = entry.Postings.GroupBy(posting => posting.Account[^3..]).Any(currency => currency.Aggregate((Int128)0, (sum, posting) => sum + posting.Amount) != 0);
        return unbalanced ? "entry_is_balanced"
            : entry.Postings.Any(posting => ChartOfAccounts.Owner(AccountId.Parse(posting.Account)) is { } owner && !merchants.ContainsKey(owner))
                ? "accounts_merchant_id_fkey"
            : null;
    }

    private void Save(JudgedCommit write)
    {
        if (write.Commit is { Payment: { } payment, Operation: { } operation })
        {
            if (!payments.TryGetValue((payment.MerchantId, payment.Id), out var stored))
            {
                payments.Add((payment.MerchantId, payment.Id), stored = new() { Row = payment });
                Payments.Add(stored);
            }

            (stored.Row, stored.EventSeq) = (payment, write.PaymentEventSeq);
            merchants[payment.MerchantId] = merchants[payment.MerchantId] with { EventSeq = write.FirstEventSeq - 1 + write.Commit.Events.Length };
            if (operation.Position < stored.Operations.Count)
            {
                stored.Operations[operation.Position] = operation;
            }
            else
            {
                stored.Operations.Add(operation);
            }
        }

        if (write.Commit.Evidence is { } evidence && inbox.TryGetValue(evidence, out var applied))
        {
            (applied.Event, applied.NextTryAt) = (applied.Event with { State = InboxState.Applied, Reason = null }, null);
        }

        if (write.Commit.Entry is not { } entry)
        {
            return;
        }

        foreach (var posting in write.Postings)
        {
            var id = posting.Account.Id;
            accounts[id] = (accounts.GetValueOrDefault(id) ?? New(AccountId.Parse(id))) with { Balance = posting.BalanceAfter, Seq = posting.Seq };
            lastPosted[id] = write.PostedAt;
        }

        entries[entry.Id] = (entry.MerchantId, new(entry.Id, entry.Kind, write.PostedAt, entry.PaymentId, entry.Postings, entry.Own));
        if (entry.Own?.Reverses is { } reverses)
        {
            entries[reverses] = (entries[reverses].MerchantId, entries[reverses].Details with { ReversedBy = entry.Id });
        }
    }

    private static AccountRow New(AccountId account) => new(account.ToString(), account.Currency.Code, ChartOfAccounts.GrowsByDebit(account), null, 0, 0);

    private static int Last(Guid id)
    {
        Span<byte> bytes = stackalloc byte[16];
        id.TryWriteBytes(bytes, bigEndian: true, out _);
        return bytes[15];
    }

    // As PostgreSQL orders them: ids by their bytes.
    private static class PlaceOfDue
    {
        public static readonly Comparer<DuePayment> Comparer = Comparer<DuePayment>.Create(static (one, other) =>
            one.NextActionAt != other.NextActionAt ? one.NextActionAt.CompareTo(other.NextActionAt)
            : string.CompareOrdinal(one.MerchantId, other.MerchantId) is var merchant and not 0 ? merchant
            : string.CompareOrdinal(one.PaymentId.ToString("N"), other.PaymentId.ToString("N")));
    }
}
