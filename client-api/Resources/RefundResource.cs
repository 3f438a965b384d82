using System.ComponentModel;
using Payments.Domain;
using Payments.Grains;

namespace Payments.ClientApi.Resources;

/// <summary>A refund as the API shows it.</summary>
internal sealed record RefundResource
{
    [Description("Follows from the payment and the idempotency key.")]
    public required string Id { get; init; }

    [OneOf("refund")]
    public string Object => "refund";

    [Description("The payment that it gives back.")]
    public required string Payment { get; init; }

    [Description("pending until the processor's word is known; failed gives the amount back to the merchant's balance.")]
    [OneOf("pending", "succeeded", "failed")]
    public required string Status { get; init; }

    [Description("What is known of the refund at the processor.")]
    [OneOf("not_sent", "unknown", "declined", "done")]
    public required string Outcome { get; init; }

    [Description("Minor units.")]
    public required long Amount { get; init; }

    public required string Currency { get; init; }
    public required string? Reason { get; init; }

    [Description("Why it failed.")]
    public required string? FailureCode { get; init; }

    public required DateTime CreatedAt { get; init; }

    public static RefundResource Of(PaymentView payment, OperationView refund)
    {
        var failed = refund.Status == OperationStatus.Declined.Name() || refund.Status == OperationStatus.Failed.Name();
        return new()
        {
            Id = Ids.Format(Ids.RefundPrefix, refund.Id),
            Payment = Ids.Format(Ids.PaymentPrefix, payment.Id),
            Status = failed ? OperationStatus.Failed.Name() : refund.Status,
            Outcome = refund.Outcome,
            Amount = refund.Amount,
            Currency = payment.Currency,
            Reason = refund.Reason,
            FailureCode = failed ? refund.Code : null,
            CreatedAt = refund.CreatedAt.UtcDateTime,
        };
    }

    public static bool IsFinal(OperationView refund) => refund.Status != OperationStatus.Pending.Name();
}
