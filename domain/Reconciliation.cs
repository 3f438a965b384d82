using System.Collections.Immutable;

namespace Payments.Domain;

/// <summary>A line of a processor's settlement file, as reconciliation sees it. Amounts are signed as we see them: + is more for us.</summary>
/// <param name="At">When it happened at the processor (UTC).</param>
/// <param name="Presented">What the customer paid or got back, in the customer's currency.</param>
/// <param name="Gross">The same in the currency in which the processor settles.</param>
/// <param name="Fee">What the processor kept of it, in the same currency; + is a cost.</param>
/// <param name="IsPaid">The file tells of money that is at our bank already.</param>
public sealed record SettledLine(SettlementKind Kind, DateTimeOffset At, Money Presented, Money Gross, Money Fee, bool IsPaid)
{
    public Money Net => Gross - Fee;
}

/// <summary>The operation that a line is about, as we hold it.</summary>
/// <param name="Receivable">What the processor owes us more by it once all of it is settled; for a dispute with the fee that the merchant bears.</param>
/// <param name="Amount">The same without that fee.</param>
/// <param name="From">When it began here (UTC).</param>
/// <param name="Until">When it was booked here (UTC); null while it is not.</param>
/// <param name="Ledger">What the ledger has for it on the processor's receivable; null where it posts elsewhere first, or its postings are archived.</param>
/// <param name="IsAccountedFor">An earlier line settled it, or it was given up.</param>
public sealed record BookedOperation(
    Guid Id, OperationStatus Status, Money Receivable, long Amount, DateTimeOffset From, DateTimeOffset? Until, long? Ledger, bool IsAccountedFor);

/// <summary>What a line is posted as, in minor units, debit +. The first three in the currency that the customer saw, the others in that of the settlement.</summary>
public readonly record struct SettlementAmounts(
    long Receivable, long SuspensePresented, long FxPresented, long Fx, long Fees, long Suspense, long InTransit, long Bank)
{
    /// <summary>Each currency's part sums to zero: what is settled is all somewhere.</summary>
    public bool Balances => checked(Receivable + SuspensePresented + FxPresented) == 0 && checked(Fx + Fees + Suspense + InTransit + Bank) == 0;

    public static SettlementAmounts operator -(SettlementAmounts left, SettlementAmounts right) => checked(new(
        left.Receivable - right.Receivable, left.SuspensePresented - right.SuspensePresented, left.FxPresented - right.FxPresented, left.Fx - right.Fx,
        left.Fees - right.Fees, left.Suspense - right.Suspense, left.InTransit - right.InTransit, left.Bank - right.Bank));
}

/// <summary>A difference between a processor's files and our books.</summary>
/// <param name="Amount">What of it waits in suspense (for <see cref="BreakKind.MissingAtProcessor"/>: on the receivable); + is more than we can explain.</param>
public sealed record Break(BreakKind Kind, Money Amount);

/// <summary>What became of a line.</summary>
/// <param name="OperationId">The operation that it is about.</param>
/// <param name="AccountsFor">The operation is settled by this line, and by no other.</param>
public sealed record Judgement(Guid? OperationId, bool AccountsFor, SettlementAmounts Amounts, ImmutableArray<Break> Breaks);

/// <summary>
/// The three-way match: a processor's line, our operation, our ledger. Whatever the processor settled is posted, so that the bank's account is right;
/// what cannot be explained waits in suspense under a break. Total: every line is judged, and none is guessed at.
/// </summary>
public static class Reconciliation
{
    /// <summary>How far two clocks, and two ideas of when a day ends, may lie apart before a line counts as of another month.</summary>
    public static readonly TimeSpan CutOff = TimeSpan.FromDays(1);

    /// <summary>Judges a line.</summary>
    /// <param name="operation">The operation that it names; null when we have none.</param>
    /// <param name="terms">What the processor may keep of a charge, by contract; null when nobody said: then any fee is right.</param>
    public static Judgement Judge(SettledLine line, BookedOperation? operation, FeeTerms? terms) => line.Kind switch
    {
        SettlementKind.Unknown => Unexplained(line, BreakKind.UnknownType, null),
        SettlementKind.Fee => new(null, false, OnItsWay(line) with { Fees = -line.Net.Minor }, []),
        SettlementKind.Payout => new(null, false, new SettlementAmounts { InTransit = line.Net.Minor, Bank = -line.Net.Minor }, []),
        SettlementKind.Capture or SettlementKind.Refund or SettlementKind.RefundFailure or SettlementKind.Dispute or SettlementKind.DisputeReversal =>
            operation switch
            {
                null => Unexplained(line, BreakKind.MissingAtUs, null),
                { IsAccountedFor: true } => Unexplained(line, BreakKind.Duplicate, operation.Id),
                { Status: OperationStatus.Pending } => Unexplained(line, BreakKind.OutcomeUnknown, operation.Id),
                { Status: not OperationStatus.Succeeded } => Unexplained(line, BreakKind.MissingAtUs, operation.Id),
                _ when line.Presented.Currency != operation.Receivable.Currency =>
                    Unexplained(line, BreakKind.CurrencyDiffers, operation.Id) with { AccountsFor = true },
                _ => Matched(line, operation, terms),
            },
    };

