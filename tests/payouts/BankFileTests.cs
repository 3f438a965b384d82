using System.Globalization;
using System.Xml.Linq;
using Payments.Domain;
using Payments.Gateways.Connectors.BankFile;

namespace Payments.Tests.Payouts;

/// <summary>Payouts as files for the bank: each order in one file, once, whoever writes.</summary>
public sealed class BankFileTests : IDisposable
{
    private static readonly XNamespace Pain = "urn:iso:std:iso:20022:tech:xsd:pain.001.001.09";

    private readonly string folder = Directory.CreateTempSubdirectory("bank").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public async Task What_is_ordered_together_is_one_file_with_its_sums()
    {
        await using var bank = Open();
        var answers = await Task.WhenAll(
            Order(bank, "po_a", 4_000, "EUR"), Order(bank, "po_b", 5, "EUR", "O'Brien & Søn <GmbH>"), Order(bank, "po_c", 1_999, "JPY"), Order(bank, "po_a", 4_000, "EUR"));
        Assert.All(answers, answer => Assert.Equal(GatewayAnswerKind.Pending, answer.Kind));

        var file = XDocument.Load(Assert.Single(Directory.GetFiles(folder, "*.xml")));
        var header = file.Descendants(Pain + "GrpHdr").Single();
        Assert.Equal(("3", "2039.05", "po_a"), (Value(header, "NbOfTxs"), Value(header, "CtrlSum"), Value(header, "MsgId")));
        var payments = file.Descendants(Pain + "PmtInf").ToArray();
        Assert.Equal([("2", "40.05"), ("1", "1999")], payments.Select(payment => (Value(payment, "NbOfTxs"), Value(payment, "CtrlSum"))));
        Assert.All(payments, payment => Assert.Equal(
            decimal.Parse(Value(payment, "CtrlSum"), CultureInfo.InvariantCulture),
            payment.Descendants(Pain + "InstdAmt").Sum(amount => decimal.Parse(amount.Value, CultureInfo.InvariantCulture))));
        var second = file.Descendants(Pain + "CdtTrfTxInf").Single(order => order.Descendants(Pain + "EndToEndId").Single().Value == "po_b");
        Assert.Equal(
            ("0.05", "EUR", "O'Brien & Søn <GmbH>", "DE89370400440532013000"),
            (Value(second, "InstdAmt"), (string?)second.Descendants(Pain + "InstdAmt").Single().Attribute("Ccy"), Value(second.Element(Pain + "Cdtr")!, "Nm"), Value(second, "IBAN")));
        // The standard has its elements in this order.
        Assert.Equal(
            ["PmtInfId", "PmtMtd", "NbOfTxs", "CtrlSum", "PmtTpInf", "ReqdExctnDt", "Dbtr", "DbtrAcct", "DbtrAgt", "ChrgBr", "CdtTrfTxInf", "CdtTrfTxInf"],
            payments[0].Elements().Select(element => element.Name.LocalName));
    }

    [Fact]
    public async Task An_order_that_a_file_has_is_never_written_again_not_even_by_another_node_or_after_a_crash()
    {
        await using (var first = Open())
        {
            await Order(first, "po_a", 4_000, "EUR");
        }

        // What a crash left of a file is no file.
        await File.WriteAllTextAsync(Path.Combine(folder, "po_b.xml.part"), "<Document><CstmrCdtTrfInitn><GrpHdr>");
        await using var second = Open();
        await using var third = Open();
        Assert.Equal(GatewayAnswerKind.Pending, (await second.QueryAsync("po_a", default)).Kind);
        Assert.Equal(GatewayAnswerKind.NotFound, (await second.QueryAsync("po_b", default)).Kind);
        await Task.WhenAll(
            Order(second, "po_a", 4_000, "EUR"), Order(third, "po_a", 4_000, "EUR"), Order(second, "po_b", 1, "EUR"), Order(third, "po_c", 2, "EUR"));
        await Order(third, "po_b", 1, "EUR");
        Assert.Equal(GatewayAnswerKind.Pending, (await third.QueryAsync("po_b", default)).Kind);
        Assert.Equal(
            ["po_a", "po_b", "po_c"],
            Directory.GetFiles(folder, "*.xml").SelectMany(path => XDocument.Load(path).Descendants(Pain + "EndToEndId").Select(id => id.Value)).Order());
    }

    [Fact]
    public async Task What_cannot_be_written_is_proven_unsent()
    {
        await using var bank = Open();
        // A folder stands where the file would.
        Directory.CreateDirectory(Path.Combine(folder, "po_a.xml.part"));
        Assert.Equal((GatewayAnswerKind.NotSent, "folder_unwritable"), await Order(bank, "po_a", 1, "EUR") is var answer ? (answer.Kind, answer.Code) : default);
        Directory.Delete(Path.Combine(folder, "po_a.xml.part"));
        Assert.Equal(GatewayAnswerKind.Pending, (await Order(bank, "po_a", 1, "EUR")).Kind);
    }

    private BankFile Open() => new(
        new("house-bank", folder, "Payments Ltd", "DE02120300000000202051", null) { Gather = TimeSpan.FromMilliseconds(50) }, TimeProvider.System);

    private static Task<GatewayAnswer> Order(BankFile bank, string reference, long minor, string currency, string holder = "Corner Shop GmbH") => bank.TransferAsync(
        new(reference, new(minor, Currency.Of(currency)), "DE89370400440532013000", holder, TimeProvider.System.GetUtcNow()), CancellationToken.None);

    private static string Value(XElement element, string name) => element.Descendants(Pain + name).First().Value;
}
