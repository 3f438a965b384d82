using System.Collections.Immutable;

namespace Payments.Domain;

/// <summary>The waiting times between attempts. The last one repeats for ever: attempts slow down and never end (I6).</summary>
/// <param name="Steps">The wait after the first attempt, after the second, and so on; at least one.</param>
/// <param name="Margin">How long beyond the processor's timeout a claimed attempt keeps others from claiming.</param>
/// <param name="MaxUnsentAttempts">After so many sends that are all proven unsent the operation fails; nothing was ever at stake.</param>
public sealed record RetrySchedule(ImmutableArray<TimeSpan> Steps, TimeSpan Margin, int MaxUnsentAttempts)
{
    /// <summary>Half a second, seconds, minutes, an hour, then daily.</summary>
    public static RetrySchedule Default { get; } = new(
        [
            TimeSpan.FromSeconds(0.5), TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(15),
            TimeSpan.FromSeconds(30), TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(5), TimeSpan.FromHours(1), TimeSpan.FromDays(1),
        ],
        Margin: TimeSpan.FromSeconds(5),
        MaxUnsentAttempts: 8);

    /// <summary>The wait after attempt <paramref name="attempt"/> (from 1), stretched by up to a quarter.</summary>
    public TimeSpan After(int attempt, double jitter) => Steps[Math.Clamp(attempt - 1, 0, Steps.Length - 1)] * (1 + jitter / 4);

    /// <summary>The wait of who can only wait, and has for so long: no attempt is counted, and still it looks less and less often.</summary>
    public TimeSpan Waiting(TimeSpan age, double jitter) => Steps.LastOrDefault(step => step <= age, Steps[0]) * (1 + jitter / 4);
}
