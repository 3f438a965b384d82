using System.Net;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Payments.Domain;
using Payments.Gateways.Connectors.Http;

namespace Payments.Gateways.Connectors.Stripe;

/// <summary>What Stripe's replies and objects mean for an operation. Whatever its contract does not say is unknown.</summary>
internal static class StripeReplies
{
    /// <summary>The object of a reply, or what is known when it brings none.</summary>
    public static (T? Object, GatewayAnswer? Failure) Read<T>(ProcessorReply reply, JsonTypeInfo<T> layout) where T : class
    {
        if (reply.Failure is { } failure)
        {
            return (null, failure);
        }

        if ((int)reply.Status is >= 200 and < 300)
        {
            return Parse(reply.Body, layout) is { } read ? (read, null) : (null, new(GatewayAnswerKind.Unknown, Code: ProcessorReply.Unreadable));
        }

        return (null, OfError(reply.Status, Parse(reply.Body, StripeJson.Default.StripeErrorReply)?.Error));
    }

    /// <summary>
    /// What an error means for what was asked (https://docs.stripe.com/error-low-level): card errors are the issuer's no; invalid requests were refused
    /// before any work; too many requests and wrong keys as well. After a conflict of keys, or an error of Stripe's own, nobody knows.
    /// </summary>
    private static GatewayAnswer OfError(HttpStatusCode status, StripeError? error) => (status, error?.Type) switch
    {
        (_, "idempotency_error") => new(GatewayAnswerKind.Unknown, Code: error.Code ?? error.Type),
        (HttpStatusCode.PaymentRequired, "card_error") => new(
            GatewayAnswerKind.Declined, error.PaymentIntent?.Id ?? error.Charge, error.Reason, IsRetryable: StripeNames.Retryable.Contains(error.Reason ?? "")),
        (HttpStatusCode.BadRequest or HttpStatusCode.NotFound or HttpStatusCode.PaymentRequired, "invalid_request_error") =>
            new(GatewayAnswerKind.Declined, Code: error.Code ?? error.Type),
        (HttpStatusCode.TooManyRequests, not null) => new(GatewayAnswerKind.NotSent, Code: error.Code ?? error.Type),
        (HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden, not null) => new(GatewayAnswerKind.NotSent, Code: error.Code ?? "key_refused"),
        _ => new(GatewayAnswerKind.Unknown, Code: error?.Code ?? $"http_{(int)status}"),
    };

    /// <summary>Where a charge or authorization stands that is a payment intent.</summary>
    public static GatewayAnswer OfIntent(StripeObject intent, OperationKind kind) => (intent.Status, kind) switch
    {
        ("succeeded", _) => new(GatewayAnswerKind.Approved, intent.Id, Told: StripeAmount.Read(intent.Amount, intent.Currency)),
        ("requires_capture", OperationKind.Authorize) => new(GatewayAnswerKind.Approved, intent.Id, Told: StripeAmount.Read(intent.Amount, intent.Currency)),
        ("processing", _) => new(GatewayAnswerKind.Pending, intent.Id),
        ("requires_action", _) => new(GatewayAnswerKind.RequiresAction, intent.Id, ActionUrl: intent.NextAction?.RedirectToUrl?.Url),
        ("requires_payment_method", _) when intent.LastPaymentError is { } error =>
            new(GatewayAnswerKind.Declined, intent.Id, error.Reason, IsRetryable: StripeNames.Retryable.Contains(error.Reason ?? "")),
        // One that was held and let go of was approved once; otherwise it came to nothing.
        ("canceled", OperationKind.Authorize) when intent.AmountReceived == 0 && intent.CancellationReason == "automatic" =>
            new(GatewayAnswerKind.Approved, intent.Id, Told: StripeAmount.Read(intent.Amount, intent.Currency)),
        ("canceled", _) => new(GatewayAnswerKind.Declined, intent.Id, intent.CancellationReason ?? "canceled"),
        _ => new(GatewayAnswerKind.Unknown, intent.Id, intent.Status ?? ProcessorReply.Unreadable),
    };

