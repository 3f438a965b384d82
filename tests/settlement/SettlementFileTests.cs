using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using Payments.Domain;
using Payments.Gateways.Settlement;

namespace Payments.Tests.Settlement;

/// <summary>Processors' files: what they say, and that nothing wrong with one is ever guessed away.</summary>
public sealed class SettlementFileTests
{
    private const string StripeHeader =
        "automatic_payout_id,automatic_payout_effective_at,balance_transaction_id,created_utc,created,currency,gross,fee,net,reporting_category,source_id,"
        + "description,customer_facing_amount,customer_facing_currency,charge_id,payment_metadata[operation],refund_metadata[operation]";
    private const string Charge = "po_1,2026-10-03,txn_1,2026-10-01 12:34:56,2026-10-01 05:34:56,eur,19.99,0.88,19.11,charge,ch_1,Shoes,,,ch_1,op_a,";
    private const string Refund = "po_1,2026-10-03,txn_2,2026-10-02 00:00:00,2026-10-01 17:00:00,eur,-5.00,0.00,-5.00,refund,re_1,\"Shoes, \"\"red\"\"\nin part\",,,ch_1,op_a,op_b";
    private const string Converted = "po_1,2026-10-03,txn_3,2026-10-02 00:00:00,,eur,10.87,0.50,10.37,charge,ch_2,,12.00,usd,ch_2,op_c,";
    private const string Payout = "po_1,2026-10-03,txn_4,2026-10-03 00:00:00,,eur,-24.48,0,-24.48,payout,po_1,,,,,,";

    private const string AdyenHeader =
        "Company Account,Merchant Account,Psp Reference,Merchant Reference,Payment Method,Creation Date,TimeZone,Type,Modification Reference,Gross Currency,"
        + "Gross Debit (GC),Gross Credit (GC),Exchange Rate,Net Currency,Net Debit (NC),Net Credit (NC),Commission (NC),Markup (NC),Scheme Fees (NC),"
        + "Interchange (NC),Payment Method Variant,Modification Merchant Reference,Batch Number,Reserved4";
    private const string Settled = "Co,Shop,8535,op_a,visa,2026-10-01 12:34:56,CEST,Settled,9001,USD,,12.00,0.90583333,EUR,,10.37,,0.10,0.15,0.25,visacredit,,7,";
    private const string Refunded = "Co,Shop,8535,op_a,visa,2026-10-02 12:00:00,UTC,Refunded,9002,EUR,5.00,,1,EUR,5.05,,0.05,,,,visacredit,op_b,7,";
    private const string AdyenPayout = "Co,Shop,,,,2026-10-03 00:00:00,UTC,MerchantPayout,,,,,,EUR,5.32,,,,,,,,7,";

    private const string SimulatorHeader = "id,time,type,reference,processor_reference,currency,gross,fee,net,payout_id";
    private const string SimulatorCharge = "ch_1/charge,2026-10-01T12:34:56,charge,op_a,ch_1,EUR,19.99,0.53,19.46,po_20261002_EUR";
    private const string SimulatorDispute = "dp_1/dispute,2026-10-01T13:00:00,dispute,op_a,dp_1,EUR,-19.99,15.00,-34.99,po_20261002_EUR";
    private const string SimulatorWon = "dp_1/dispute_reversal,2026-10-01T14:00:00,dispute_reversal,op_a,dp_1,EUR,19.99,-10.00,29.99,po_20261002_EUR";
    private const string SimulatorPayout = "po_20261002_EUR,2026-10-02T00:00:00,payout,,po_20261002_EUR,EUR,-14.46,0.00,-14.46,po_20261002_EUR";
    private const string SimulatorEnd = "2026-10-01T00:00:00Z/2026-10-03T00:00:00Z,2026-10-03T00:00:00,end,,,,,,,";

    [Fact]
    public void The_simulators_lines_are_read_up_to_its_last_row()
    {
        var lines = Read("simulator", SimulatorHeader, SimulatorCharge, SimulatorDispute, SimulatorWon, SimulatorPayout, SimulatorEnd);
        Assert.Equal(
            new SettlementLine(
                2, "ch_1/charge", SettlementKind.Capture, "charge", new(2026, 10, 1, 12, 34, 56, TimeSpan.Zero), Eur(1999), Eur(1999), Eur(53), "op_a", "ch_1",
                "po_20261002_EUR"),
            lines[0]);
        Assert.Equal([SettlementKind.Dispute, SettlementKind.DisputeReversal, SettlementKind.Payout], lines.Skip(1).Select(line => line.Kind));
        Assert.Equal((null, 0), (lines[3].Reference, lines.Sum(line => line.Net.Minor)));
        Assert.Empty(Read("simulator", SimulatorHeader, SimulatorEnd));
    }

