using Payments.Domain;

namespace Payments.Gateways.Connectors.Stripe;

/// <summary>
/// The connector to Stripe (https://docs.stripe.com/api). Our reference is in every object's metadata; by it, by Stripe's own ids, and by lists an
/// operation is found again. The idempotency key of every send is a function of the operation.
/// </summary>
public sealed class StripeGateway : IPaymentGateway, IDisposable
{
    // Clocks differ: what we first sent then may carry an earlier time at Stripe.
    private static readonly TimeSpan ClockMargin = TimeSpan.FromMinutes(5);

    private readonly StripeOptions options;
    private readonly StripeClient client;

    /// <param name="clock">Measures the timeout.</param>
    public StripeGateway(StripeOptions options, TimeProvider clock)
    {
        this.options = options;
        client = new StripeClient(options, clock);
        // Keys may be pruned after 24 hours. An authorization is captured once, and the rest of it let go.
        Capabilities = new(TimeSpan.FromHours(24), CanQuery: true, AbsenceFinalAfter: 2 * options.Timeout, options.Timeout, CapturesInParts: false);
    }

    private bool HasIntents => options.Api == StripeApi.PaymentIntents;

    /// <inheritdoc/>
    public string Name => options.Name;

    /// <inheritdoc/>
    public GatewayCapabilities Capabilities { get; }

    /// <inheritdoc/>
    public RetrySchedule? Retries => options.Retries;

    /// <inheritdoc/>
    public Task<GatewayAnswer> ChargeAsync(ChargeOrder order, CancellationToken cancellationToken) => BeginAsync(OperationKind.Charge, order, cancellationToken);

    /// <inheritdoc/>
    public Task<GatewayAnswer> AuthorizeAsync(ChargeOrder order, CancellationToken cancellationToken) => BeginAsync(OperationKind.Authorize, order, cancellationToken);

    /// <inheritdoc/>
    public async Task<GatewayAnswer> CaptureAsync(CaptureOrder order, CancellationToken cancellationToken)
    {
        if (StripeAmount.Of(order.Amount) is not { } amount)
        {
            return NotRepresentable;
        }

        var id = Uri.EscapeDataString(order.ProcessorAuthorizationId);
        if (!HasIntents)
        {
            // A charge that was let go of looks as if it could still be captured, on some servers.
            var (charge, missing) = await LookAsync(order.ProcessorAuthorizationId, cancellationToken);
            if (missing is not null || charge is { Captured: false, Refunded: true })
            {
                return missing ?? StripeReplies.OfCapturedCharge(charge!);
            }
        }

        var (made, failure) = HasIntents
            ? await client.PostAsync($"v1/payment_intents/{id}/capture", order.IdempotencyKey, cancellationToken,
                [("amount_to_capture", $"{amount}"), ($"metadata[{StripeNames.CaptureOperation}]", order.Reference)])
            : await client.PostAsync($"v1/charges/{id}/capture", order.IdempotencyKey, cancellationToken, [("amount", $"{amount}")]);
        return failure is { Kind: GatewayAnswerKind.Declined } declined ? OfClosed(declined)
            : failure ?? (HasIntents ? StripeReplies.OfCapture(made!, order.Reference) : StripeReplies.OfCapturedCharge(made!));
    }

    // The charge that is to be captured or let go of; without it nothing is sent.
    private async Task<(StripeObject? Charge, GatewayAnswer? Missing)> LookAsync(string id, CancellationToken cancellationToken)
    {
        var (charge, missing) = await client.RetrieveAsync($"v1/charges/{Uri.EscapeDataString(id)}", cancellationToken);
        return missing switch
        {
            null => (charge, null),
            { Kind: GatewayAnswerKind.NotFound } => (null, new(GatewayAnswerKind.Declined, Code: "resource_missing")),
            _ => (null, new(GatewayAnswerKind.NotSent, Code: missing.Code)),
        };
    }

    /// <inheritdoc/>
    public async Task<GatewayAnswer> VoidAsync(VoidOrder order, CancellationToken cancellationToken)
    {
        if (HasIntents)
        {
            var id = Uri.EscapeDataString(order.ProcessorAuthorizationId);
            var (canceled, failure) = await client.PostAsync($"v1/payment_intents/{id}/cancel", order.IdempotencyKey, cancellationToken);
            return failure is { Kind: GatewayAnswerKind.Declined } declined ? OfClosed(declined) : failure ?? StripeReplies.OfVoid(canceled!);
        }

        // What is held by a charge is let go of by refunding it before it was captured. One that was captured must not be refunded by that.
        var (charge, missing) = await LookAsync(order.ProcessorAuthorizationId, cancellationToken);
        if (missing is not null || charge is { Captured: true })
        {
            return missing ?? new(GatewayAnswerKind.Declined, charge!.Id, "authorization_captured");
        }

        var (refund, refused) = await client.PostAsync("v1/refunds", order.IdempotencyKey, cancellationToken,
            [("charge", order.ProcessorAuthorizationId), ($"metadata[{StripeNames.Operation}]", order.Reference)]);
        return refused ?? StripeReplies.OfRefund(refund!) with { Told = null };
    }

