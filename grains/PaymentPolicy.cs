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

/// <summary>0 (inclusive) to 1 (exclusive). Comes from outside, so that a run replays from its seed.</summary>
public delegate double Dice();
