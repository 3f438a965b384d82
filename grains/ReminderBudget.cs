namespace Payments.Grains;

/// <summary>How many reminders a node may register in a second. A payment that gets none is found by the recovery: reminders are hints.</summary>
public sealed class ReminderBudget(TimeProvider time, int perSecond)
{
    private readonly Lock gate = new();
    private DateTimeOffset second;
    private int spent;

    /// <summary>Takes one, or says that this second has none left.</summary>
    public bool TryTake()
    {
        lock (gate)
        {
            var now = time.GetUtcNow();
            if (now - second >= TimeSpan.FromSeconds(1))
            {
                (second, spent) = (now, 0);
            }

            return spent++ < perSecond;
        }
    }
}
