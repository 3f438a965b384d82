using System.Globalization;
using System.Xml;
using Payments.Domain;

namespace Payments.Gateways.Connectors.BankFile;

/// <summary>A customer credit transfer initiation, <c>pain.001.001.09</c> of ISO 20022: one group, and for each currency one payment with its own sums.</summary>
internal static class CreditTransferFile
{
    public const string Namespace = "urn:iso:std:iso:20022:tech:xsd:pain.001.001.09";

    private static readonly XmlWriterSettings Settings = new() { Indent = true, Encoding = new System.Text.UTF8Encoding(encoderShouldEmitUTF8Identifier: false), CloseOutput = false };

    public static void Write(Stream target, BankFileOptions options, IReadOnlyList<TransferOrder> orders, DateTimeOffset now)
    {
        using var xml = XmlWriter.Create(target, Settings);
        xml.WriteStartElement("Document", Namespace);
        xml.WriteStartElement("CstmrCdtTrfInitn");

        // The first order's reference is in no other file, and so names this one.
        xml.WriteStartElement("GrpHdr");
        Text(xml, "MsgId", orders[0].Reference);
        Text(xml, "CreDtTm", now.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture));
        Sums(xml, orders);
        Text(xml, "InitgPty", "Nm", options.DebtorName);
        xml.WriteEndElement();

        foreach (var group in orders.GroupBy(order => order.Amount.Currency))
        {
            Payment(xml, options, group.Key, [.. group], now);
        }

        xml.WriteEndElement();
        xml.WriteEndElement();
    }

    /// <summary>The references of a file's orders.</summary>
    public static IEnumerable<string> References(string path)
    {
        using var xml = XmlReader.Create(path, new() { DtdProcessing = DtdProcessing.Prohibit });
        while (xml.ReadToFollowing("EndToEndId", Namespace))
        {
            yield return xml.ReadElementContentAsString();
        }
    }

    private static void Payment(XmlWriter xml, BankFileOptions options, Currency currency, IReadOnlyList<TransferOrder> orders, DateTimeOffset now)
    {
        var isEuro = currency.Code == "EUR";
        xml.WriteStartElement("PmtInf");
        Text(xml, "PmtInfId", $"{orders[0].Reference}-{currency.Code}");
        Text(xml, "PmtMtd", "TRF");
        Sums(xml, orders);
        if (isEuro)
        {
            xml.WriteStartElement("PmtTpInf");
            Text(xml, "SvcLvl", "Cd", "SEPA");
            xml.WriteEndElement();
        }

        Text(xml, "ReqdExctnDt", "Dt", now.UtcDateTime.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture));
        Text(xml, "Dbtr", "Nm", options.DebtorName);
        Account(xml, "DbtrAcct", options.DebtorIban);
        xml.WriteStartElement("DbtrAgt");
        xml.WriteStartElement("FinInstnId");
        if (options.DebtorBic is { } bic)
        {
            Text(xml, "BICFI", bic);
        }
        else
        {
            Text(xml, "Othr", "Id", "NOTPROVIDED");
        }

        xml.WriteEndElement();
        xml.WriteEndElement();
        Text(xml, "ChrgBr", isEuro ? "SLEV" : "SHAR");
        foreach (var order in orders)
        {
            xml.WriteStartElement("CdtTrfTxInf");
            Text(xml, "PmtId", "EndToEndId", order.Reference);
            xml.WriteStartElement("Amt");
            xml.WriteStartElement("InstdAmt");
            xml.WriteAttributeString("Ccy", currency.Code);
            xml.WriteString(currency.Major(order.Amount.Minor));
            xml.WriteEndElement();
            xml.WriteEndElement();
            Text(xml, "Cdtr", "Nm", order.Holder);
            Account(xml, "CdtrAcct", order.Destination);
            Text(xml, "RmtInf", "Ustrd", order.Reference);
            xml.WriteEndElement();
        }

        xml.WriteEndElement();
    }

    // The control sum is of the amounts as they stand there, whatever their currencies: that is how the standard has it.
    private static void Sums(XmlWriter xml, IReadOnlyList<TransferOrder> orders)
    {
        Text(xml, "NbOfTxs", orders.Count.ToString(CultureInfo.InvariantCulture));
        Text(xml, "CtrlSum", orders.Sum(order => decimal.Parse(order.Amount.Currency.Major(order.Amount.Minor), CultureInfo.InvariantCulture)).ToString(CultureInfo.InvariantCulture));
    }

    private static void Account(XmlWriter xml, string name, string iban)
    {
        xml.WriteStartElement(name);
        Text(xml, "Id", "IBAN", iban);
        xml.WriteEndElement();
    }

    private static void Text(XmlWriter xml, string outer, string inner, string text)
    {
        xml.WriteStartElement(outer);
        Text(xml, inner, text);
        xml.WriteEndElement();
    }

    private static void Text(XmlWriter xml, string name, string text) => xml.WriteElementString(name, text);
}
