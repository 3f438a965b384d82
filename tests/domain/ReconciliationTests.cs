using Payments.Domain;

namespace Payments.Tests.Domain;

/// <summary>Whatever a line says of whatever operation: all of it is posted, each currency balances, and suspense is what the breaks come to.</summary>
public sealed class ReconciliationTests
{
    private static readonly Currency[] Currencies = [Currency.Of("EUR"), Currency.Of("JPY"), Currency.Of("KWD")];
    private static readonly DateTimeOffset Noon = new(2026, 10, 15, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Every_judgement_balances_and_its_breaks_come_to_what_waits_in_suspense()
    {
        var random = new Random(20261015);
        var kinds = new HashSet<BreakKind>();
        var matched = 0;
        for (var i = 0; i < 20_000; i++)
        {
            var line = Line(random);
            var operation = random.Next(5) == 0 ? null : Operation(random, line);
            var judgement = Reconciliation.Judge(line, operation, random.Next(2) == 0 ? null : new FeeTerms(140, 25));
            Assert.True(judgement.Amounts.Balances, $"{line} {operation}");
            Assert.Equal(line.Net.Minor, line.Kind == SettlementKind.Payout ? -judgement.Amounts.Bank : judgement.Amounts.InTransit + judgement.Amounts.Bank);
            foreach (var currency in Currencies)
            {
                var waits = (line.Presented.Currency == currency ? judgement.Amounts.SuspensePresented : 0) + (line.Gross.Currency == currency ? judgement.Amounts.Suspense : 0);
                Assert.Equal(-waits, judgement.Breaks.Where(found => found.Amount.Currency == currency).Sum(found => found.Amount.Minor));
            }

            kinds.UnionWith(judgement.Breaks.Select(found => found.Kind));
            matched += judgement is { AccountsFor: true, Breaks.Length: 0 } ? 1 : 0;
        }

        Assert.Equal(Enum.GetValues<BreakKind>().Except([BreakKind.MissingAtProcessor]).Order(), kinds.Order());
        Assert.True(matched > 500, $"{matched} lines fit");
    }

    [Theory]
    [InlineData("2026-10-31T23:59:59Z", "2026-11-01T00:10:00Z", false)]
    [InlineData("2026-10-31T12:00:00Z", "2026-11-01T11:00:00Z", false)]
    [InlineData("2026-10-30T12:00:00Z", "2026-11-01T11:00:00Z", true)]
    [InlineData("2026-10-15T12:00:00Z", "2026-09-30T23:00:00Z", true)]
    [InlineData("2026-10-15T12:00:00Z", "2026-10-31T23:00:00Z", false)]
    public void A_line_is_of_another_month_only_beyond_a_day(string booked, string settled, bool isWrong)
    {
        var at = DateTimeOffset.Parse(booked, System.Globalization.CultureInfo.InvariantCulture);
        var amount = new Money(1999, Currencies[0]);
        var judgement = Reconciliation.Judge(
            new(SettlementKind.Capture, DateTimeOffset.Parse(settled, System.Globalization.CultureInfo.InvariantCulture), amount, amount, amount with { Minor = 53 }, false),
            new(Guid.Empty, OperationStatus.Succeeded, amount, amount.Minor, at, at, amount.Minor, false), null);
        Assert.Equal(isWrong ? [BreakKind.WrongPeriod] : [], judgement.Breaks.Select(found => found.Kind));
    }

    [Fact]
    public void A_break_with_an_amount_ends_with_an_entry_that_balances_and_one_without_is_accepted()
    {
        foreach (var kind in Enum.GetValues<BreakKind>())
        {
            foreach (var amount in new[] { -5L, 0, 7 })
            {
                var found = new Break(kind, new(amount, Currencies[0]));
                foreach (var resolution in Enum.GetValues<BreakResolution>())
                {
                    if (found.CanEnd(resolution))
                    {
                        var postings = resolution.Postings(found, "card", Mode.Test).ToArray();
                        Assert.Equal(resolution is BreakResolution.Matched or BreakResolution.Accepted ? 0 : 2, postings.Length);
                        Assert.Equal(0, postings.Sum(posting => posting.Amount));
                    }
                    else
                    {
                        Assert.Throws<ArgumentException>(() => resolution.Postings(found, "card", Mode.Test).ToArray());
                    }
                }

                Assert.Contains(Enum.GetValues<BreakResolution>().Except([BreakResolution.Matched]), resolution => found.CanEnd(resolution));
            }
        }
    }

    private static SettledLine Line(Random random)
    {
        var kind = (SettlementKind)random.Next(Enum.GetValues<SettlementKind>().Length);
        var presented = new Money(random.Next(-10_000, 10_000), Currencies[random.Next(3)]);
        var settled = random.Next(3) == 0 ? Currencies[random.Next(3)] : presented.Currency;
        var gross = settled == presented.Currency ? presented : new Money(presented.Minor * 3, settled);
        // A charge never costs us: files with others are not read.
        return kind == SettlementKind.Capture
            ? new(kind, At(random), presented with { Minor = Math.Abs(presented.Minor) }, gross with { Minor = Math.Abs(gross.Minor) }, new(random.Next(300), settled), random.Next(2) == 0)
            : new(kind, At(random), presented, gross, new(random.Next(-50, 300), settled), random.Next(2) == 0);
    }

    private static BookedOperation Operation(Random random, SettledLine line)
    {
        var isDispute = line.Kind is SettlementKind.Dispute or SettlementKind.DisputeReversal;
        var amount = random.Next(4) == 0 ? line.Presented.Minor + 5 : line.Presented.Minor;
        var owed = isDispute && line.Presented.Currency == line.Gross.Currency ? amount - line.Fee.Minor : amount;
        var currency = random.Next(8) == 0 ? Currencies[random.Next(3)] : line.Presented.Currency;
        return new(
            Guid.NewGuid(), random.Next(6) switch { 0 => OperationStatus.Pending, 1 => OperationStatus.Declined, _ => OperationStatus.Succeeded }, new(owed, currency), amount, At(random),
            random.Next(3) == 0 ? null : At(random), isDispute ? null : random.Next(8) == 0 ? owed + 1 : owed, random.Next(8) == 0);
    }

    private static DateTimeOffset At(Random random) => Noon + TimeSpan.FromDays(random.Next(-40, 40));
}
