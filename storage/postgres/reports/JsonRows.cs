using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using Payments.Domain;

namespace Payments.Storage.Postgres.Reporting;

/// <summary>JSON: an object a line, amounts in minor units; as one list, or each line by itself (ndjson).</summary>
internal sealed class JsonRows : Rows
{
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly JsonEncodedText[] names;
    private readonly Utf8JsonWriter json;
    private readonly bool isList;
    private int column;
    private bool isFirst = true;

    public JsonRows(IReadOnlyList<ReportColumn> columns, bool isList)
    {
        this.isList = isList;
        names = [.. columns.Select(column => JsonEncodedText.Encode(column.Name, Options.Encoder))];
        json = new(Buffer, Options);
    }

    public override void Begin() => Raw(isList ? "[\n"u8 : []);

    public override void BeginRow()
    {
        Raw(isFirst ? [] : isList ? ",\n"u8 : "\n"u8);
        (isFirst, column) = (false, 0);
        json.WriteStartObject();
    }

    public override void Null() => json.WriteNull(Next());

    public override void Word(string text) => json.WriteString(Next(), text);

    public override void Text(string text) => json.WriteString(Next(), text);

    public override void Number(long number) => json.WriteNumber(Next(), number);

    public override void Money(Int128 minor, Currency currency)
    {
        json.WritePropertyName(Next());
        json.WriteRawValue(minor.ToString(CultureInfo.InvariantCulture), skipInputValidation: true);
    }

    public override void EndRow()
    {
        json.WriteEndObject();
        json.Flush();
        json.Reset();
    }

    public override void End() => Raw(isList ? isFirst ? "]\n"u8 : "\n]\n"u8 : isFirst ? [] : "\n"u8);

    public override void Flush()
    {
    }

    public override void Dispose()
    {
        json.Dispose();
        base.Dispose();
    }

    private JsonEncodedText Next() => names[column++];

    private void Raw(ReadOnlySpan<byte> bytes) => Buffer.Write(bytes);
}
