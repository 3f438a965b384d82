using Payments.Domain;

namespace Payments.Gateways.Settlement;

/// <summary>The simulated processor's file: amounts in major units, as <c>gateway-simulator/README.md</c> tells.</summary>
internal static class SimulatorSettlement
{
    public static readonly SettlementFormat Format = new(
        "simulator", ["id", "time", "type", "reference", "processor_reference", "currency", "gross", "fee", "net", "payout_id"], Read);

    private static SettlementLine? Read(SettlementRow row)
    {
        var type = row.Required("type");
        if (type == "end")
        {
            return null;
        }

        var kind = type switch
        {
            "charge" or "capture" => SettlementKind.Capture,
            "refund" => SettlementKind.Refund,
            "refund_failure" => SettlementKind.RefundFailure,
            "dispute" => SettlementKind.Dispute,
            "dispute_reversal" => SettlementKind.DisputeReversal,
            "fee" => SettlementKind.Fee,
            "payout" => SettlementKind.Payout,
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

        return new(
            row.Number, row.Required("id"), kind, type, row.Time("time", TimeSpan.Zero), gross, gross, fee, row.Text("reference"),
            row.Text("processor_reference"), row.Text("payout_id"));
    }
}
