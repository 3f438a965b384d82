using Payments.GatewaySimulator.Rules;

namespace Payments.GatewaySimulator.Http;

/// <summary>The fields of every order; each kind looks at its own.</summary>
internal sealed record OrderBody(
    string? Reference, long? Amount, string? Currency, string? Token, string? ChargeId, string? AuthorizationId, bool? Final, string? ReturnUrl, string? Destination)
{
    /// <summary>The first field that is not as this kind of order needs it.</summary>
    public Refusal? FirstFault(OperationKind kind) =>
        Check.Reference(Reference)
        ?? (kind == OperationKind.Void ? null : Check.Amount(Amount) ?? Check.Currency(Currency))
        ?? kind switch
        {
            OperationKind.Charge or OperationKind.Authorization => Check.Token(Token) ?? Check.Url("return_url", ReturnUrl),
            OperationKind.Capture or OperationKind.Void => Check.Id("authorization_id", AuthorizationId),
            OperationKind.Refund => Check.Id("charge_id", ChargeId),
            OperationKind.Transfer => Check.Destination(Destination),
        };

    /// <summary>The order of a body that passed its check.</summary>
    public Order ToOrder(OperationKind kind, string key) => kind switch
    {
        OperationKind.Charge or OperationKind.Authorization => new(kind, key, Reference!, Amount!.Value, Currency!, Token!, ReturnUrl: ReturnUrl),
        OperationKind.Capture => new(kind, key, Reference!, Amount!.Value, Currency!, AuthorizationId!, Final ?? false),
        OperationKind.Void => new(kind, key, Reference!, 0, "", AuthorizationId!),
        OperationKind.Refund => new(kind, key, Reference!, Amount!.Value, Currency!, ChargeId!),
        OperationKind.Transfer => new(kind, key, Reference!, Amount!.Value, Currency!, Destination!),
    };
}

internal sealed record FaultsBody(
    long? Seed, double? LostBefore, double? LostAfter, double? Unavailable, double? Slow, double? SlowAnswer, int? SlowMs, string? Webhooks,
    double? WebhookDoubled, double? WebhookLost, int? WebhookDelayMs);

internal sealed record OutageBody(int? Ms);
