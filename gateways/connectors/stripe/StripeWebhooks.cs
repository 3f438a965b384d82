using System.Collections.Immutable;
using System.Text;
using System.Text.Json;
using Payments.Domain;
using Payments.Gateways.Connectors.Webhooks;

namespace Payments.Gateways.Connectors.Stripe;

/// <summary>
/// Stripe signs in one header (https://docs.stripe.com/webhooks/signature): <c>Stripe-Signature: t=…,v1=…,v1=…</c>, each v1 the hex of HMAC-SHA256 over
/// <c>t.body</c> under the endpoint's secret, taken as text.
/// </summary>
/// <param name="secrets">The endpoint's secrets: one, or two while one is replaced.</param>
/// <param name="api">Which of Stripe's interfaces the payments were made with.</param>
public sealed class StripeWebhooks(ImmutableArray<string> secrets, StripeApi api) : IWebhookReader
{
    private readonly ImmutableArray<byte[]> keys = [.. secrets.Select(Encoding.UTF8.GetBytes)];

    /// <inheritdoc/>
    public WebhookReading Read(Func<string, string?> header, ReadOnlyMemory<byte> body, DateTimeOffset now)
    {
        var parts = header("Stripe-Signature")?.Split(',').Select(part => part.Trim().Split('=', 2)).Where(part => part.Length == 2).ToArray() ?? [];
        var signatures = parts.Where(part => part[0] == "v1").Select(part => Bytes(part[1])).OfType<byte[]>().ToArray();
        if (parts.FirstOrDefault(part => part[0] == "t") is not [_, var timestamp] || signatures.Length == 0)
        {
            return new WebhookReading.Refused("signature_missing");
        }

        if (!WebhookSignature.IsValid(keys, $"{timestamp}.", body.Span, signatures))
        {
            return new WebhookReading.Refused("signature_invalid");
        }

        if (!WebhookSignature.IsTimely(timestamp, now))
        {
            return new WebhookReading.Refused("timestamp_outside_tolerance");
        }

        try
        {
            return JsonSerializer.Deserialize(body.Span, StripeJson.Default.StripeEvent) is { Id: { Length: > 0 and <= 255 } id, Data.Object: { } about, Type: { } type }
                ? new WebhookReading.Accepted(id, NewsOf(type, about))
                : new WebhookReading.Refused("body_unreadable");
        }
        catch (JsonException)
        {
            return new WebhookReading.Refused("body_unreadable");
        }
    }

    private GatewayNews? NewsOf(string type, StripeObject about) => type switch
    {
        "payment_intent.succeeded" or "payment_intent.payment_failed" or "payment_intent.processing" or "payment_intent.requires_action"
            or "payment_intent.canceled" or "payment_intent.amount_capturable_updated" => OfIntent(about),
        "charge.succeeded" or "charge.failed" or "charge.pending" when api == StripeApi.Charges && about[StripeNames.Operation] is { } reference =>
            new(reference, null, StripeReplies.OfCharge(about)),
        "refund.created" or "refund.updated" or "refund.failed" or "charge.refund.updated" when about[StripeNames.Operation] is { } reference =>
            new(reference, null, StripeReplies.OfRefund(about)),
        "charge.dispute.created" or "charge.dispute.closed" => OfDispute(about),
        _ => null,
    };

    private static GatewayNews? OfIntent(StripeObject intent)
    {
        if (intent[StripeNames.Operation] is not { } reference)
        {
            return null;
        }

        var kind = intent[StripeNames.Kind] == OperationKind.Authorize.Name() ? OperationKind.Authorize : OperationKind.Charge;
        return (kind, intent.Status) switch
        {
            // What was authorized and is paid was captured.
            (OperationKind.Authorize, "succeeded") => intent[StripeNames.CaptureOperation] is { } capture ? new(capture, null, StripeReplies.OfCapture(intent, capture)) : null,
            // Whether we let go or Stripe did, the void that knows of it will ask.
            (OperationKind.Authorize, "canceled") => null,
            _ => new(reference, null, StripeReplies.OfIntent(intent, kind)),
        };
    }

    // Inquiries (warning_…) move no money. The fee is what Stripe took when it took the amount, and keeps even when it gives the amount back.
    private GatewayNews? OfDispute(StripeObject dispute)
    {
        var notice = dispute.Status switch
        {
            "won" => OperationKind.DisputeWon,
            "lost" => OperationKind.DisputeLost,
            "needs_response" or "under_review" => OperationKind.Dispute,
            _ => default(OperationKind?),
        };
        var begun = StripeObject.IdOf(api == StripeApi.Charges ? dispute.Charge : dispute.PaymentIntent);
        if (notice is not { } kind || begun is null || dispute.Id is null || StripeAmount.Read(dispute.Amount, dispute.Currency) is not { } amount)
        {
            return null;
        }

        var fees = (dispute.BalanceTransactions ?? []).Select(transaction => StripeAmount.Read(transaction.Fee ?? 0, dispute.Currency)?.Minor ?? 0).ToArray();
        var (taken, kept) = (fees.Where(fee => fee > 0).Sum(), Math.Max(0, fees.Sum()));
        return new(null, begun, null, new(kind, dispute.Id, amount, taken, kept, dispute.Reason));
    }

    private static byte[]? Bytes(string hex)
    {
        try
        {
            return Convert.FromHexString(hex);
        }
        catch (FormatException)
        {
            return null;
        }
    }
}