    [Fact]
    public void Stripes_lines_are_read_by_the_names_of_their_columns()
    {
        var lines = Read("stripe", StripeHeader, Charge, Refund, Converted, Payout);
        Assert.Equal(
            new SettlementLine(
                2, "txn_1", SettlementKind.Capture, "charge", new(2026, 10, 1, 12, 34, 56, TimeSpan.Zero), Eur(1999), Eur(1999), Eur(88), "op_a", "ch_1", "po_1"),
            lines[0]);
        Assert.Equal((3, SettlementKind.Refund, Eur(-500), "op_b", "re_1"), (lines[1].Number, lines[1].Kind, lines[1].Net, lines[1].Reference, lines[1].ProcessorReference));
        // The description of the line before holds a line end.
        Assert.Equal((5, new Money(1200, Currency.Of("USD")), Eur(1087), Eur(1037)), (lines[2].Number, lines[2].Presented, lines[2].Gross, lines[2].Net));
        Assert.Equal((SettlementKind.Payout, Eur(-2448)), (lines[3].Kind, lines[3].Net));
        Assert.Equal(0, lines.Sum(line => line.Net.Minor));
    }

    [Fact]
    public void Columns_may_stand_in_any_order_with_others_between_them()
    {
        var order = Enumerable.Range(0, 17).Reverse().ToArray();
        string Reordered(string row) => string.Join(',', order.Select(place => row.Split(',')[place])) + ",more";
        var lines = Read("stripe", [.. new[] { StripeHeader, Charge, Payout }.Select(Reordered)]);
        Assert.Equal(Read("stripe", StripeHeader, Charge, Payout), lines);
    }

    [Fact]
    public void Adyens_lines_take_their_direction_from_the_column_that_is_filled()
    {
        var lines = Read("adyen", AdyenHeader, Settled, Refunded, AdyenPayout);
        Assert.Equal(
            new SettlementLine(
                2, "7/9001/Settled", SettlementKind.Capture, "Settled", new(2026, 10, 1, 10, 34, 56, TimeSpan.Zero), new(1200, Currency.Of("USD")), Eur(1087), Eur(50),
                "op_a", "9001", "7"),
            lines[0]);
        Assert.Equal((SettlementKind.Refund, Eur(-500), Eur(5), Eur(-505), "op_b"), (lines[1].Kind, lines[1].Gross, lines[1].Fee, lines[1].Net, lines[1].Reference));
        Assert.Equal((SettlementKind.Payout, 0), (lines[2].Kind, lines.Sum(line => line.Net.Minor)));
    }

    [Theory]
    [InlineData("charge_with_a_new_name", SettlementKind.Unknown)]
    [InlineData("network_cost", SettlementKind.Fee)]
    [InlineData("dispute_reversal", SettlementKind.DisputeReversal)]
    public void A_kind_that_is_not_known_is_kept_under_the_processors_name(string type, SettlementKind kind)
    {
        var line = Assert.Single(Read("stripe", StripeHeader, Charge.Replace(",charge,", $",{type},", StringComparison.Ordinal)));
        Assert.Equal((kind, type), (line.Kind, line.Type));
    }

