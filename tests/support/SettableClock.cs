namespace Payments.Tests.Support;

/// <summary>A clock that stands where it was set; timers run on real time.</summary>
internal sealed class SettableClock(DateTimeOffset start) : TimeProvider
{
    public DateTimeOffset Now { get; set; } = start;

    public override DateTimeOffset GetUtcNow() => Now;
}
