using System.Globalization;
using Payments.Domain;

namespace Payments.Gateways.Settlement;

/// <summary>
/// Adyen's settlement details report: amounts in major units, as debits or credits; the direction comes from the column that is filled. Net
/// amounts are in the currency of the payout.
/// </summary>
internal static class AdyenSettlement
{
    private const string GrossDebit = "Gross Debit (GC)";
    private const string GrossCredit = "Gross Credit (GC)";
    private const string NetDebit = "Net Debit (NC)";
    private const string NetCredit = "Net Credit (NC)";

    private static readonly string[] FeeColumns = ["Commission (NC)", "Markup (NC)", "Scheme Fees (NC)", "Interchange (NC)"];

    // Abbreviations are no names of time zones: only those that mean one offset here.
    private static readonly Dictionary<string, int> Hours = new(StringComparer.Ordinal)
    {
        ["UTC"] = 0,
        ["GMT"] = 0,
        ["BST"] = 1,
        ["CET"] = 1,
        ["CEST"] = 2,
        ["EST"] = -5,
        ["EDT"] = -4,
        ["PST"] = -8,
        ["PDT"] = -7,
        ["SGT"] = 8,
        ["JST"] = 9,
        ["AEST"] = 10,
        ["AEDT"] = 11,
    };

    public static readonly SettlementFormat Format = new(
        "adyen",
        [
            "Psp Reference", "Merchant Reference", "Creation Date", "TimeZone", "Type", "Modification Reference", "Gross Currency", GrossDebit, GrossCredit,
            "Exchange Rate", "Net Currency", NetDebit, NetCredit, .. FeeColumns, "Modification Merchant Reference", "Batch Number",
        ],
        Read);

    private static SettlementLine Read(SettlementRow row)
    {
        var type = row.Required("Type");
        var kind = type switch
        {
            "Settled" => SettlementKind.Capture,
            "Refunded" => SettlementKind.Refund,
            "RefundedReversed" => SettlementKind.RefundFailure,
            "Chargeback" or "SecondChargeback" => SettlementKind.Dispute,
            "ChargebackReversed" => SettlementKind.DisputeReversal,
            "Fee" or "MiscCosts" or "InvoiceDeduction" or "PaymentCost" => SettlementKind.Fee,
            "MerchantPayout" => SettlementKind.Payout,
            _ => SettlementKind.Unknown,
        };
        var currency = row.Currency("Net Currency");
        var net = Directed(row, NetDebit, NetCredit, currency) ?? throw row.Wrong($"{NetDebit} and {NetCredit}", "are both empty");
        var fee = FeeColumns.Select(column => row.Amount(column, currency)).OfType<Money>().Aggregate(new Money(0, currency), (sum, part) => sum + part);
        var gross = net + fee;
        var presented = row.Text("Gross Currency") is null ? gross : Directed(row, GrossDebit, GrossCredit, row.Currency("Gross Currency")) ?? gross;
        row.HoldToSign(kind, $"{GrossDebit} or {GrossCredit}", presented);
        HoldToRate(row, presented, gross);
        var (psp, modification) = (row.Text("Psp Reference"), row.Text("Modification Reference"));
        return new(
            row.Number, $"{row.Text("Batch Number")}/{modification ?? psp ?? $"{row.Number}"}/{type}", kind, type, At(row), presented, gross, fee,
            kind is SettlementKind.Refund or SettlementKind.RefundFailure ? row.Text("Modification Merchant Reference") : row.Text("Merchant Reference"),
            modification ?? psp, row.Text("Batch Number"));
    }

    private static Money? Directed(SettlementRow row, string debit, string credit, Currency currency)
    {
        var (taken, given) = (row.Amount(debit, currency), row.Amount(credit, currency));
        return taken is not null && given is not null ? throw row.Wrong($"{debit} and {credit}", "are both filled")
            : (taken ?? given) is { Minor: < 0 } ? throw row.Wrong(taken is null ? credit : debit, "is negative, and its direction is in the column's name")
            : taken is { } debited ? -debited
            : given;
    }

    // What was settled must be what was presented, by the rate of the line; the last minor unit is the processor's to round.
    private static void HoldToRate(SettlementRow row, Money presented, Money gross)
    {
        var text = row.Text("Exchange Rate") ?? "1";
        if (!decimal.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var rate) || rate is <= 0 or > 1_000_000_000)
        {
            throw row.Wrong("Exchange Rate", "must be a positive number such as 1.0875");
        }

        var expected = Major(presented) * rate;
        if (Math.Abs(expected - Major(gross)) > 1m / Scale(gross.Currency))
        {
            throw row.Wrong("Exchange Rate", $"makes {gross.Currency.Code} {expected:0.####} of {presented}, and net and fees are {gross}");
        }
    }

    private static decimal Major(Money amount) => amount.Minor / Scale(amount.Currency);

    private static decimal Scale(Currency currency) => currency.Exponent switch { 0 => 1, 2 => 100, 3 => 1_000, _ => 10_000 };

    private static DateTimeOffset At(SettlementRow row) => Hours.TryGetValue(row.Required("TimeZone"), out var hours)
        ? row.Time("Creation Date", TimeSpan.FromHours(hours))
        : throw row.Wrong("TimeZone", $"is none of {string.Join(", ", Hours.Keys)}");
}
