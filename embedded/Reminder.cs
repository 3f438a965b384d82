namespace Payments.Embedded;

/// <summary>A reminder as it is stored.</summary>
/// <param name="GrainType">The class of the grain: its name without "Grain", in lower case, as Orleans names it.</param>
/// <param name="GrainKey">The key of the grain.</param>
/// <param name="Name">Unique in the grain.</param>
/// <param name="FirstTick">When it fires first.</param>
/// <param name="Period">The time between ticks.</param>
/// <param name="NextTick">When it fires next.</param>
public sealed record Reminder(
    string GrainType, string GrainKey, string Name, DateTimeOffset FirstTick, TimeSpan Period, DateTimeOffset NextTick)
{
    /// <summary>The first tick after that instant. Ticks keep their phase, and missed ones are not made up for.</summary>
    public DateTimeOffset NextAfter(DateTimeOffset now) =>
        now < FirstTick ? FirstTick : FirstTick + (((now - FirstTick).Ticks / Period.Ticks) + 1) * Period;
}
