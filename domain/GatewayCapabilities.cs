namespace Payments.Domain;

/// <summary>What a processor promises. The state machine picks the next attempt from this, never from hope.</summary>
/// <param name="IdempotencyKeyLife">How long the processor honours an idempotency key, counted from the FIRST send; null: it does not.
/// A tenth is kept as a margin, see <see cref="SafeKeyLife"/>.</param>
/// <param name="CanQuery">Whether an operation can be looked up by our reference.</param>
/// <param name="AbsenceFinalAfter">How long a request can be under way, with a margin for clocks that differ: so long after it left, a "not
/// found" proves that nothing happened. Before that it proves nothing.</param>
/// <param name="Timeout">How long one call may take before its answer counts as unknown.</param>
/// <param name="CapturesInParts">Whether an authorization can be captured more than once; otherwise a capture always releases the rest.</param>
public sealed record GatewayCapabilities(
    TimeSpan? IdempotencyKeyLife, bool CanQuery, TimeSpan AbsenceFinalAfter, TimeSpan Timeout, bool CapturesInParts = true)
{
    /// <summary>The key's life less ten percent: clocks differ, and a resend must arrive before the key dies.</summary>
    public TimeSpan? SafeKeyLife => IdempotencyKeyLife * 0.9;
}
