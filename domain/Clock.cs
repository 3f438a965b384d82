namespace Payments.Domain;

/// <summary>How the system reads the time.</summary>
public static class Clock
{
    /// <summary>UTC, cut to the microsecond: what PostgreSQL keeps, so that a value is the same before and after it was stored.</summary>
    public static DateTimeOffset Now(this TimeProvider time) => Cut(time.GetUtcNow());

    /// <summary>Cuts a time to the microsecond.</summary>
    public static DateTimeOffset Cut(DateTimeOffset time) => new(time.UtcTicks - time.UtcTicks % TimeSpan.TicksPerMicrosecond, TimeSpan.Zero);
}
