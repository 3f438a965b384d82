using System.Collections.Immutable;
using FsCheck;
using FsCheck.Fluent;
using Payments.Domain;
using Payments.Tests.Support;

namespace Payments.Tests.Domain;

public sealed class JournalEntryTests
{
    private static readonly Currency Eur = Currency.Of("EUR");

    [Fact]
    public void Only_what_sums_to_zero_per_currency_is_an_entry() =>
        Prop.ForAll(Generate.Long(-1000, 1000).NonEmptyListOf().ToArbitrary(), amounts =>
        {
            var postings = amounts.Select((amount, i) => new Posting(new($"merchant:mer_{i}:balance", Eur), amount)).ToImmutableArray();
            var isEntry = postings.Length is >= 2 and <= JournalEntry.MaxPostings && amounts.All(amount => amount != 0) && amounts.Sum() == 0;
            return isEntry == (Record.Exception(void () => Entry(EntryKind.Charge, postings)) is null);
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Two_currencies_must_balance_each_for_itself() =>
        Assert.Throws<ArgumentException>(() => Entry(EntryKind.Charge, [new(ChartOfAccounts.Suspense("card", Eur), 5), new(ChartOfAccounts.Suspense("card", Currency.Of("USD")), -5)]));

    [Fact]
    public void An_entry_that_would_overflow_is_no_entry() => Assert.ThrowsAny<Exception>(() => Entry(EntryKind.Charge,
        [new(new("a", Eur), long.MaxValue), new(new("b", Eur), long.MaxValue), new(new("c", Eur), 2)]));

    [Theory]
    [InlineData("EUR", 1999, 88)]
    [InlineData("JPY", 1, 0)]
    [InlineData("KWD", 5, 5)]
    public void A_charge_splits_into_the_merchants_part_and_the_fee(string currency, long amount, long fee)
    {
        var (payment, charge) = Payment(currency, amount, fee);
        var entry = JournalEntries.Taken(payment, charge);
        var expected = new[]
        {
            ($"gateway:simulator:receivable:{currency}", amount), ($"merchant:mer_x:balance:{currency}", -(amount - fee)),
            ($"platform:test_fees:{currency}", -fee),
        }.Where(line => line.Item2 != 0);
        Assert.Equal(expected, entry.Postings.Select(posting => (posting.Account.ToString(), posting.Amount)));
        Assert.Equal($"merchant:mer_x:balance:{currency}", entry.Home.ToString());
    }

    [Fact]
    public void A_refund_leaves_no_trace_when_it_is_returned_and_takes_from_the_processor_when_it_is_settled()
    {
        var (payment, _) = Payment("EUR", 1999, 88);
        var refund = payment.Charge with { Id = Guid.CreateVersion7(), Kind = OperationKind.Refund, Amount = 500 };
        var reserved = JournalEntries.RefundReserved(payment, refund);
        Assert.Equal("merchant:mer_x:balance:EUR", reserved.Home.ToString());
        Assert.Empty(Net(reserved, JournalEntries.RefundReturned(payment, refund)));
        Assert.Equal(
            new Dictionary<string, long> { ["merchant:mer_x:balance:EUR"] = 500, ["gateway:simulator:receivable:EUR"] = -500 },
            Net(reserved, JournalEntries.RefundSettled(payment, refund)));
    }

    private static Dictionary<string, long> Net(params JournalEntry[] entries) => entries
        .SelectMany(entry => entry.Postings).GroupBy(posting => posting.Account.ToString())
        .Select(account => (account.Key, Sum: account.Sum(posting => posting.Amount)))
        .Where(account => account.Sum != 0).ToDictionary(account => account.Key, account => account.Sum);

    private static (Payment, Operation) Payment(string currency, long amount, long fee)
    {
        var command = StateMachineTable.Charge(amount) with { Amount = new(amount, Currency.Of(currency)), MerchantId = "mer_x", Fee = new(0, fee) };
        var payment = ((Decision.Accept)PaymentStateMachine.Decide(null, command)).Next;
        return (payment, payment.Charge with { Fee = payment.FeeTerms.Of(amount) });
    }

    private static JournalEntry Entry(EntryKind kind, ImmutableArray<Posting> postings) =>
        new(Guid.Empty, kind, "mer_x", Guid.Empty, Guid.Empty, postings);
}