    /// <inheritdoc/>
    public async Task<GatewayAnswer> RefundAsync(RefundOrder order, CancellationToken cancellationToken)
    {
        if (StripeAmount.Of(order.Amount) is not { } amount)
        {
            return NotRepresentable;
        }

        var (made, failure) = await client.PostAsync("v1/refunds", order.IdempotencyKey, cancellationToken,
            [(HasIntents ? "payment_intent" : "charge", order.ProcessorChargeId), ("amount", $"{amount}"), ($"metadata[{StripeNames.Operation}]", order.Reference)]);
        return failure ?? StripeReplies.OfRefund(made!);
    }

    /// <inheritdoc/>
    public Task<GatewayAnswer> QueryAsync(QueryOrder order, CancellationToken cancellationToken) => order.Kind switch
    {
        OperationKind.Charge or OperationKind.Authorize => QueryBegunAsync(order, cancellationToken),
        OperationKind.Capture => QueryAuthorizationAsync(
            order, found => HasIntents ? StripeReplies.OfCapture(found, order.Reference) : StripeReplies.OfCapturedCharge(found), cancellationToken),
        OperationKind.Void when HasIntents => QueryAuthorizationAsync(order, StripeReplies.OfVoid, cancellationToken),
        OperationKind.Void or OperationKind.Refund => QueryRefundAsync(order, cancellationToken),
        _ => throw new ArgumentOutOfRangeException(nameof(order), order.Kind, "Nobody asks for that."),
    };

    /// <inheritdoc/>
    public void Dispose() => client.Dispose();

    private static GatewayAnswer NotRepresentable => new(GatewayAnswerKind.Declined, Code: "amount_not_representable");

    private async Task<GatewayAnswer> BeginAsync(OperationKind kind, ChargeOrder order, CancellationToken cancellationToken)
    {
        if (StripeAmount.Of(order.Amount) is not { } amount)
        {
            return NotRepresentable;
        }

        var common = new (string Name, string? Value)[]
        {
            ("amount", $"{amount}"), ("currency", order.Amount.Currency.Code.ToLowerInvariant()),
            ($"metadata[{StripeNames.Operation}]", order.Reference), ($"metadata[{StripeNames.Kind}]", kind.Name()),
            ("statement_descriptor_suffix", order.StatementDescriptor),
        };
        var (made, failure) = HasIntents
            ? await client.PostAsync("v1/payment_intents", order.IdempotencyKey, cancellationToken, [
                .. common, ("payment_method", order.Token), ("confirm", "true"), ("capture_method", kind == OperationKind.Authorize ? "manual" : "automatic"),
                ("automatic_payment_methods[enabled]", "true"), ("automatic_payment_methods[allow_redirects]", order.ReturnUrl is null ? "never" : "always"),
                ("return_url", order.ReturnUrl)])
            : await client.PostAsync("v1/charges", order.IdempotencyKey, cancellationToken, [
                .. common, ("source", order.Token), ("capture", kind == OperationKind.Authorize ? "false" : "true")]);
        return failure ?? (HasIntents ? StripeReplies.OfIntent(made!, kind) : StripeReplies.OfCharge(made!));
    }

    private async Task<GatewayAnswer> QueryBegunAsync(QueryOrder order, CancellationToken cancellationToken)
    {
        var what = HasIntents ? "v1/payment_intents" : "v1/charges";
        var (found, failure) = order.ProcessorId is { } id
            ? await client.RetrieveAsync($"{what}/{Uri.EscapeDataString(id)}", cancellationToken)
            : await client.FindAsync(what, $"{what}/search", order.Reference, order.FirstSentAt - ClockMargin, cancellationToken);
        return failure ?? (
            found![StripeNames.Operation] is { } operation && operation != order.Reference ? new(GatewayAnswerKind.Unknown, found.Id, "answer_mismatch")
            : HasIntents ? StripeReplies.OfIntent(found, order.Kind)
            : StripeReplies.OfCharge(found));
    }

    private async Task<GatewayAnswer> QueryAuthorizationAsync(QueryOrder order, Func<StripeObject, GatewayAnswer> read, CancellationToken cancellationToken)
    {
        if (order.ProcessorBegunId is not { } id)
        {
            return new(GatewayAnswerKind.Unknown, Code: "authorization_not_known");
        }

        var (found, failure) = await client.RetrieveAsync($"{(HasIntents ? "v1/payment_intents" : "v1/charges")}/{Uri.EscapeDataString(id)}", cancellationToken);
        return failure ?? read(found!);
    }

    private async Task<GatewayAnswer> QueryRefundAsync(QueryOrder order, CancellationToken cancellationToken)
    {
        var of = order.ProcessorBegunId is { } id ? $"?{(HasIntents ? "payment_intent" : "charge")}={Uri.EscapeDataString(id)}" : "";
        var (found, failure) = order.ProcessorId is { } refundId
            ? await client.RetrieveAsync($"v1/refunds/{Uri.EscapeDataString(refundId)}", cancellationToken)
            : await client.FindAsync($"v1/refunds{of}", search: null, order.Reference, of.Length == 0 ? order.FirstSentAt - ClockMargin : null, cancellationToken);
        return failure ?? (order.Kind == OperationKind.Void ? StripeReplies.OfRefund(found!) with { Told = null } : StripeReplies.OfRefund(found!));
    }

    // Stripe says no because of what the authorization has become.
    private static GatewayAnswer OfClosed(GatewayAnswer declined) => declined.Code is "charge_expired_for_capture"
        ? declined with { Kind = GatewayAnswerKind.Expired }
        : declined;
}
