using FsCheck;
using FsCheck.Fluent;
using Payments.Domain;
using Payments.Tests.Support;

namespace Payments.Tests.Domain;

public sealed class MoneyTests
{
    [Theory]
    [InlineData("JPY", 1999, "1999 JPY")]
    [InlineData("EUR", 1999, "19.99 EUR")]
    [InlineData("EUR", 5, "0.05 EUR")]
    [InlineData("EUR", -5, "-0.05 EUR")]
    [InlineData("KWD", 1999, "1.999 KWD")]
    [InlineData("CLF", 1, "0.0001 CLF")]
    [InlineData("EUR", long.MinValue, "-92233720368547758.08 EUR")]
    public void An_amount_is_written_with_exactly_the_digits_of_its_currency(string currency, long minor, string text) =>
        Assert.Equal(text, new Money(minor, Currency.Of(currency)).ToString());

    [Theory]
    [InlineData("eur")]
    [InlineData("EURO")]
    [InlineData("XXX")]
    [InlineData("")]
    [InlineData(null)]
    public void What_is_no_currency_code_is_refused(string? code) => Assert.False(Currency.TryParse(code, out _));

    [Fact]
    public void Currencies_never_mix() =>
        Assert.Throws<InvalidOperationException>(() => new Money(1, Currency.Of("EUR")) + new Money(1, Currency.Of("USD")));

    [Fact]
    public void An_overflow_is_an_error_and_never_wraps()
    {
        var most = new Money(long.MaxValue, Currency.Of("EUR"));
        Assert.Throws<OverflowException>(() => most + new Money(1, Currency.Of("EUR")));
        Assert.Throws<OverflowException>(() => -new Money(long.MinValue, Currency.Of("EUR")));
    }

    [Theory]
    [InlineData(290, 30, 1999, 88)] // 57.971 + 30
    [InlineData(250, 0, 100, 2)] // 2.5 to even
    [InlineData(250, 0, 300, 8)] // 7.5 to even
    [InlineData(10_000, 1, 100, 100)] // never more than the amount
    [InlineData(0, 0, 100, 0)]
    [InlineData(290, 30, 0, 0)]
    public void A_fee_is_rounded_half_to_even_and_never_exceeds_its_amount(int basisPoints, long fixedPart, long amount, long fee) =>
        Assert.Equal(fee, new FeeTerms(basisPoints, fixedPart).Of(amount));

    [Fact]
    public void Whatever_the_fee_not_a_cent_is_lost_or_made() =>
        Prop.ForAll(
            Generate.Long(1, Money.MaxOperation).ToArbitrary(), Gen.Choose(0, 10_000).ToArbitrary(), Generate.Long(0, 10_000).ToArbitrary(),
            (amount, basisPoints, fixedPart) =>
            {
                var fee = new FeeTerms(basisPoints, fixedPart).Of(amount);
                var exact = (decimal)amount * basisPoints / 10_000 + fixedPart;
                return fee >= 0 && fee <= amount && (fee == amount || Math.Abs(fee - exact) <= 0.5m) && fee + (amount - fee) == amount;
            }).QuickCheckThrowOnFailure();
}
