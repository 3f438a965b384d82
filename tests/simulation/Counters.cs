namespace Payments.Simulation;

/// <summary>Paths that must be taken sometimes: a simulation in which the rare thing never happens proves nothing about it.</summary>
internal enum Rare
{
    UnknownOutcome,
    StaleVersion,
    CommitAnswerLost,
    CommitUnknown,
    CommitFailedBefore,
    LateGatewayAnswer,
    SendingRace,
    CrashBetweenClaimAndSend,
    CrashBetweenAnswerAndCommit,
    CrashBetweenCommitAndReply,
    ReminderDoubled,
    ReminderLost,
    QueueFull,
    KeyReused,
    BalanceInsufficient,
    ReadFailed,
    RequestLost,
    RequestLate,
    RequestDoubled,
    AnswerLost,
    ProcessorDown,
    NotFound,
    GivenUpUnsent,
    ClaimSleptThrough,
    NodeFrozen,
    NodeCrashed,
    DuplicateActivation,
    AuthorizationExpired,
    EntryReversed,
    WebhookLost,
    WebhookDoubled,
    WebhookLate,
    WebhookNotTaken,
    WebhookApplied,
    WebhookBeforeAnswer,
    WebhookPostponed,
    EvidenceFlagged,
    CustomerActed,
    ActionExpired,
    FailedOver,
    DisputeOpened,
    DisputeEndBeforeStart,
    RefundReversed,
    OperatorDecided,
    PostedBehindAReport,
}

/// <summary>How often each rare path was taken.</summary>
internal sealed class Counters
{
    private readonly long[] counts = new long[Enum.GetValues<Rare>().Length];

    public long this[Rare path] => counts[(int)path];

    public void Add(Rare path) => counts[(int)path]++;

    public void Add(Counters others)
    {
        for (var i = 0; i < counts.Length; i++)
        {
            counts[i] += others.counts[i];
        }
    }

    /// <summary>Those that happened less often than that.</summary>
    public IReadOnlyList<Rare> Below(long least) => [.. Enum.GetValues<Rare>().Where(path => this[path] < least)];
}
