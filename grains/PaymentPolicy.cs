using System.Collections.Immutable;
using Payments.Domain;

namespace Payments.Grains;

/// <summary>How payments are driven; the same on every node.</summary>
/// <param name="Retries">The waits between attempts.</param>
/// <param name="TimerHorizon">Up to this far ahead a grain timer wakes the payment; beyond it, a reminder.</param>
/// <param name="WaitPoll">How often somebody who waits looks whether another node knows more.</param>
public sealed record PaymentPolicy(RetrySchedule Retries, TimeSpan TimerHorizon, TimeSpan WaitPoll)
{
    public static PaymentPolicy Default { get; } = new(RetrySchedule.Default, TimeSpan.FromMinutes(1), TimeSpan.FromMilliseconds(250));
}

/// <summary>How the inbox is looked through.</summary>
/// <param name="Period">The time between looks.</param>
/// <param name="Grace">How old a piece of evidence must be: whoever stored it gets the first chance.</param>
/// <param name="Page">Pieces read at once.</param>
/// <param name="Concurrency">Pieces tried at once.</param>
/// <param name="Steps">The wait after the first try in vain, after the second, and so on; the last one repeats for ever.</param>
public sealed record InboxPolicy(TimeSpan Period, TimeSpan Grace, int Page, int Concurrency, ImmutableArray<TimeSpan> Steps)
{
    public static InboxPolicy Default { get; } = new(
        TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(2), 200, 16,
        [
            TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(15), TimeSpan.FromMinutes(1),
            TimeSpan.FromMinutes(5), TimeSpan.FromHours(1), TimeSpan.FromDays(1),
        ]);
}

/// <summary>0 (inclusive) to 1 (exclusive). Comes from outside, so that a run replays from its seed.</summary>
public delegate double Dice();
