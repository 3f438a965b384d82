namespace Payments.GatewaySimulator.Rules;

/// <summary>Something that the processor tells by itself.</summary>
/// <param name="Id">A function of what happened: told again, after a restart too, it is the same.</param>
/// <param name="Operation">An operation as it now stands; null for a dispute.</param>
/// <param name="Dispute">A dispute as it now stands; null for an operation.</param>
internal sealed record WebhookEvent(string Id, string Type, DateTimeOffset At, Operation? Operation, Dispute? Dispute)
{
    public static WebhookEvent Of(Operation operation) => Make(
        operation.IsReversed ? "refund.reversed" : "operation.decided", operation.Order.Id, operation.ReversedAt ?? operation.At, operation, null);

    public static WebhookEvent Opened(Operation charge) =>
        Make("dispute.opened", charge.Order.Id, charge.DisputedAt!.Value, null, Rules.Dispute.Of(charge));

    public static WebhookEvent Closed(Operation charge) => Make(
        TestTokens.IsDisputeWon(charge.Order.Source) ? "dispute.won" : "dispute.lost", charge.Order.Id, charge.DisputeClosedAt!.Value, null, Rules.Dispute.Of(charge));

    private static WebhookEvent Make(string type, string subject, DateTimeOffset at, Operation? operation, Dispute? dispute) =>
        new($"evt_{Digest.Of($"{type} {subject}")}", type, at, operation, dispute);
}

/// <param name="ChargeReference">The client's reference of the charge that is disputed.</param>
/// <param name="Fee">What the processor takes for it, in minor units.</param>
/// <param name="Kept">What of that it keeps even when the merchant wins.</param>
internal sealed record Dispute(string Id, string ChargeReference, long Amount, string Currency, long Fee, long Kept, string Reason)
{
    // Whoever wins a dispute gets a part of the fee back only: so that somebody counts it.
    public static Dispute Of(Operation charge) =>
        new($"dp_{Digest.Of(charge.Order.Id)}", charge.Order.Reference, charge.Order.Amount, charge.Order.Currency, Fee: 1_500, Kept: 500, "product_not_received");
}