    [Theory]
    [InlineData(2, "gross is '19,99'", "19.99", "\"19,99\"")]
    [InlineData(2, "gross is '1.999,00'", "19.99", "\"1.999,00\"")]
    [InlineData(2, "gross is '€19.99'", "19.99", "€19.99")]
    [InlineData(2, "gross is 'a lot'", "19.99", "a lot")]
    [InlineData(2, "gross is '1e3'", "19.99", "1e3")]
    [InlineData(2, "gross is '19.999', which is more digits than EUR has", "19.99", "19.999")]
    [InlineData(2, "gross is '99999999999999999999', which is too large", "19.99", "99999999999999999999")]
    [InlineData(2, "gross is '70000000000000000000000000000', which is too large", "19.99", "70000000000000000000000000000")]
    [InlineData(2, "reporting_category has control characters", ",charge,", ",char\u001bge,")]
    [InlineData(2, "gross is empty", "19.99", "")]
    [InlineData(2, "gross is -19.99 EUR, which a line of this kind cannot be", "19.99,0.88,19.11", "-19.99,0.88,-20.87")]
    [InlineData(2, "net is 19.10 EUR, and gross less fee is 19.11 EUR", "19.11", "19.10")]
    [InlineData(2, "currency is 'bitcoin'", ",eur,", ",bitcoin,")]
    [InlineData(2, "balance_transaction_id is empty", "txn_1", "")]
    [InlineData(2, "created_utc is '01/10/2026'", "2026-10-01 12:34:56", "01/10/2026")]
    [InlineData(2, "16 fields, and the header has 17", ",Shoes,", ",")]
    [InlineData(2, "a quote stands where none may be", "Shoes", "a \"quote")]
    [InlineData(2, "a field is longer than", "Shoes", "\"Shoes")]
    [InlineData(1, "there is no column gross, net", "gross,fee,net", "brutto,fee,netto")]
    [InlineData(1, "the column fee is there twice", "gross,fee,net", "fee,fee,net")]
    public void A_broken_line_is_named_by_its_number_and_by_what_is_wrong(int number, string what, string from, string to)
    {
        var text = $"{StripeHeader}\n{Charge}\n{string.Join('\n', Enumerable.Repeat(Payout, 1_000))}\n";
        Assert.Equal(number == 1, !Charge.Contains(from, StringComparison.Ordinal));
        var place = text.IndexOf(from, StringComparison.Ordinal);
        Refused(number, what, Encoding.UTF8.GetBytes(string.Concat(text.AsSpan(0, place), to, text.AsSpan(place + from.Length))));
    }

