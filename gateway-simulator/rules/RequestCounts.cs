namespace Payments.GatewaySimulator.Rules;

/// <summary>What the POSTs of operations met since the simulator started.</summary>
internal sealed class RequestCounts
{
    private long requests;
    private long replays;
    private long unavailable;
    private long lostBefore;
    private long lostAfter;

    public long Requests => Interlocked.Read(ref requests);

    public long Replays => Interlocked.Read(ref replays);

    public long Unavailable => Interlocked.Read(ref unavailable);

    public long LostBefore => Interlocked.Read(ref lostBefore);

    public long LostAfter => Interlocked.Read(ref lostAfter);

    public void CountReplay() => Interlocked.Increment(ref replays);

    public void Count(FaultPlan plan)
    {
        Interlocked.Increment(ref requests);
        if (plan.Unavailable)
        {
            Interlocked.Increment(ref unavailable);
        }
        else if (plan.LostBefore)
        {
            Interlocked.Increment(ref lostBefore);
        }
        else if (plan.LostAfter)
        {
            Interlocked.Increment(ref lostAfter);
        }
    }
}
