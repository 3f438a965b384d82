using Payments.Domain;

namespace Payments.Gateways.Settlement;

/// <summary>
/// Stripe's reports <c>payout_reconciliation.itemized</c> and <c>balance_change_from_activity.itemized</c>: amounts in major units of the
/// settlement's currency, names of columns as in Stripe's documentation of report types.
/// </summary>
internal static class StripeSettlement
{
    public static readonly SettlementFormat Format = new(
        "stripe", ["balance_transaction_id", "created_utc", "currency", "gross", "fee", "net", "reporting_category"], Read);

    private static SettlementLine Read(SettlementRow row)
    {
        var type = row.Required("reporting_category");
        var kind = type switch
        {
            "charge" => SettlementKind.Capture,
            "refund" => SettlementKind.Refund,
            "refund_failure" => SettlementKind.RefundFailure,
            "dispute" => SettlementKind.Dispute,
            "dispute_reversal" => SettlementKind.DisputeReversal,
            "fee" or "network_cost" or "tax" => SettlementKind.Fee,
            "payout" or "payout_reversal" => SettlementKind.Payout,
            _ => SettlementKind.Unknown,
        };
        var currency = row.Currency("currency");
        var gross = row.RequiredAmount("gross", currency);
        var fee = row.RequiredAmount("fee", currency);
        row.HoldToSign(kind, "gross", gross);
        if (row.RequiredAmount("net", currency) is var net && net != gross - fee)
        {
            throw row.Wrong("net", $"is {net}, and gross less fee is {gross - fee}");
        }

        // What the customer saw is told only where it was converted.
        var presented = row.Text("customer_facing_currency") is null || row.Text("customer_facing_amount") is null ? gross
            : row.RequiredAmount("customer_facing_amount", row.Currency("customer_facing_currency"));
        return new(
            row.Number, row.Required("balance_transaction_id"), kind, type, row.Time("created_utc", TimeSpan.Zero), presented, gross, fee,
            Reference(row, kind), row.Text("source_id") ?? row.Text("charge_id"), row.Text("automatic_payout_id"));
    }

    // The connector leaves our operation's id in the metadata; a dispute carries that of what is in dispute.
    private static string? Reference(SettlementRow row, SettlementKind kind) => kind is SettlementKind.Refund or SettlementKind.RefundFailure
        ? row.Text("refund_metadata[operation]")
        : row.Text("payment_metadata[capture_operation]") ?? row.Text("payment_metadata[operation]");
}