    /// <summary>A line that another file has told before. All that is new of it may be that it was paid meanwhile.</summary>
    /// <param name="isPaidNow">This file says that it was paid, and none before did.</param>
    public static Judgement Repeated(SettledLine line, bool isPaidNow) => new(
        null, false, isPaidNow ? new SettlementAmounts { InTransit = -line.Net.Minor, Bank = line.Net.Minor } : default, []);

    /// <summary>The postings of one currency; lines of nothing are left out.</summary>
    /// <param name="presented">What was presented in that currency; only its first three amounts count.</param>
    /// <param name="settled">What was settled in it; only its last five count.</param>
    public static ImmutableArray<Posting> Postings(string gateway, Mode mode, Currency currency, SettlementAmounts presented, SettlementAmounts settled) =>
    [
        .. new Posting[]
        {
            new(ChartOfAccounts.BankCash(mode, currency), settled.Bank),
            new(ChartOfAccounts.GatewayInTransit(gateway, currency), settled.InTransit),
            new(ChartOfAccounts.GatewayFees(gateway, currency), settled.Fees),
            new(ChartOfAccounts.Suspense(gateway, currency), checked(settled.Suspense + presented.SuspensePresented)),
            new(ChartOfAccounts.FxGainLoss(mode, currency), checked(settled.Fx + presented.FxPresented)),
            new(ChartOfAccounts.GatewayReceivable(gateway, currency), presented.Receivable),
        }.Where(posting => posting.Amount != 0),
    ];

    private static Judgement Matched(SettledLine line, BookedOperation operation, FeeTerms? terms)
    {
        var isDispute = line.Kind is SettlementKind.Dispute or SettlementKind.DisputeReversal;
        var isConverted = line.Presented.Currency != line.Gross.Currency;
        var expected = operation.Receivable.Minor;

        // A dispute's fee is the merchant's to bear: it is a part of what is owed, and none of our costs.
        var presented = !isDispute ? (isConverted ? line.Presented : line.Gross).Minor
            : isConverted ? checked(line.Presented.Minor + expected - operation.Amount)
            : line.Net.Minor;
        var fee = isDispute ? 0 : line.Fee.Minor;
        var expectedFee = line.Kind == SettlementKind.Capture && terms is { } contract ? contract.Of(line.Gross.Minor) : fee;
        var amounts = OnItsWay(line) with
        {
            Receivable = -expected,
            SuspensePresented = expected - presented,
            FxPresented = presented,
            Fx = -(isDispute ? line.Net : line.Gross).Minor,
            Fees = expectedFee,
            Suspense = fee - expectedFee,
        };
        var breaks = ImmutableArray.CreateBuilder<Break>();
        AddIf(presented != expected, BreakKind.AmountDiffers, operation.Receivable with { Minor = presented - expected });
        AddIf(fee != expectedFee, BreakKind.FeeDiffers, line.Fee with { Minor = expectedFee - fee });
        AddIf(operation.Ledger is { } booked && booked != expected, BreakKind.LedgerDiffers, operation.Receivable with { Minor = 0 });
        AddIf(IsOfAnotherMonth(line.At, operation), BreakKind.WrongPeriod, operation.Receivable with { Minor = 0 });
        return new(operation.Id, true, amounts, breaks.DrainToImmutable());

        void AddIf(bool differs, BreakKind kind, Money amount)
        {
            if (differs)
            {
                breaks.Add(new(kind, amount));
            }
        }
    }

    private static Judgement Unexplained(SettledLine line, BreakKind kind, Guid? operationId) =>
        new(operationId, false, OnItsWay(line) with { Suspense = -line.Net.Minor }, [new(kind, line.Net)]);

    private static SettlementAmounts OnItsWay(SettledLine line) =>
        line.IsPaid ? new() { Bank = line.Net.Minor } : new() { InTransit = line.Net.Minor };

    private static bool IsOfAnotherMonth(DateTimeOffset at, BookedOperation operation) =>
        Month.Of(at) < Month.Of(operation.From - CutOff) || Month.Of(at) > Month.Of((operation.Until ?? operation.From) + CutOff);
}
