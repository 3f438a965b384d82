using FsCheck;
using FsCheck.Fluent;
using Payments.Domain;

namespace Payments.Tests.Domain;

public sealed class IdsTests
{
    private static readonly byte[] Salt = [.. Enumerable.Range(0, 32).Select(i => (byte)i)];

    [Fact]
    public void One_key_leads_to_one_payment_for_ever() =>
        Assert.Equal("pay_d1b1xf2qxr5msp5z29hxgqwptw", Ids.Format(Ids.PaymentPrefix, Ids.Payment(Salt, Mode.Test, "order-1")));

    [Fact]
    public void Merchant_mode_kind_scope_and_key_all_make_another_id()
    {
        var other = Salt.ToArray();
        other[0] = 99;
        var payment = Ids.Payment(Salt, Mode.Test, "k");
        Guid[] all =
        [
            payment, Ids.Payment(other, Mode.Test, "k"), Ids.Payment(Salt, Mode.Live, "k"), Ids.Payment(Salt, Mode.Test, "K"),
            Ids.Refund(Salt, Mode.Test, payment, "k"), Ids.Refund(Salt, Mode.Test, Guid.Empty, "k"), Ids.Charge(payment),
            Ids.Entry(payment, EntryKind.Charge), Ids.Entry(payment, EntryKind.RefundReserve),
        ];
        Assert.Equal(all.Length, all.Distinct().Count());
    }

    [Fact]
    public void An_id_reads_back_and_has_one_spelling() =>
        Prop.ForAll<Guid>(id =>
        {
            var text = Ids.Format("pay", id);
            return Ids.TryParse("pay", text, out var back) && back == id && !Ids.TryParse("re", text, out _)
                && !Ids.TryParse("pay", text.ToUpperInvariant(), out _) && !Ids.TryParse("pay", text + "0", out _)
                && !Ids.TryParse("pay", text[..^1] + (text[^1] == 'z' ? 'y' : (char)(text[^1] + 1)), out var near) | near != id;
        }).QuickCheckThrowOnFailure();

    [Theory]
    [InlineData("4242424242424242", true)]
    [InlineData("card 4242-4242 4242 4242 thanks", true)]
    [InlineData("378282246310005", true)]
    [InlineData("30569309025904", true)]
    [InlineData("6304000000000000", true)]
    [InlineData("5555555555554444x", true)]
    [InlineData("4242424242424241", false)] // check digit
    [InlineData("9999999999999995", false)] // no scheme starts so
    [InlineData("42424242424242", false)] // Luhn or not, Visa has no 14 digits
    [InlineData("order 20261123-0001-0002", false)]
    [InlineData("00000000000000000000000", false)]
    [InlineData("", false)]
    public void What_looks_like_a_card_number_is_found(string text, bool found) => Assert.Equal(found, CardNumber.IsIn(text));
}