    [Theory]
    [InlineData("gross is '19,99'", "19.99", "\"19,99\"")]
    [InlineData("gross is 'a lot'", "19.99", "a lot")]
    [InlineData("gross is '19.999', which is more digits than EUR has", "19.99", "19.999")]
    [InlineData("gross is '99999999999999999999', which is too large", "19.99", "99999999999999999999")]
    [InlineData("gross is empty", "19.99", "")]
    [InlineData("fee is empty", "0.53", "")]
    [InlineData("gross is -19.99 EUR, which a line of this kind cannot be", "19.99,0.53,19.46", "-19.99,0.53,-20.52")]
    [InlineData("net is 19.45 EUR, and gross less fee is 19.46 EUR", "19.46", "19.45")]
    [InlineData("currency is 'XXX'", "EUR", "XXX")]
    [InlineData("id is empty", "ch_1/charge", "")]
    [InlineData("type is empty", ",charge,", ",,")]
    [InlineData("type has control characters", ",charge,", ",char\u001bge,")]
    [InlineData("time is '2026-10-01'", "2026-10-01T12:34:56", "2026-10-01")]
    [InlineData("9 fields, and the header has 10", ",op_a,", ",")]
    public void The_simulators_lines_are_held_to_the_same_rules(string what, string from, string to)
    {
        Assert.Contains(from, SimulatorCharge, StringComparison.Ordinal);
        var refused = Assert.Throws<SettlementFileException>(
            () => Read("simulator", SimulatorHeader, SimulatorPayout, SimulatorCharge.Replace(from, to, StringComparison.Ordinal), SimulatorEnd));
        Assert.Equal(3, refused.Line);
        Assert.Contains(what, refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("stripe", StripeHeader, Payout, Charge)]
    [InlineData("adyen", AdyenHeader, AdyenPayout, Settled)]
    [InlineData("simulator", SimulatorHeader, SimulatorPayout, SimulatorCharge)]
    public void A_last_line_that_is_cut_off_is_seen_wherever_it_is_cut(string format, string header, string line, string last)
    {
        var whole = $"{header}\n{line}\n{last}\n";
        var start = whole.Length - last.Length - 1;
        for (var length = start + 1; length < whole.Length; length++)
        {
            Assert.Equal(3, Assert.Throws<SettlementFileException>(() => Read(format, Encoding.UTF8.GetBytes(whole[..length]))).Line);
        }
    }

    [Fact]
    public void What_a_spreadsheet_or_an_archive_made_of_a_file_is_told_as_such()
    {
        var text = $"{StripeHeader}\n{Charge}\n";
        Refused(1, "byte order mark", [.. Encoding.UTF8.Preamble, .. Encoding.UTF8.GetBytes(text)]);
        Refused(1, "UTF-16", [.. Encoding.Unicode.Preamble, .. Encoding.Unicode.GetBytes(text)]);
        Refused(1, "no text in UTF-8", Encoding.Unicode.GetBytes(text));
        Refused(1, "not UTF-8", Encoding.Latin1.GetBytes(text.Replace("Shoes", "Schühe", StringComparison.Ordinal)));
        Refused(1, "semicolons", Encoding.UTF8.GetBytes(text.Replace(',', ';')));
        Refused(1, "the file is empty", []);
        Refused(1, "there is no column", "<!doctype html>\n"u8.ToArray());

        // A bomb is never unpacked.
        using var bomb = new MemoryStream();
        using (var zip = new GZipStream(bomb, CompressionLevel.SmallestSize, leaveOpen: true))
        {
            zip.Write(new byte[16 * 1024 * 1024]);
        }

        Refused(1, "compressed", bomb.ToArray());
        Refused(1, "compressed", "PK\u0003\u0004"u8.ToArray());
    }

    [Fact]
    public void A_file_without_end_is_read_to_its_limit_in_constant_memory()
    {
        using var endless = new Endless($"{StripeHeader}\n", $"{Charge}\n");
        var (lines, before) = (0, GC.GetTotalMemory(forceFullCollection: true));
        var refused = Assert.Throws<SettlementFileException>(() =>
        {
            foreach (var _ in SettlementFile.Read(endless, SettlementFormat.All[0], maxBytes: 32 * 1024 * 1024))
            {
                lines++;
            }
        });
        Assert.Contains("the file is longer than 32 MB", refused.Message, StringComparison.Ordinal);
        Assert.InRange(lines, 200_000, 300_000);
        Assert.InRange(GC.GetTotalMemory(forceFullCollection: true) - before, long.MinValue, 4 * 1024 * 1024);
    }

    [Fact]
    public void A_file_that_is_still_being_written_is_refused()
    {
        var bytes = Encoding.UTF8.GetBytes($"{StripeHeader}\n{Charge}\n");
        using var file = new MemoryStream();
        file.Write(bytes);
        var digest = SHA256.HashData(bytes);
        Assert.Single(SettlementFile.ReadUnchanged(file, SettlementFormat.All[0], digest));
        file.Write(Encoding.UTF8.GetBytes($"{Payout}\n"));
        var refused = Assert.Throws<SettlementFileException>(() => SettlementFile.ReadUnchanged(file, SettlementFormat.All[0], digest).Count());
        Assert.Contains("changed while it was read", refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Gross Debit (GC) and Gross Credit (GC) are both filled", ",,12.00,0.9", ",12.00,12.00,0.9")]
    [InlineData("Gross Credit (GC) is negative", ",,12.00,0.9", ",,-12.00,0.9")]
    [InlineData("which a line of this kind cannot be", ",,12.00,0.9", ",12.00,,0.9")]
    [InlineData("Net Debit (NC) and Net Credit (NC) are both empty", ",,10.37,", ",,,")]
    [InlineData("Exchange Rate makes EUR 12 of 12.00 USD, and net and fees are 10.87 EUR", "0.90583333", "1")]
    [InlineData("Exchange Rate must be a positive number", "0.90583333", "\"0,9\"")]
    [InlineData("TimeZone is none of UTC", "CEST", "IST")]
    public void Adyens_lines_are_held_to_their_own_rules(string what, string from, string to)
    {
        Assert.Contains(from, Settled, StringComparison.Ordinal);
        var refused = Assert.Throws<SettlementFileException>(() => Read("adyen", AdyenHeader, Refunded, Settled.Replace(from, to, StringComparison.Ordinal)));
        Assert.Equal(3, refused.Line);
        Assert.Contains(what, refused.Message, StringComparison.Ordinal);
    }

    private static Money Eur(long minor) => new(minor, Currency.Of("EUR"));

    private static List<SettlementLine> Read(string format, params string[] rows) => Read(format, Encoding.UTF8.GetBytes(string.Join('\n', rows) + "\n"));

    private static List<SettlementLine> Read(string format, byte[] file) =>
        [.. SettlementFile.Read(new MemoryStream(file), SettlementFormat.All.Single(known => known.Name == format))];

    private static void Refused(int line, string what, byte[] file)
    {
        var refused = Assert.Throws<SettlementFileException>(() => Read("stripe", file));
        Assert.Contains(what, refused.Message, StringComparison.Ordinal);
        Assert.Equal(line, refused.Line);
    }

    /// <summary>A header, and then one line for ever.</summary>
    private sealed class Endless(string header, string line) : MemoryStream
    {
        private readonly byte[] repeated = Encoding.UTF8.GetBytes(line);
        private byte[] rest = Encoding.UTF8.GetBytes(header);

        public override int Read(Span<byte> buffer)
        {
            var count = Math.Min(buffer.Length, rest.Length);
            rest.AsSpan(0, count).CopyTo(buffer);
            rest = count == rest.Length ? repeated : rest[count..];
            return count;
        }
    }
}
