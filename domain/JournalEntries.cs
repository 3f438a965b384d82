using System.Collections.Immutable;

namespace Payments.Domain;

/// <summary>The entries that are made. One method, one business event.</summary>
public static class JournalEntries
{
    /// <summary>The processor owes us what it took; we owe it to the merchant, less our fee.</summary>
    public static JournalEntry Taken(Payment payment, Operation taken)
    {
        var currency = payment.Currency;
        var postings = ImmutableArray.CreateBuilder<Posting>(3);
        postings.Add(new(ChartOfAccounts.GatewayReceivable(payment.Gateway, currency), taken.Amount));
        AddUnlessZero(postings, ChartOfAccounts.MerchantBalance(payment.MerchantId, currency), -(taken.Amount - taken.Fee));
        AddUnlessZero(postings, ChartOfAccounts.PlatformFees(payment.Mode, currency), -taken.Fee);
        return Entry(payment, taken, taken.Kind == OperationKind.Capture ? EntryKind.Capture : EntryKind.Charge, postings.DrainToImmutable());
    }

    /// <summary>The refund's amount leaves the merchant's balance the moment it is accepted, so that nobody can spend it twice.</summary>
    public static JournalEntry RefundReserved(Payment payment, Operation refund) => Entry(payment, refund, EntryKind.RefundReserve,
    [
        new(ChartOfAccounts.MerchantBalance(payment.MerchantId, payment.Currency), refund.Amount),
        new(ChartOfAccounts.RefundsInTransit(payment.MerchantId, payment.Currency), -refund.Amount),
    ]);

    /// <summary>The processor paid the customer: it owes us that much less. Where the terms say so, we give our fee on it back.</summary>
    public static JournalEntry RefundSettled(Payment payment, Operation refund)
    {
        var postings = ImmutableArray.CreateBuilder<Posting>(4);
        postings.Add(new(ChartOfAccounts.RefundsInTransit(payment.MerchantId, payment.Currency), refund.Amount));
        postings.Add(new(ChartOfAccounts.GatewayReceivable(payment.Gateway, payment.Currency), -refund.Amount));
        AddUnlessZero(postings, ChartOfAccounts.PlatformFees(payment.Mode, payment.Currency), -refund.Fee);
        AddUnlessZero(postings, ChartOfAccounts.MerchantBalance(payment.MerchantId, payment.Currency), refund.Fee);
        return Entry(payment, refund, EntryKind.RefundSettle, postings.DrainToImmutable());
    }

    /// <summary>The refund will not happen: the reserve goes back to the merchant.</summary>
    public static JournalEntry RefundReturned(Payment payment, Operation refund) => Entry(payment, refund, EntryKind.RefundReturn,
    [
        new(ChartOfAccounts.RefundsInTransit(payment.MerchantId, payment.Currency), refund.Amount),
        new(ChartOfAccounts.MerchantBalance(payment.MerchantId, payment.Currency), -refund.Amount),
    ]);

    /// <summary>The refund came back: the processor owes it to us again, and we to the merchant, less the fee that had gone back with it.</summary>
    public static JournalEntry RefundReversed(Payment payment, Operation failure)
    {
        var postings = ImmutableArray.CreateBuilder<Posting>(3);
        postings.Add(new(ChartOfAccounts.GatewayReceivable(payment.Gateway, payment.Currency), failure.Amount));
        AddUnlessZero(postings, ChartOfAccounts.MerchantBalance(payment.MerchantId, payment.Currency), -(failure.Amount - failure.Fee));
        AddUnlessZero(postings, ChartOfAccounts.PlatformFees(payment.Mode, payment.Currency), -failure.Fee);
        return Entry(payment, failure, EntryKind.RefundFailure, postings.DrainToImmutable());
    }

    /// <summary>What is in dispute leaves the merchant's balance, with what the processor takes for it, and waits for the decision.</summary>
    public static JournalEntry DisputeOpened(Payment payment, Operation dispute) => Entry(payment, dispute, EntryKind.DisputeOpen,
    [
        new(ChartOfAccounts.MerchantBalance(payment.MerchantId, payment.Currency), checked(dispute.Amount + dispute.ProcessorFee)),
        new(ChartOfAccounts.Disputes(payment.MerchantId, payment.Currency), -checked(dispute.Amount + dispute.ProcessorFee)),
    ]);

    /// <summary>The dispute is decided: what waited goes back to the merchant, less what the processor keeps; it keeps all when the customer was right.</summary>
    /// <param name="dispute">What was opened.</param>
    /// <param name="end">Its end: won or lost.</param>
    public static JournalEntry DisputeClosed(Payment payment, Operation dispute, Operation end)
    {
        var held = checked(dispute.Amount + dispute.ProcessorFee);
        var (kind, kept) = end.Kind == OperationKind.DisputeWon ? (EntryKind.DisputeWon, end.ProcessorFee) : (EntryKind.DisputeLost, held);
        var postings = ImmutableArray.CreateBuilder<Posting>(3);
        postings.Add(new(ChartOfAccounts.Disputes(payment.MerchantId, payment.Currency), held));
        AddUnlessZero(postings, ChartOfAccounts.MerchantBalance(payment.MerchantId, payment.Currency), -(held - kept));
        AddUnlessZero(postings, ChartOfAccounts.GatewayReceivable(payment.Gateway, payment.Currency), -kept);
        return Entry(payment, end, kind, postings.DrainToImmutable());
    }

