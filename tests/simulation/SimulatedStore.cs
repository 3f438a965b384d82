using Payments.Domain;
using Payments.Storage;

namespace Payments.Simulation;

/// <summary>A statement did not get through to the database. Reads throw it; commits never do.</summary>
internal sealed class DatabaseAwayException() : Exception("The database is away.");

/// <summary>What a node's store is told about its world.</summary>
/// <param name="OnWritten">Hears of every batch that was written, with its verdicts.</param>
internal sealed record StoreLife(World World, Lane Lane, SimulatedNetworkToDatabase Network, Counters Counters, Action<IReadOnlyList<Commit>, JudgedBatch> OnWritten);

/// <summary>
/// One node's way to the database: a bounded queue, two writers that take whatever waits, and a connection that may break before a commit,
/// or after it. What the group commit promises holds here as well: one answer for each commit, "unknown" only after its patience, and a
/// batch that is tried again until it is written, or its node is dead.
/// </summary>
internal sealed class SimulatedStore(SimulatedDatabase database, StoreLife life) : IPaymentStore, IJournalQueries, IInbox
{
    private const int Writers = 2;
    private const int MaxBatch = 8;

    private readonly Queue<Waiting> queue = new();
    private int writing;
    private bool dead;

    /// <summary>How many commits wait.</summary>
    public int Queued => queue.Count;

    /// <summary>The node died: what it wrote may be written, what it heard is never heard.</summary>
    public void Kill() => dead = true;

    public Task<CommitResult> CommitAsync(Commit commit)
    {
        if (queue.Count >= life.Network.Capacity)
        {
            life.Counters.Add(Rare.QueueFull);
            return Task.FromResult(new CommitResult(CommitVerdict.Busy));
        }

        var waiting = new Waiting(commit);
        queue.Enqueue(waiting);
        if (writing < Writers)
        {
            writing++;
            Later(life.Network.Delay(), Take);
        }

        return waiting.Answer.Task;
    }

    public Task<Payment?> LoadAsync(string merchantId, Guid paymentId, CancellationToken cancellationToken) =>
        ReadAsync(() => database.Payment(merchantId, paymentId)?.Payment);

    public Task<IReadOnlyList<string>> TracesAsync(string merchantId, Guid paymentId, CancellationToken cancellationToken) => Task.FromResult<IReadOnlyList<string>>([]);

    public Task<MerchantRow?> MerchantAsync(string merchantId, CancellationToken cancellationToken) => ReadAsync(() => database.Merchant(merchantId));

    public Task<AccountRow?> AccountAsync(string accountId, CancellationToken cancellationToken) => ReadAsync(() => database.Account(accountId));

    public Task<EntryDetails?> EntryAsync(string? merchantId, Guid entryId, CancellationToken cancellationToken) =>
        ReadAsync(() => database.Entry(merchantId, entryId));

    public Task<bool> OpenAccountAsync(AccountId account, long? minimum, CancellationToken cancellationToken) => ReadAsync(() => database.Open(account, minimum));

    public Task<IReadOnlyList<DuePayment>> DueAsync(
        DateTimeOffset now, int shard, int shards, DuePayment? after, int limit, CancellationToken cancellationToken) =>
        ReadAsync(() => database.Due(now, shard, shards, after, limit));

    // The value is that of the instant at which the statement runs; its answer may be old when it arrives.
    private Task<T> ReadAsync<T>(Func<T> read)
    {
        var answer = new TaskCompletionSource<T>();
        Later(TimeSpan.Zero, () =>
        {
            if (life.Network.ReadFails(life.World.Elapsed))
            {
                life.Counters.Add(Rare.ReadFailed);
                Later(TimeSpan.Zero, () => answer.TrySetException(new DatabaseAwayException()));
                return;
            }

            var value = read();
            Later(life.Network.Delay(), () => answer.TrySetResult(value));
        });
        return answer.Task;
    }

    public Task<bool> ReceiveAsync(InboxEvent received, ReadOnlyMemory<byte> body, CancellationToken cancellationToken) =>
        ReadAsync(() => database.Receive(received));

    public Task<InboxEvent?> FindAsync(EvidenceId id, CancellationToken cancellationToken) => ReadAsync(() => database.Evidence(id)?.Event);

    public Task<IReadOnlyList<EvidenceId>> DueAsync(DateTimeOffset now, int shard, int shards, int limit, CancellationToken cancellationToken) =>
        ReadAsync(() => database.DueEvidence(now, shard, shards, limit));

    public Task<OperationPlace?> PlaceAsync(string gateway, Guid? operationId, string? processorReference, CancellationToken cancellationToken) =>
        ReadAsync(() => operationId is { } id ? database.Place(id) : null);

    public Task SettleAsync(EvidenceId id, InboxState state, string? reason, OperationPlace? place, DateTimeOffset at, CancellationToken cancellationToken) =>
        ReadAsync(() => database.Settle(id, state, reason));

