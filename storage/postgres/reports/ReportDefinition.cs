using System.Collections.Immutable;

namespace Payments.Storage.Postgres.Reporting;

/// <summary>What a column holds, and so how it is written.</summary>
internal enum ColumnKind
{
    /// <summary>What people wrote. In CSV it is shielded from spreadsheets, see <see cref="CsvRows"/>.</summary>
    Text,

    /// <summary>One of our own words, codes and names.</summary>
    Word,

    /// <summary>A prefix, a space and a uuid; written as all ids are.</summary>
    Id,

    /// <summary>Minor units (bigint) of the row's currency.</summary>
    Money,

    /// <summary>Minor units that may be wider than 64 bits (text).</summary>
    Sum,

    /// <summary>A whole number (bigint).</summary>
    Number,

    /// <summary>An instant; written in UTC.</summary>
    Time,
}

/// <param name="Sql">Its value.</param>
internal sealed record ReportColumn(string Name, ColumnKind Kind, string Sql);

/// <summary>
/// A report: where its rows are and what they hold. There are two kinds. One walks over accounts (<see cref="Accounts"/>), each from its first posting in
/// the interval to its last, in the order of the books; the other is one query.
/// </summary>
internal sealed record ReportDefinition
{
    public required string Name { get; init; }

    /// <summary>In their order when none are chosen.</summary>
    public required ImmutableArray<ReportColumn> Columns { get; init; }

    /// <summary>Columns that are followed by a key, and where the keys are looked up (jsonb).</summary>
    public ImmutableArray<(string Name, string Sql)> Metadata { get; init; } = [];

    public bool IsForMerchants { get; init; } = true;
    public bool IsOfAccount { get; init; }

    /// <summary>
    /// A condition on accounts <c>a</c>: which are walked over. Null: <see cref="Rows"/> is one query, with the parameters $1 merchant (null: all), $2 from
    /// (null: the beginning), $3 until (included), $4 currency (null: all).
    /// </summary>
    public string? Accounts { get; init; }

    /// <summary>
    /// FROM, WHERE and what follows. When accounts are walked over, its parameters are $1 merchant, $2 the account's number, and $3 and $4: the numbers of the
    /// last posting before the interval, and of the last one in it.
    /// </summary>
    public required string Rows { get; init; }

    /// <summary>The currency of a row's amounts.</summary>
    public required string Currency { get; init; }

    public ReportType Type => new(Name, [.. Columns.Select(column => column.Name)], [.. Metadata.Select(column => column.Name)], IsForMerchants, IsOfAccount);

    /// <summary>The chosen columns; names were checked before.</summary>
    public ImmutableArray<ReportColumn> Choose(ImmutableArray<string> names) => names.IsEmpty ? Columns : [.. names.Select(Column)];

    // The key of metadata is letters, digits and _ - . and nothing else, so it can stand in a statement.
    private ReportColumn Column(string name) =>
        Columns.FirstOrDefault(column => column.Name == name)
        ?? (Type.TryMetadata(name, out var map, out var key)
            ? new(name, ColumnKind.Text, $"{Metadata.Single(one => one.Name == map).Sql} ->> '{key}'")
            : throw new ArgumentException($"{Name} has no column {name}.", nameof(name)));
}
