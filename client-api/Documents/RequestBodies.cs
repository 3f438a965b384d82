using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using Payments.Domain;

namespace Payments.ClientApi.Documents;

// What the document says of the bodies that the endpoints read field by field. A test holds the two against each other.

/// <summary>What makes a payment.</summary>
internal sealed record PaymentBody
{
    [Description("Minor units of the currency, in digits only: 1999 is 19.99 EUR and 1999 JPY.")]
    [Range(1, (double)Money.MaxOperation)]
    public required long Amount { get; init; }

    [Description("ISO 4217 code in capital letters.")]
    [RegularExpression("^[A-Z]{3}$")]
    public required string Currency { get; init; }

    [Description("The processor's token of the payment method. Card numbers are refused, here and in every other field.")]
    [StringLength(ApiLimits.MaxPaymentMethod, MinimumLength = 1), RegularExpression("^[!-~]+$")]
    public required string PaymentMethod { get; init; }

    [Description("The merchant's own reference, e.g. an order number.")]
    [StringLength(ApiLimits.MaxReference, MinimumLength = 1)]
    public string? Reference { get; init; }

    [StringLength(ApiLimits.MaxDescription, MinimumLength = 1)]
    public string? Description { get; init; }
}

/// <summary>What makes a refund.</summary>
internal sealed record RefundBody
{
    [Description("Minor units, in digits only; left out: all that is left.")]
    [Range(1, (double)Money.MaxOperation)]
    public long? Amount { get; init; }

    [StringLength(ApiLimits.MaxReason, MinimumLength = 1)]
    public string? Reason { get; init; }
}
