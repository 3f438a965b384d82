using System.Globalization;
using Payments.Domain;

namespace Payments.Storage.Postgres.Reporting;

/// <summary>Writes rows in one format to a buffer, from which whoever drives it takes pieces.</summary>
internal abstract class Rows : IDisposable
{
    /// <summary>What was written and not taken yet.</summary>
    public MemoryStream Buffer { get; } = new();

    public static Rows In(string format, IReadOnlyList<ReportColumn> columns) => format switch
    {
        "csv" => new CsvRows(columns),
        "json" => new JsonRows(columns, isList: true),
        "ndjson" => new JsonRows(columns, isList: false),
        _ => throw new ArgumentException($"There is no format {format}.", nameof(format)),
    };

    public abstract void Begin();

    public abstract void BeginRow();

    public abstract void Null();

    /// <summary>One of our own words, an id, or a time.</summary>
    public abstract void Word(string text);

    /// <summary>What people wrote.</summary>
    public abstract void Text(string text);

    public abstract void Number(long number);

    public abstract void Money(Int128 minor, Currency currency);

    public abstract void EndRow();

    public abstract void End();

    /// <summary>Brings all that was written into the buffer.</summary>
    public abstract void Flush();

    public static string Time(DateTime utc) => utc.ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'", CultureInfo.InvariantCulture);

    public virtual void Dispose() => Buffer.Dispose();
}
