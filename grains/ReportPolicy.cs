namespace Payments.Grains;

/// <summary>How reports are gone on with.</summary>
/// <param name="Look">The time between looks for reports that nobody goes on with.</param>
/// <param name="Page">Reports woken at one look.</param>
/// <param name="Claim">How long a node that does not answer any more keeps a report.</param>
/// <param name="Beat">The time between two renewals of the claim; each tells the progress, and hears whether the report is still wanted.</param>
/// <param name="MaxAttempts">A report that was begun so often is given up.</param>
/// <param name="Pause">The time after the first failed attempt; it grows with each.</param>
/// <param name="Kept">How long files are kept.</param>
public sealed record ReportPolicy(TimeSpan Look, int Page, TimeSpan Claim, TimeSpan Beat, int MaxAttempts, TimeSpan Pause, TimeSpan Kept)
{
    public static ReportPolicy Default { get; } = new(
        TimeSpan.FromSeconds(5), 100, TimeSpan.FromSeconds(30), TimeSpan.FromSeconds(3), 8, TimeSpan.FromSeconds(5), TimeSpan.FromDays(30));
}

/// <summary>How many reports a node writes at once. One that gets no place waits for the next look.</summary>
public sealed class ReportPlaces(int most)
{
    private int taken;

    public bool TryTake()
    {
        if (Interlocked.Increment(ref taken) <= most)
        {
            return true;
        }

        Release();
        return false;
    }

    public void Release() => Interlocked.Decrement(ref taken);
}
