namespace Payments.Tools.Driving;

/// <summary>How long everybody goes on trying while nobody gets anywhere: a killed node must not end a run, a dead system must.</summary>
internal sealed class Patience(TimeProvider time)
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    private long latest = time.GetTimestamp();

    /// <summary>Something was finished.</summary>
    public void Progress() => Volatile.Write(ref latest, time.GetTimestamp());

    /// <exception cref="UnusableException">Nothing was finished for too long.</exception>
    public void Check(string latestTrouble)
    {
        if (time.GetElapsedTime(Volatile.Read(ref latest)) > Limit)
        {
            throw new UnusableException(
                $"Nothing was finished for {Limit.TotalSeconds:0} seconds; the latest trouble: {latestTrouble}. "
                + "Nothing is lost: bring the system up again and run `payments verify`.");
        }
    }
}