    /// <summary>The payout's amount leaves the merchant's balance the moment it is accepted, and never what must stay there.</summary>
    /// <param name="floor">What must stay, in minor units; never less than nothing.</param>
    public static JournalEntry PayoutRequested(Payout payout, long floor) => Entry(payout, EntryKind.Payout,
    [
        new(ChartOfAccounts.MerchantBalance(payout.MerchantId, payout.Currency), payout.Amount),
        new(ChartOfAccounts.PayoutsInTransit(payout.MerchantId, payout.Currency), -payout.Amount),
    ]) with
    { Floor = Math.Max(0, floor) };

    /// <summary>The bank paid.</summary>
    public static JournalEntry PayoutPaid(Payout payout) => Entry(payout, EntryKind.PayoutPaid,
    [
        new(ChartOfAccounts.PayoutsInTransit(payout.MerchantId, payout.Currency), payout.Amount),
        new(ChartOfAccounts.BankCash(payout.Mode, payout.Currency), -payout.Amount),
    ]);

    /// <summary>The bank did not pay: the amount goes back to the merchant.</summary>
    public static JournalEntry PayoutFailed(Payout payout) => Entry(payout, EntryKind.PayoutFailed,
    [
        new(ChartOfAccounts.PayoutsInTransit(payout.MerchantId, payout.Currency), payout.Amount),
        new(ChartOfAccounts.MerchantBalance(payout.MerchantId, payout.Currency), -payout.Amount),
    ]);

    /// <summary>It came back to our bank after it had been paid, and is the merchant's again.</summary>
    public static JournalEntry PayoutReturned(Payout payout) => Entry(payout, EntryKind.PayoutReturned,
    [
        new(ChartOfAccounts.BankCash(payout.Mode, payout.Currency), payout.Amount),
        new(ChartOfAccounts.MerchantBalance(payout.MerchantId, payout.Currency), -payout.Amount),
    ]);

    private static JournalEntry Entry(Payout payout, EntryKind kind, ImmutableArray<Posting> postings) =>
        new(Ids.Entry(payout.Id, kind), kind, payout.MerchantId, null, payout.Id, postings);

    /// <summary>A merchant's service moves something between the merchant's own accounts.</summary>
    /// <exception cref="ArgumentException">The postings do not balance, or touch an account that is not the merchant's own.</exception>
    public static JournalEntry Own(Guid id, string merchantId, ImmutableArray<Posting> postings) => Own(id, EntryKind.Own, merchantId, postings);

    /// <summary>The same the other way, line by line: what was posted stays, and what it did is undone.</summary>
    public static JournalEntry Reversed(Guid id, string merchantId, ImmutableArray<Posting> postings) =>
        Own(id, EntryKind.Reversal, merchantId, [.. postings.Select(posting => posting with { Amount = checked(-posting.Amount) })]);

    /// <summary>Whose entries those are that belong to no merchant: <c>platform:live</c> or <c>platform:test</c>.</summary>
    public static string Platform(Mode mode) => $"platform:{mode.Name()}";

    /// <summary>An entry of the platform's own books.</summary>
    /// <param name="effectiveAt">When it happened (UTC).</param>
    /// <exception cref="ArgumentException">The postings do not balance, or touch an account of a merchant.</exception>
    public static JournalEntry OfPlatform(Guid id, EntryKind kind, Mode mode, ImmutableArray<Posting> postings, DateTimeOffset effectiveAt) =>
        postings.All(posting => ChartOfAccounts.Owner(posting.Account) is null)
            ? new(id, kind, Platform(mode), null, null, postings) { EffectiveAt = effectiveAt }
            : throw new ArgumentException("An entry of the platform touches an account of a merchant.", nameof(postings));

    private static JournalEntry Own(Guid id, EntryKind kind, string merchantId, ImmutableArray<Posting> postings) =>
        postings.All(posting => ChartOfAccounts.IsOwn(posting.Account) && ChartOfAccounts.Owner(posting.Account) == merchantId)
            ? new(id, kind, merchantId, null, null, postings)
            : throw new ArgumentException($"An entry of {merchantId} touches an account that is not its own.", nameof(postings));

    private static JournalEntry Entry(Payment payment, Operation operation, EntryKind kind, ImmutableArray<Posting> postings) =>
        new(Ids.Entry(operation.Id, kind), kind, payment.MerchantId, payment.Id, operation.Id, postings);

    // A fee of nothing, or one that takes everything, leaves a line of zero: such a line is left out.
    private static void AddUnlessZero(ImmutableArray<Posting>.Builder postings, AccountId account, long amount)
    {
        if (amount != 0)
        {
            postings.Add(new(account, amount));
        }
    }
}
