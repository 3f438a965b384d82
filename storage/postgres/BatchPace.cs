namespace Payments.Storage.Postgres;

/// <summary>
/// When the next batch begins. A batch costs what some dozens of commits cost, whatever is in it; where commits come faster than that, waiting for some more of them
/// costs each a few milliseconds and saves more than that in processor time, which is what they would wait for instead. Where they come one by one nobody waits, and
/// where the processors are so busy that a batch takes long, a longer wait makes fewer of them.
/// </summary>
internal static class BatchPace
{
    // At most this long after the batch before began, where that one took two thirds of it or less.
    private static readonly TimeSpan Usual = TimeSpan.FromMilliseconds(10);

    // At most this long, however long that one took.
    private static readonly TimeSpan Most = TimeSpan.FromMilliseconds(25);

    // So one of n commits is followed by one of as many where 500 come in a second; where fewer come they shrink to single ones, and where more come, they grow.
    private static readonly TimeSpan PerCommit = TimeSpan.FromMilliseconds(2);

    // A shorter sleep is none.
    private static readonly TimeSpan Least = TimeSpan.FromMilliseconds(1);

    /// <summary>How long to wait.</summary>
    /// <param name="commits">In the batch before.</param>
    /// <param name="took">How long that one took.</param>
    /// <param name="since">How long ago it began.</param>
    public static TimeSpan Rest(int commits, TimeSpan took, TimeSpan since)
    {
        // Half again as long as it took, so that a third of the time is left to whoever makes the next batch larger.
        var most = Math.Clamp(took.Ticks * 3 / 2, Usual.Ticks, Most.Ticks);
        var rest = TimeSpan.FromTicks(Math.Min(commits * PerCommit.Ticks, most)) - since;
        return rest < Least ? TimeSpan.Zero : rest;
    }
}
