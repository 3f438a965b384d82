using System.Collections.Immutable;
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

    [Description(
        "processing until the processor's word is known. requires_action: the customer has to do something at action_url first. authorized: the amount is held, and something of it can still be captured. "
        + "The others are final. failed: proven that nothing was ever sent. canceled: the authorization is over, nothing was captured.")]
    [OneOf("processing", "requires_action", "authorized", "succeeded", "declined", "failed", "canceled")]
    public required string Status { get; init; }

    [Description("What is known of the charge or authorization at the processor.")]
    [OneOf("not_sent", "unknown", "declined", "done")]
    public required string Outcome { get; init; }

    [Description("Minor units of the currency: 1999 is 19.99 EUR and 1999 JPY.")]
    public required long Amount { get; init; }

    public required string Currency { get; init; }

    [Description("Who says when the money is taken: automatic at once, manual by captures.")]
    [OneOf("automatic", "manual")]
    public required string Capture { get; init; }

    [Description("What the platform kept of it so far, in minor units.")]
    public required long Fee { get; init; }

    [Description("What the processor took, in minor units.")]
    public required long Captured { get; init; }

    [Description("Captures that are accepted and not yet decided, in minor units.")]
    public required long CapturesInFlight { get; init; }

    [Description("What may still be captured, in minor units.")]
    public required long Capturable { get; init; }

    [Description("What was refunded to the customer, in minor units.")]
    public required long Refunded { get; init; }

    [Description("What of that came back because the customer's account would not take it, in minor units.")]
    public required long RefundsReversed { get; init; }

    [Description("What is in dispute or was lost by one, in minor units.")]
    public required long Disputed { get; init; }

    [Description("What may still be refunded, in minor units.")]
    public required long Refundable { get; init; }

    [Description("Refunds that are accepted and not yet decided, in minor units.")]
    public required long RefundsInFlight { get; init; }

    public required string PaymentMethod { get; init; }

    [Description("The processor.")]
    public required string Gateway { get; init; }

    public required string? Reference { get; init; }
    public required string? Description { get; init; }

    [Description("The merchant's own reference of its customer.")]
    public required string? Customer { get; init; }

    [Description("What the customer reads on its statement.")]
    public required string? StatementDescriptor { get; init; }

    public required ImmutableSortedDictionary<string, string> Metadata { get; init; }

    [Description("The processor's reason, when it declined.")]
    public required string? DeclineCode { get; init; }

    [Description("Where to send the customer for what the processor wants of it; null when it wants nothing.")]
    public required string? ActionUrl { get; init; }

    [Description("Where the customer is sent back to.")]
    public required string? ReturnUrl { get; init; }

    [Description("When the processor lets go of the authorization, as far as it says.")]
    public required DateTime? AuthorizedUntil { get; init; }

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
        Capture = payment.Capture,
        Fee = payment.Fee,
        Captured = payment.Captured,
        CapturesInFlight = payment.CapturesInFlight,
        Capturable = payment.Capturable,
        Refunded = payment.Refunded,
        RefundsInFlight = payment.RefundsInFlight,
        RefundsReversed = payment.RefundsReversed,
        Disputed = payment.Disputed,
        Refundable = payment.Refundable,
        ActionUrl = payment.ActionUrl,
        ReturnUrl = payment.ReturnUrl,
        PaymentMethod = payment.PaymentMethod,
        Gateway = payment.Gateway,
        Reference = payment.Reference,
        Description = payment.Description,
        Customer = payment.Customer,
        StatementDescriptor = payment.StatementDescriptor,
        Metadata = payment.Metadata,
        AuthorizedUntil = payment.AuthorizedUntil?.UtcDateTime,
        DeclineCode = payment.Status == PaymentStatus.Declined.Name() ? payment.Code : null,
        CreatedAt = payment.CreatedAt.UtcDateTime,
        UpdatedAt = payment.UpdatedAt.UtcDateTime,
        NextActionAt = payment.NextActionAt?.UtcDateTime,
    };

    /// <summary>Whether the charge or authorization is decided; captures and refunds of it may still come.</summary>
    public static bool IsFinal(PaymentView payment) => payment.Status != PaymentStatus.Processing.Name() && payment.Status != PaymentStatus.RequiresAction.Name();
}
