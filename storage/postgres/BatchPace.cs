namespace Payments.Storage.Postgres;

/// <summary>
/// When the next batch begins. A batch costs what some dozens of commits cost, whatever is in it; where commits come faster than that, waiting for some more of them
/// costs each a few milliseconds and saves more than that in processor time, which is what they would wait for instead. Where they come one by one nobody waits.
/// </summary>
internal static class BatchPace
{
    /// <summary>At most this long after the batch before began.</summary>
    public static readonly TimeSpan Most = TimeSpan.FromMilliseconds(10);

    // So one of n commits is followed by one of as many where 500 come in a second; where fewer come they shrink to single ones, and where more come, they grow.
    private static readonly TimeSpan PerCommit = TimeSpan.FromMilliseconds(2);

    // A shorter sleep is none.
    private static readonly TimeSpan Least = TimeSpan.FromMilliseconds(1);

    /// <summary>How long to wait.</summary>
    /// <param name="commits">In the batch before.</param>
    /// <param name="since">How long ago that one began.</param>
    public static TimeSpan Rest(int commits, TimeSpan since)
    {
        var pace = commits * PerCommit;
        var rest = (pace < Most ? pace : Most) - since;
        return rest < Least ? TimeSpan.Zero : rest;
    }
}
