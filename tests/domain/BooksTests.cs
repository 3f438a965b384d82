using Payments.Domain;

namespace Payments.Tests.Domain;

/// <summary>Months, and the arrangement of the books.</summary>
public sealed class BooksTests
{
    [Theory]
    [InlineData("2026-10", "2026-10-01T00:00:00.000000Z", "2026-10-31T23:59:59.999999Z")]
    [InlineData("2024-02", "2024-02-01T00:00:00.000000Z", "2024-02-29T23:59:59.999999Z")]
    [InlineData("2026-12", "2026-12-01T00:00:00.000000Z", "2026-12-31T23:59:59.999999Z")]
    public void A_month_has_a_first_and_a_last_instant(string text, string start, string end)
    {
        Assert.True(Month.TryParse(text, out var month));
        Assert.Equal((text, start, end), ($"{month}", $"{month.Start:yyyy-MM-ddTHH:mm:ss.ffffff}Z", $"{month.End:yyyy-MM-ddTHH:mm:ss.ffffff}Z"));
        Assert.Equal((month, month, month.Next), (Month.Of(month.Start), Month.Of(month.End), Month.Of(month.End.AddMicroseconds(1))));
        Assert.True(month < month.Next && month.Next > month && month.CompareTo(month.Next) < 0);
    }

    [Theory]
    [InlineData("")]
    [InlineData("2026-13")]
    [InlineData("2026-1")]
    [InlineData("2026-10-01")]
    [InlineData("0000-01")]
    [InlineData("9999-12")]
    public void Anything_else_is_no_month(string text) => Assert.False(Month.TryParse(text, out _));

    [Fact]
    public void A_balance_sheet_arranges_the_books_by_class_and_currency()
    {
        var sheet = Assert.Single(BalanceSheet.Of(new(default,
        [
            new("bank:main:cash", "EUR", 500, 0),
            new("gateway:stripe:fees", "EUR", 20, 0),
            new("gateway:stripe:receivable", "EUR", 480, 0),
            new("merchant:*:assets:till", "EUR", 70, 0),
            new("merchant:*:balance", "EUR", 10, 900),
            new("merchant:*:liabilities:vouchers", "EUR", 0, 70),
            new("platform:fees", "EUR", 0, 110),
        ])));
        Assert.Equal((980, 890, 90), ((long)sheet.TotalAssets, (long)sheet.TotalLiabilities, (long)sheet.TotalEarned));
        Assert.Equal([new("gateway:stripe:fees", -20), new("platform:fees", 110)], sheet.Earned);
    }

    [Fact]
    public void Books_that_do_not_balance_are_none() =>
        Assert.Throws<ArgumentException>(() => BalanceSheet.Of(new(default, [new("bank:main:cash", "EUR", 500, 0), new("platform:fees", "EUR", 0, 499)])));

    [Theory]
    [InlineData("merchant:mer_1:balance", "merchant:*:balance", AccountClass.Liability)]
    [InlineData("merchant:mer_1:assets:till", "merchant:*:assets:till", AccountClass.Foreign)]
    [InlineData("merchant:mer_1:liabilities:vouchers", "merchant:*:liabilities:vouchers", AccountClass.Foreign)]
    [InlineData("gateway:stripe:receivable", "gateway:stripe:receivable", AccountClass.Asset)]
    [InlineData("gateway:stripe:fees", "gateway:stripe:fees", AccountClass.Expense)]
    [InlineData("bank:main:cash", "bank:main:cash", AccountClass.Asset)]
    [InlineData("platform:fees", "platform:fees", AccountClass.Income)]
    [InlineData("fx:gain_loss", "fx:gain_loss", AccountClass.Income)]
    [InlineData("suspense:card", "suspense:card", AccountClass.Liability)]
    [InlineData("platform:write_offs", "platform:write_offs", AccountClass.Expense)]
    public void Accounts_have_a_line_and_a_class(string code, string line, AccountClass expected) =>
        Assert.Equal((line, expected), (ChartOfAccounts.Line(code), ChartOfAccounts.ClassOf(line)));

    [Fact]
    public void An_account_that_the_chart_does_not_have_has_no_class() => Assert.Throws<ArgumentException>(() => ChartOfAccounts.ClassOf("petty:cash"));

    [Fact]
    public void A_trial_balance_as_csv_is_in_major_units()
    {
        var books = new TrialBalance(default, [new("fx:gain_loss", "JPY", 5, 0), new("platform:fees", "KWD", 0, (Int128)long.MaxValue * 10)]);
        Assert.Equal("account,currency,debits,credits\nfx:gain_loss,JPY,5,0\nplatform:fees,KWD,0.000,92233720368547758.070\n", books.ToCsv());
    }
}
