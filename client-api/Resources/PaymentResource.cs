using System.ComponentModel;
using Payments.Domain;
using Payments.Grains;

namespace Payments.ClientApi.Resources;

/// <summary>A payment as the API shows it.</summary>
internal sealed record PaymentResource
{
    [Description("Follows from the idempotency key: the same key is always the same payment.")]
    public required string Id { get; init; }

    [OneOf("payment")]
    public string Object => "payment";

    [OneOf("test", "live")]
    public required string Mode { get; init; }

    [Description("processing until the processor's word is known; the others are final. failed: proven that nothing was ever sent.")]
    [OneOf("processing", "succeeded", "declined", "failed")]
    public required string Status { get; init; }

    [Description("What is known of the charge at the processor.")]
    [OneOf("not_sent", "unknown", "declined", "done")]
    public required string Outcome { get; init; }

    [Description("Minor units of the currency: 1999 is 19.99 EUR and 1999 JPY.")]
    public required long Amount { get; init; }

    public required string Currency { get; init; }

    [Description("The platform's part of the amount, in minor units.")]
    public required long Fee { get; init; }

    [Description("What the processor took, in minor units.")]
    public required long Captured { get; init; }

    [Description("What went back to the customer, in minor units.")]
    public required long Refunded { get; init; }

    [Description("Refunds that are accepted and not yet decided, in minor units.")]
    public required long RefundsInFlight { get; init; }

    public required string PaymentMethod { get; init; }

    [Description("The processor.")]
    public required string Gateway { get; init; }

    public required string? Reference { get; init; }
    public required string? Description { get; init; }

    [Description("The processor's reason, when it declined.")]
    public required string? DeclineCode { get; init; }

    public required DateTime CreatedAt { get; init; }
    public required DateTime UpdatedAt { get; init; }

    [Description("When the payment will be looked at again by itself; null when nothing is open.")]
    public required DateTime? NextActionAt { get; init; }

    public static PaymentResource Of(PaymentView payment) => new()
    {
        Id = Ids.Format(Ids.PaymentPrefix, payment.Id),
        Mode = payment.Mode,
        Status = payment.Status,
        Outcome = payment.Outcome,
        Amount = payment.Amount,
        Currency = payment.Currency,
        Fee = payment.Fee,
        Captured = payment.Captured,
        Refunded = payment.Refunded,
        RefundsInFlight = payment.RefundsInFlight,
        PaymentMethod = payment.PaymentMethod,
        Gateway = payment.Gateway,
        Reference = payment.Reference,
        Description = payment.Description,
        DeclineCode = payment.Status == PaymentStatus.Declined.Name() ? payment.Code : null,
        CreatedAt = payment.CreatedAt.UtcDateTime,
        UpdatedAt = payment.UpdatedAt.UtcDateTime,
        NextActionAt = payment.NextActionAt?.UtcDateTime,
    };

    /// <summary>Whether the charge is decided; refunds of it may still come.</summary>
    public static bool IsFinal(PaymentView payment) => payment.Status != PaymentStatus.Processing.Name();
}
