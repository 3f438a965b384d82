using System.Collections.Immutable;
using System.ComponentModel;
using Payments.ClientApi.Endpoints;
using Payments.Domain;
using Payments.Grains;

namespace Payments.ClientApi.Resources;

/// <summary>A capture, cancellation or refund as the API shows it.</summary>
internal sealed record OperationResource
{
    [Description("Follows from the payment and the idempotency key.")]
    public required string Id { get; init; }

    [OneOf("capture", "cancellation", "refund")]
    public required string Object { get; init; }

    [Description("The payment that it belongs to.")]
    public required string Payment { get; init; }

    [Description("Where that payment then stands.")]
    [OneOf("processing", "requires_action", "authorized", "succeeded", "declined", "failed", "canceled")]
    public required string PaymentStatus { get; init; }

    [Description("pending until the processor's word is known. failed: it had no effect, and what was reserved for it is free again; a refund may turn so after it succeeded, when the customer's account would not take it.")]
    [OneOf("pending", "succeeded", "failed")]
    public required string Status { get; init; }

    [Description("What is known of it at the processor.")]
    [OneOf("not_sent", "unknown", "declined", "done")]
    public required string Outcome { get; init; }

    [Description("Minor units; of a cancellation, what is released.")]
    public required long Amount { get; init; }

    public required string Currency { get; init; }

    [Description("What the platform took of it, in minor units; negative where a refund gave a fee back.")]
    public required long Fee { get; init; }

    [Description("Of a capture: whether what was left after it is released. Null for others.")]
    public required bool? Final { get; init; }

    public required string? Reason { get; init; }

    [Description("Why it failed.")]
    public required string? FailureCode { get; init; }

    public required ImmutableSortedDictionary<string, string> Metadata { get; init; }
    public required DateTime CreatedAt { get; init; }

    public static OperationResource Of(OperationName name, PaymentView payment, OperationView operation)
    {
        var failed = operation.Status == OperationStatus.Declined.Name() || operation.Status == OperationStatus.Failed.Name()
            || operation.ReversedBecause is not null;
        return new()
        {
            Id = Ids.Format(name.Prefix, operation.Id),
            Object = name.Name,
            Payment = Ids.Format(Ids.PaymentPrefix, payment.Id),
            PaymentStatus = payment.Status,
            Status = failed ? OperationStatus.Failed.Name() : operation.Status,
            Outcome = operation.ReversedBecause is null ? operation.Outcome : Domain.Outcome.Declined.Name(),
            Amount = operation.Amount,
            Currency = payment.Currency,
            Fee = operation.Fee,
            Final = name.Kind == OperationKind.Capture ? operation.IsFinalCapture : null,
            Reason = operation.Reason,
            FailureCode = operation.ReversedBecause ?? (failed ? operation.Code : null),
            Metadata = operation.Metadata,
            CreatedAt = operation.CreatedAt.UtcDateTime,
        };
    }

    public static bool IsFinal(OperationView operation) => operation.Status != OperationStatus.Pending.Name();
}
