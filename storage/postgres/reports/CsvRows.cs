using System.Globalization;
using System.Text;
using CsvHelper;
using CsvHelper.Configuration;
using Payments.Domain;

namespace Payments.Storage.Postgres.Reporting;

/// <summary>
/// CSV (RFC 4180, UTF-8): a line of names, then a line for each row; amounts in major units. A spreadsheet takes a text that begins with = + - @ or a tab for a
/// formula, and a merchant's customer may have written it: such a text gets an apostrophe in front, by which spreadsheets know a text. Amounts, ids and our own words
/// are never touched.
/// </summary>
internal sealed class CsvRows : Rows
{
    private readonly IReadOnlyList<ReportColumn> columns;
    private readonly StreamWriter text;
    private readonly CsvWriter csv;

    public CsvRows(IReadOnlyList<ReportColumn> columns)
    {
        this.columns = columns;
        text = new(Buffer, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false), bufferSize: 1 << 14, leaveOpen: true);
        csv = new(text, new CsvConfiguration(CultureInfo.InvariantCulture) { NewLine = "\n" }, leaveOpen: true);
    }

    public override void Begin()
    {
        foreach (var column in columns)
        {
            csv.WriteField(column.Name);
        }

        csv.NextRecord();
    }

    public override void BeginRow()
    {
    }

    public override void Null() => csv.WriteField("");

    public override void Word(string text) => csv.WriteField(text);

    public override void Text(string text) => csv.WriteField(text is ['=' or '+' or '-' or '@' or '\t' or '\r' or '\n', ..] ? $"'{text}" : text);

    public override void Number(long number) => csv.WriteField(number.ToString(CultureInfo.InvariantCulture));

    public override void Money(Int128 minor, Currency currency) => csv.WriteField(currency.Major(minor));

    public override void EndRow() => csv.NextRecord();

    public override void End()
    {
    }

    public override void Flush()
    {
        csv.Flush();
        text.Flush();
    }

    public override void Dispose()
    {
        csv.Dispose();
        text.Dispose();
        base.Dispose();
    }
}
