using Orleans;
using Orleans.CodeGeneration;
using Orleans.Concurrency;

namespace Payments.Grains;

/// <summary>
/// A payment: a virtual actor that serializes its own state transitions and drives its operations at the processor. Its key is
/// <c>{merchant id}/{payment id}</c>, see <see cref="GrainKeys"/>; the payment id is a function of the merchant's idempotency key.
/// </summary>
[Alias("payments.IPaymentGrain"), Version(1)]
public interface IPaymentGrain : IGrainWithStringKey
{
    /// <summary>Makes the payment, or replays it. Answers once the intent is durable; the processor's word comes later, see <see cref="WaitAsync"/>.</summary>
    [Alias("Charge")]
    Task<PaymentReply> ChargeAsync(ChargeRequest request);

    /// <summary>Captures a part or all of what is authorized, or replays it.</summary>
    [Alias("Capture")]
    Task<PaymentReply> CaptureAsync(CaptureRequest request);

    /// <summary>Releases what is authorized and was not captured, or replays it.</summary>
    [Alias("Cancel")]
    Task<PaymentReply> CancelAsync(CancelRequest request);

    /// <summary>Accepts a refund and reserves its amount, or replays it.</summary>
    [Alias("Refund")]
    Task<PaymentReply> RefundAsync(RefundRequest request);

    /// <summary>Waits until the operation is final, at most <paramref name="patience"/>; answers with whatever is then known.
    /// Interleaves with everything: waiting holds nothing up. But while it lasts the activation cannot move, as it has to when a node is lost.</summary>
    /// <param name="patience">Better a second, asked for again, than many.</param>
    /// <param name="operationId">The id of a capture, cancellation or refund, or null for the charge or authorization.</param>
    /// <param name="cancellationToken">Ends the waiting, and nothing else. Commands take none: what was asked for is not taken back by impatience.</param>
    [AlwaysInterleave, ResponseTimeout("00:00:45"), Alias("Wait")]
    Task<PaymentReply> WaitAsync(Guid? operationId, TimeSpan patience, CancellationToken cancellationToken = default);

    /// <summary>The payment as it is stored now; refused with <c>payment_not_found</c> when there is none.</summary>
    [AlwaysInterleave, Alias("Get")]
    Task<PaymentReply> GetAsync();

    /// <summary>Asks the processor now what became of what is open, and answers with what is known so far; it was asked a moment ago: nothing
    /// happens. For whoever has reason to think that it knows more, e.g. because the customer has come back from it.</summary>
    [Alias("Refresh")]
    Task<PaymentReply> RefreshAsync();

    /// <summary>Looks whether something is due, and does it. A hint: when nothing is due, nothing happens.</summary>
    [Alias("Wake")]
    Task WakeAsync();
}
