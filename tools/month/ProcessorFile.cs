using System.Globalization;
using Payments.Domain;

namespace Payments.Tools.Months;

/// <summary>What a processor writes about a month, in the columns of Stripe's payout reconciliation, with the mistakes that were planted in it.</summary>
internal sealed class ProcessorFile : IDisposable
{
    /// <summary>What the processor keeps of a charge, by contract.</summary>
    public static readonly FeeTerms Terms = new(140, 25);

    // Pounds are paid out in euros.
    private const decimal EurosForAPound = 1.1523m;

    private readonly StreamWriter file;
    private readonly Lock gate = new();
    private int lines;

    public ProcessorFile(string path)
    {
        file = new(path) { NewLine = "\n" };
        file.WriteLine(
            "balance_transaction_id,created_utc,currency,gross,fee,net,reporting_category,source_id,customer_facing_amount,customer_facing_currency,automatic_payout_id,"
            + "payment_metadata[operation],refund_metadata[operation]");
    }

    /// <summary>What must be found: the kind of break, and the operation's reference or the line's id.</summary>
    public HashSet<(string Kind, string About)> Planted { get; } = [];

    /// <summary>Tells of a charge, with a mistake or without.</summary>
    public void Charge(string reference, Money amount, DateTimeOffset at, BreakKind? mistake)
    {
        var (settled, shown) = (Settled(amount), amount);
        var fee = Terms.Of(settled.Minor);
        if (mistake is { } kind && kind is not (BreakKind.Duplicate or BreakKind.MissingAtUs or BreakKind.UnknownType))
        {
            Plant(kind, reference);
        }

        switch (mistake)
        {
            case BreakKind.MissingAtProcessor:
                return;
            case BreakKind.AmountDiffers:
                (shown, settled) = (shown with { Minor = shown.Minor + 100 }, Settled(shown with { Minor = shown.Minor + 100 }));
                fee = Terms.Of(settled.Minor);
                break;
            case BreakKind.FeeDiffers:
                fee += 17;
                break;
            case BreakKind.CurrencyDiffers:
                shown = new(amount.Minor, Currency.Of(amount.Currency.Code == "CHF" ? "SEK" : "CHF"));
                break;
            case BreakKind.WrongPeriod:
                at = at.AddDays(45);
                break;
            case BreakKind.Duplicate:
                Plant(BreakKind.Duplicate, reference);
                Write("charge", at, settled, fee, shown, "ch_2", reference, null);
                break;
            case BreakKind.MissingAtUs:
                Plant(BreakKind.MissingAtUs, Write("charge", at, settled, fee, shown, "ch_other", Ids.ProcessorReference(Ids.Payment([], Mode.Test, $"nobody's {reference}")), null));
                break;
            case BreakKind.UnknownType:
                Plant(BreakKind.UnknownType, Write("reserve_transaction", at, -settled, 0, -settled, null, null, null));
                break;
        }

        Write("charge", at, settled, fee, shown, "ch_1", reference, null);
    }

    public void Refund(string reference, Money amount, DateTimeOffset at) => Write("refund", at, -Settled(amount), 0, -amount, "re_1", null, reference);

    public void RefundFailure(string refund, Money amount, DateTimeOffset at) => Write("refund_failure", at, Settled(amount), 0, amount, "re_1", null, refund);

    public void Dispute(string charge, string dispute, Money amount, long fee, DateTimeOffset at) => Write("dispute", at, -Settled(amount), fee, -amount, dispute, charge, null);

    /// <param name="returned">What of the dispute's fee comes back.</param>
    public void DisputeReversal(string charge, string dispute, Money amount, long returned, DateTimeOffset at) =>
        Write("dispute_reversal", at, Settled(amount), -returned, amount, dispute, charge, null);

    public void Dispose() => file.Dispose();

    private void Plant(BreakKind kind, string about)
    {
        lock (gate)
        {
            Planted.Add((kind.Name(), about));
        }
    }

    private static Money Settled(Money amount) => amount.Currency.Code == "GBP"
        ? new((long)Math.Round(amount.Minor * EurosForAPound, MidpointRounding.ToEven), Currency.Of("EUR"))
        : amount;

    private string Write(string category, DateTimeOffset at, Money gross, long fee, Money shown, string? source, string? payment, string? refund)
    {
        var (currency, cost) = (gross.Currency, gross with { Minor = fee });
        lock (gate)
        {
            var id = $"txn_{++lines:D7}";
            file.WriteLine(string.Join(
                ',', id, at.ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture), currency.Code.ToLowerInvariant(), currency.Major(gross.Minor), currency.Major(fee),
                currency.Major((gross - cost).Minor), category, source, shown.Currency.Major(shown.Minor), shown.Currency.Code.ToLowerInvariant(),
                $"po_{at.AddDays(1):yyyyMMdd}_{currency.Code}", payment, refund));
            return id;
        }
    }
}
