namespace Payments.Simulation;

/// <summary>What can go wrong in a run. Names are what <c>--seed</c> takes.</summary>
[Flags]
internal enum Faults
{
    None = 0,

    /// <summary>The processor did it, and its answer is lost.</summary>
    AnswerLost = 1 << 0,

    /// <summary>The request is lost on its way to the processor.</summary>
    RequestLost = 1 << 1,

    /// <summary>The request travels longer than anybody waits for its answer.</summary>
    RequestLate = 1 << 2,

    /// <summary>The network delivers the request twice.</summary>
    RequestDoubled = 1 << 3,

    /// <summary>The processor refuses connections for a while.</summary>
    ProcessorDown = 1 << 4,

    /// <summary>The database loses its connection before a commit; the same batch is tried again.</summary>
    CommitFails = 1 << 5,

    /// <summary>The database loses its connection after a commit, before its answer.</summary>
    CommitAnswerLost = 1 << 6,

    /// <summary>The database is away for so long that callers are told "unknown"; the batch may still be written later, or never.</summary>
    DatabaseAway = 1 << 7,

    /// <summary>The queue of a node's commits is very short.</summary>
    QueueFull = 1 << 8,

    /// <summary>A node dies between two turns, and another starts in its place.</summary>
    Crash = 1 << 9,

    /// <summary>A node stands still for a while.</summary>
    Freeze = 1 << 10,

    /// <summary>Turns take time, so that timers overtake them.</summary>
    SlowTurns = 1 << 11,

    /// <summary>A claimed tick of a reminder is never delivered.</summary>
    ReminderLost = 1 << 12,

    /// <summary>A tick of a reminder is delivered by two nodes.</summary>
    ReminderDoubled = 1 << 13,

    /// <summary>The nodes' clocks differ by up to a second.</summary>
    ClockSkew = 1 << 14,

    /// <summary>Clients do not wait for an answer, and ask again elsewhere.</summary>
    Impatience = 1 << 15,

    /// <summary>Clients use a key again for something else, or ask for somebody else's payment.</summary>
    Mistakes = 1 << 16,

    /// <summary>A webhook is never sent.</summary>
    WebhookLost = 1 << 17,

    /// <summary>A webhook is sent twice.</summary>
    WebhookDoubled = 1 << 18,

    /// <summary>A webhook takes its time, so that others overtake it.</summary>
    WebhookLate = 1 << 19,

    /// <summary>Besides a webhook one comes that speaks of another amount.</summary>
    WebhookWrong = 1 << 20,
}