    public Task PostponeAsync(EvidenceId id, string reason, OperationPlace? place, DateTimeOffset nextTry, CancellationToken cancellationToken)
    {
        life.Counters.Add(Rare.WebhookPostponed);
        return ReadAsync(() => database.Postpone(id, reason, nextTry));
    }

    private void Take()
    {
        var batch = new List<Waiting>();
        while (batch.Count < MaxBatch && queue.TryPeek(out var next) && batch.TrueForAll(taken => !SamePayment(taken.Commit, next.Commit)))
        {
            batch.Add(queue.Dequeue());
        }

        if (batch.Count == 0)
        {
            writing--;
            return;
        }

        Try(batch, life.World.Elapsed);
    }

    private void Try(List<Waiting> batch, TimeSpan since)
    {
        var now = life.World.Elapsed;
        if (now - since > life.Network.Patience && batch.Exists(waiting => !waiting.Answer.Task.IsCompleted))
        {
            life.Counters.Add(Rare.CommitUnknown);
            Answer(batch, new(CommitVerdict.Unknown));
        }

        var fate = life.Network.FateOfCommit(now);
        if (fate == CommitFate.FailsBefore)
        {
            life.Counters.Add(Rare.CommitFailedBefore);
            life.World.Trace?.Add($"commit of {batch.Count} fails before it is written; it will be tried again");
            Later(life.Network.Pause, () => Try(batch, since));
            return;
        }

        var commits = batch.ConvertAll(waiting => waiting.Commit);
        var judged = database.Write(commits, life.World.Now);
        life.OnWritten(commits, judged);
        if (fate == CommitFate.AnswerLost)
        {
            // The next try finds the batch under its number, and what was answered to whom.
            life.Counters.Add(Rare.CommitAnswerLost);
            Later(life.Network.Pause, () => Settle(batch, judged));
        }
        else
        {
            Later(life.Network.Delay(), () => Settle(batch, judged));
        }
    }

    private void Settle(List<Waiting> batch, JudgedBatch judged)
    {
        for (var i = 0; i < batch.Count; i++)
        {
            batch[i].Answer.TrySetResult(judged.Results[i]);
        }

        Take();
    }

    private static void Answer(List<Waiting> batch, CommitResult result) => batch.ForEach(waiting => waiting.Answer.TrySetResult(result));

    private static bool SamePayment(Commit one, Commit other) =>
        one.Payment is { } payment && other.Payment is { } same && payment.Id == same.Id && payment.MerchantId == same.MerchantId;

    private void Later(TimeSpan delay, Action action)
    {
        if (delay == TimeSpan.Zero)
        {
            life.World.Soon(life.Lane, UnlessDead);
        }
        else
        {
            life.World.After(delay, life.Lane, UnlessDead);
        }

        void UnlessDead()
        {
            if (!dead)
            {
                action();
            }
        }
    }

    private sealed record Waiting(Commit Commit)
    {
        public TaskCompletionSource<CommitResult> Answer { get; } = new();
    }
}

/// <summary>What becomes of a commit on its way.</summary>
internal enum CommitFate
{
    Written,
    FailsBefore,
    AnswerLost,
}

/// <summary>The connection of one node to the database: when it breaks, and how long things take.</summary>
internal sealed class SimulatedNetworkToDatabase(Scenario scenario, RandomStream random, IReadOnlyList<(TimeSpan From, TimeSpan To)> outages)
{
    /// <summary>How many commits may wait.</summary>
    public int Capacity { get; } = scenario.Has(Faults.QueueFull) ? 2 : 100;

    /// <summary>How long a caller waits before it is told "unknown".</summary>
    public TimeSpan Patience { get; } = random.Seconds(0.5, 5);

    /// <summary>Between two tries.</summary>
    public TimeSpan Pause { get; } = random.Seconds(0.1, 1);

    /// <summary>Most statements are over at once; some take their time.</summary>
    public TimeSpan Delay() => random.Chance(0.15) ? random.Seconds(0, 0.3) : TimeSpan.Zero;

    public bool ReadFails(TimeSpan now) => IsAway(now) || (random.Chance(0.02) && Faulty(Faults.CommitFails, now));

    public CommitFate FateOfCommit(TimeSpan now)
    {
        var (fails, loses) = (random.Chance(0.1), random.Chance(0.1));
        return IsAway(now) || (fails && Faulty(Faults.CommitFails, now)) ? CommitFate.FailsBefore
            : loses && Faulty(Faults.CommitAnswerLost, now) ? CommitFate.AnswerLost
            : CommitFate.Written;
    }

    private bool Faulty(Faults fault, TimeSpan now) => scenario.Has(fault) && now < scenario.FaultsEnd;

    private bool IsAway(TimeSpan now)
    {
        foreach (var (from, to) in outages)
        {
            if (now >= from && now < to && Faulty(Faults.DatabaseAway, now))
            {
                return true;
            }
        }

        return false;
    }
}
