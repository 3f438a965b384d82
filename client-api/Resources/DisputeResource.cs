using System.ComponentModel;
using Payments.Domain;

namespace Payments.ClientApi.Resources;

/// <summary>A dispute of a payment as the API shows it.</summary>
internal sealed record DisputeResource
{
    public required string Id { get; init; }

    [OneOf("dispute")]
    public string Object => "dispute";

    [Description("The payment that it is about.")]
    public required string Payment { get; init; }

    [Description("open until it is decided. won: for the merchant. lost: for the customer.")]
    [OneOf("open", "won", "lost")]
    public required string Status { get; init; }

    [Description("What is in dispute, in minor units.")]
    public required long Amount { get; init; }

    public required string Currency { get; init; }

    [Description("What the processor takes for it besides, in minor units; of one that was won: what it keeps of that.")]
    public required long Fee { get; init; }

    [Description("The customer's reason, in the processor's words.")]
    public required string? Reason { get; init; }

    [Description("The processor's own id of it.")]
    public required string? ProcessorReference { get; init; }

    public required DateTime OpenedAt { get; init; }
    public required DateTime? ClosedAt { get; init; }

    public static DisputeResource Of(Payment payment, Operation dispute)
    {
        var end = payment.Find(Ids.DisputeEnd(dispute.Id));
        return new()
        {
            Id = Ids.Format(Ids.DisputePrefix, dispute.Id),
            Payment = Ids.Format(Ids.PaymentPrefix, payment.Id),
            Status = end switch { null => "open", { Kind: OperationKind.DisputeWon } => "won", _ => "lost" },
            Amount = dispute.Amount,
            Currency = payment.Currency.Code,
            Fee = (end ?? dispute).ProcessorFee,
            Reason = dispute.Code,
            ProcessorReference = dispute.ProcessorReference,
            OpenedAt = dispute.CreatedAt.UtcDateTime,
            ClosedAt = end?.CreatedAt.UtcDateTime,
        };
    }
}
