using System.Text.Json;
using System.Text.Json.Serialization;

namespace Payments.Gateways.Connectors.Stripe;

/// <summary>Of Stripe's objects, what we need. One record for all that have a status: payment intents, charges and refunds.</summary>
internal sealed record StripeObject
{
    public string? Id { get; init; }
    public string? Object { get; init; }
    public string? Status { get; init; }
    public long? Amount { get; init; }
    public long? AmountReceived { get; init; }
    public long? AmountCaptured { get; init; }
    public long? AmountRefunded { get; init; }
    public string? Currency { get; init; }
    public bool? Captured { get; init; }
    public bool? Refunded { get; init; }
    public string? CancellationReason { get; init; }
    public string? FailureCode { get; init; }
    public string? FailureReason { get; init; }

    /// <summary>An id, or the object itself where it was asked for; of a refund: that it had moved money, and the money came back.</summary>
    public JsonElement? FailureBalanceTransaction { get; init; }

    public string? Reason { get; init; }
    public Dictionary<string, string>? Metadata { get; init; }
    public StripeError? LastPaymentError { get; init; }
    public StripeNextAction? NextAction { get; init; }
    public JsonElement? PaymentIntent { get; init; }
    public JsonElement? Charge { get; init; }
    public IReadOnlyList<StripeBalanceTransaction>? BalanceTransactions { get; init; }

    public string? this[string name] => Metadata?.GetValueOrDefault(name);

    /// <summary>The id behind what may be an id or the object itself.</summary>
    public static string? IdOf(JsonElement? reference) => reference switch
    {
        { ValueKind: JsonValueKind.String } id => id.GetString(),
        { ValueKind: JsonValueKind.Object } whole when whole.TryGetProperty("id", out var id) => id.GetString(),
        _ => null,
    };
}

internal sealed record StripeBalanceTransaction(long? Fee);

internal sealed record StripeNextAction(StripeRedirect? RedirectToUrl);

internal sealed record StripeRedirect(string? Url);

internal sealed record StripeError
{
    public string? Type { get; init; }
    public string? Code { get; init; }
    public string? DeclineCode { get; init; }
    public StripeObject? PaymentIntent { get; init; }

    /// <summary>The id of the charge that was declined.</summary>
    public string? Charge { get; init; }

    /// <summary>The most telling of its codes.</summary>
    public string? Reason => DeclineCode ?? Code ?? Type;
}

internal sealed record StripeErrorReply(StripeError? Error);

internal sealed record StripeList(IReadOnlyList<StripeObject>? Data, bool? HasMore);

internal sealed record StripeEvent(string? Id, string? Type, StripeEventData? Data);

internal sealed record StripeEventData(StripeObject? Object);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(StripeObject))]
[JsonSerializable(typeof(StripeErrorReply))]
[JsonSerializable(typeof(StripeList))]
[JsonSerializable(typeof(StripeEvent))]
internal sealed partial class StripeJson : JsonSerializerContext;