    /// <summary>Where a capture stands, by its payment intent. There is only one: Stripe lets go of the rest.</summary>
    public static GatewayAnswer OfCapture(StripeObject intent, string reference) => intent.Status switch
    {
        "succeeded" when intent[StripeNames.CaptureOperation] == reference =>
            new(GatewayAnswerKind.Approved, intent.Id, Told: StripeAmount.Read(intent.AmountReceived, intent.Currency)),
        "succeeded" => new(GatewayAnswerKind.Declined, intent.Id, "captured_otherwise"),
        "canceled" => new(GatewayAnswerKind.Expired, intent.Id, "authorization_canceled"),
        "requires_capture" => new(GatewayAnswerKind.NotFound, intent.Id),
        "processing" => new(GatewayAnswerKind.Pending, intent.Id),
        _ => new(GatewayAnswerKind.Unknown, intent.Id, intent.Status ?? ProcessorReply.Unreadable),
    };

    /// <summary>Where a void stands, by its payment intent.</summary>
    public static GatewayAnswer OfVoid(StripeObject intent) => intent.Status switch
    {
        "canceled" when intent.CancellationReason == "automatic" => new(GatewayAnswerKind.Expired, intent.Id, "authorization_expired"),
        "canceled" => new(GatewayAnswerKind.Approved, intent.Id),
        "requires_capture" => new(GatewayAnswerKind.NotFound, intent.Id),
        "succeeded" => new(GatewayAnswerKind.Declined, intent.Id, "authorization_captured"),
        _ => new(GatewayAnswerKind.Unknown, intent.Id, intent.Status ?? ProcessorReply.Unreadable),
    };

    /// <summary>Where a charge or authorization stands that is a charge.</summary>
    public static GatewayAnswer OfCharge(StripeObject charge) => charge.Status switch
    {
        "succeeded" => new(GatewayAnswerKind.Approved, charge.Id, Told: StripeAmount.Read(charge.Amount, charge.Currency)),
        "pending" => new(GatewayAnswerKind.Pending, charge.Id),
        "failed" => new(GatewayAnswerKind.Declined, charge.Id, charge.FailureCode, IsRetryable: StripeNames.Retryable.Contains(charge.FailureCode ?? "")),
        _ => new(GatewayAnswerKind.Unknown, charge.Id, charge.Status ?? ProcessorReply.Unreadable),
    };

    /// <summary>Where the capture of a charge stands. There is only one: Stripe lets go of the rest.</summary>
    public static GatewayAnswer OfCapturedCharge(StripeObject charge) => charge switch
    {
        { Captured: true } => new(GatewayAnswerKind.Approved, charge.Id, Told: StripeAmount.Read(charge.AmountCaptured, charge.Currency)),
        { Refunded: true } => new(GatewayAnswerKind.Expired, charge.Id, "authorization_canceled"),
        { Captured: false } => new(GatewayAnswerKind.NotFound, charge.Id),
        _ => new(GatewayAnswerKind.Unknown, charge.Id, ProcessorReply.Unreadable),
    };

    /// <summary>Where a refund stands. One that moved money and got it back had been made.</summary>
    public static GatewayAnswer OfRefund(StripeObject refund) => refund.Status switch
    {
        "succeeded" => new(GatewayAnswerKind.Approved, refund.Id, Told: StripeAmount.Read(refund.Amount, refund.Currency)),
        "pending" or "requires_action" => new(GatewayAnswerKind.Pending, refund.Id),
        "failed" when StripeObject.IdOf(refund.FailureBalanceTransaction) is not null =>
            new(GatewayAnswerKind.Reversed, refund.Id, refund.FailureReason ?? "failed", Told: StripeAmount.Read(refund.Amount, refund.Currency)),
        "failed" or "canceled" => new(GatewayAnswerKind.Declined, refund.Id, refund.FailureReason ?? refund.Status),
        _ => new(GatewayAnswerKind.Unknown, refund.Id, refund.Status ?? ProcessorReply.Unreadable),
    };

    private static T? Parse<T>(byte[] body, JsonTypeInfo<T> layout) where T : class
    {
        try
        {
            return JsonSerializer.Deserialize(body, layout);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
