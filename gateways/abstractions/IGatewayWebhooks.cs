using Payments.Domain;

namespace Payments.Gateways;

/// <summary>Who can read what processors send by themselves.</summary>
public interface IGatewayWebhooks
{
    /// <summary>The reader of a processor's webhooks; null when there is no such processor, or none of its secrets is configured.</summary>
    IWebhookReader? Find(string gateway);
}

/// <summary>Reads the webhooks of one processor. Pure: what it says follows from the request, the secrets and the time.</summary>
public interface IWebhookReader
{
    /// <summary>Checks the signature over the raw body, and says what the event says.</summary>
    /// <param name="header">A header's value; null when it is missing or was sent twice.</param>
    /// <param name="body">The body as it came, byte for byte.</param>
    /// <param name="now">UTC: old requests are refused, so that nobody repeats what he overheard.</param>
    WebhookReading Read(Func<string, string?> header, ReadOnlyMemory<byte> body, DateTimeOffset now);
}

/// <summary>What a webhook is found to be.</summary>
public abstract record WebhookReading
{
    private WebhookReading()
    {
    }

    /// <summary>Nobody can be sure that the processor sent it. Nothing of it is kept.</summary>
    /// <param name="Reason"><c>signature_missing</c>, <c>signature_invalid</c>, <c>timestamp_outside_tolerance</c> or <c>body_unreadable</c>.</param>
    public sealed record Refused(string Reason) : WebhookReading;

    /// <summary>The processor sent it.</summary>
    /// <param name="EventId">The processor's own id of the event: sent again, it is the same.</param>
    /// <param name="News">What it says of a payment; null when it is about something else.</param>
    public sealed record Accepted(string EventId, GatewayNews? News) : WebhookReading;
}

/// <summary>What a processor says of a payment by itself: the state of an operation, or a dispute.</summary>
/// <param name="OperationReference">Our reference of the operation, as far as it names ours.</param>
/// <param name="BegunReference">The processor's own id of what the payment began with, for news that do not name ours.</param>
/// <param name="Answer">Where the operation stands; null for a dispute.</param>
/// <param name="Dispute">The dispute; null for the state of an operation.</param>
public sealed record GatewayNews(string? OperationReference, string? BegunReference, GatewayAnswer? Answer, DisputeNews? Dispute = null);

/// <param name="Notice">Opened, won or lost.</param>
/// <param name="Reference">The processor's own id of the dispute.</param>
/// <param name="Amount">What is in dispute.</param>
/// <param name="Fee">What the processor takes for it besides, in minor units.</param>
/// <param name="Kept">What of that fee it keeps although the merchant won, in minor units.</param>
/// <param name="Code">The customer's reason.</param>
public sealed record DisputeNews(OperationKind Notice, string Reference, Money Amount, long Fee = 0, long Kept = 0, string? Code = null);
