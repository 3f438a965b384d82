using System.Collections.Immutable;
using Payments.Domain;

namespace Payments.Storage;

/// <summary>What there is to report: a name, its columns, and for whom it is.</summary>
/// <param name="Columns">All columns, in the order in which they come when none are chosen.</param>
/// <param name="Metadata">Names of columns that are followed by a key: <c>payment_metadata[cart]</c>.</param>
/// <param name="IsForMerchants">Whether merchants may ask for it; operators may ask for everything.</param>
/// <param name="IsOfAccount">Whether it tells of one account, which must be named.</param>
public sealed record ReportType(string Name, ImmutableArray<string> Columns, ImmutableArray<string> Metadata, bool IsForMerchants, bool IsOfAccount)
{
    /// <summary>Whether it has such a column.</summary>
    public bool Has(string column) => Columns.Contains(column) || TryMetadata(column, out _, out _);

    /// <summary>Takes <c>payment_metadata[cart]</c> apart.</summary>
    public bool TryMetadata(string column, out string name, out string key)
    {
        var bracket = column.IndexOf('[', StringComparison.Ordinal);
        (name, key) = bracket > 0 && column[^1] == ']' ? (column[..bracket], column[(bracket + 1)..^1]) : (column, "");
        return Metadata.Contains(name) && Domain.Metadata.IsName(key);
    }
}

/// <summary>What a report shall tell.</summary>
/// <param name="From">UTC, included; null: from the beginning.</param>
/// <param name="To">UTC, not included; null: until now.</param>
/// <param name="Currency">ISO 4217 code; null: all.</param>
/// <param name="Account">The account that it is of, where a type asks for one.</param>
/// <param name="Columns">In the order that is wanted; none: the type's own.</param>
/// <param name="Format"><c>csv</c>, <c>json</c> or <c>ndjson</c>.</param>
public sealed record ReportOrder(
    string Type, DateTimeOffset? From, DateTimeOffset? To, string? Currency, string? Account, ImmutableArray<string> Columns, string Format)
{
    public const int MaxColumns = 60;

    /// <summary>What is wrong with it first: a field, and the rule that it breaks; null when all is well.</summary>
    /// <param name="isPlatform">Whether it is an operator's, of the whole platform.</param>
    public (string Field, string Rule)? FirstMistake(IReadOnlyList<ReportType> types, bool isPlatform, DateTimeOffset now)
    {
        var usable = types.Where(type => isPlatform || type.IsForMerchants).ToArray();
        if (usable.FirstOrDefault(type => type.Name == Type) is not { } wanted)
        {
            return ("type", $"must be one of {string.Join(", ", usable.Select(type => type.Name))}");
        }

        return From >= now ? ("from", "must be over")
            : To > now ? ("to", "must be over: a report tells what was")
            : From >= To ? ("to", "must be after from")
            : Currency is not null && !Domain.Currency.TryParse(Currency, out _) ? ("currency", FieldRules.CurrencyRule)
            : (Account is null) == wanted.IsOfAccount ? ("account", wanted.IsOfAccount ? $"is required for {Type}" : $"is not taken for {Type}")
            : Account is { Length: > FieldRules.MaxAccount } ? ("account", FieldRules.AccountRule)
            : Columns.Length > MaxColumns || Columns.Distinct().Count() < Columns.Length ? ("columns", $"must be a list of at most {MaxColumns} columns, each once")
            : !Columns.All(wanted.Has) ? ("columns", $"may hold only {string.Join(", ", [.. wanted.Columns, .. wanted.Metadata.Select(name => $"{name}[key]")])}")
            : Format is not ("csv" or "json" or "ndjson") ? ("format", "must be csv, json or ndjson")
            : null;
    }

    /// <summary>Tells the same request from another one under the same key.</summary>
    public string Fingerprint() => Domain.Fingerprint.Of(
        ("type", Type), ("from", From?.ToString("O")), ("to", To?.ToString("O")), ("currency", Currency), ("account", Account),
        ("columns", Columns.IsEmpty ? null : string.Join(' ', Columns)), ("format", Format));
}

/// <summary>Where a report stands. All but the first two are final, but that a file is deleted one day.</summary>
public enum ReportStatus
{
    Pending,
    Running,
    Succeeded,

    /// <summary><see cref="ReportRow.Code"/> says why.</summary>
    Failed,

    Canceled,

    /// <summary>It had succeeded, and its file is gone: its time was over, or somebody deleted it.</summary>
    Deleted,
}

/// <summary>The stored and shown name of a <see cref="ReportStatus"/>.</summary>
public static class ReportStatusNames
{
    public static string Name(this ReportStatus status) => status switch
    {
        ReportStatus.Pending => "pending",
        ReportStatus.Running => "running",
        ReportStatus.Succeeded => "succeeded",
        ReportStatus.Failed => "failed",
        ReportStatus.Canceled => "canceled",
        ReportStatus.Deleted => "deleted",
    };
}

/// <summary>The file that was written.</summary>
/// <param name="Digest">SHA-256.</param>
public sealed record ReportFile(long Rows, long Bytes, ImmutableArray<byte> Digest);

/// <summary>A report, as far as it has come. What changes is a new value, and the store takes it only if nobody was faster.</summary>
/// <param name="MerchantId">Whose it is; null: the platform's.</param>
/// <param name="Request">The fingerprint of what was asked for.</param>
/// <param name="AsOf">UTC; the last instant that it tells of.</param>
/// <param name="Attempt">How often it was begun. Each attempt begins from zero, and writes pieces of its own.</param>
/// <param name="Progress">In percent.</param>
/// <param name="NextActionAt">UTC; when somebody may go on with it: begin, take over from a node that is gone, delete the file. Null: never.</param>
public sealed record ReportRow(
    Guid Id, string? MerchantId, string Request, ReportOrder Order, DateTimeOffset AsOf, ReportStatus Status, int Attempt, int Progress, ReportFile? File, string? Code,
    DateTimeOffset CreatedAt, DateTimeOffset? FinishedAt, DateTimeOffset? NextActionAt)
{
    public bool IsOpen => Status is ReportStatus.Pending or ReportStatus.Running;

    public ReportRow Claimed(DateTimeOffset until) => this with { Status = ReportStatus.Running, Attempt = Attempt + 1, Progress = 0, NextActionAt = until };

    /// <summary>It goes on; nobody else takes it before then.</summary>
    public ReportRow Going(int progress, DateTimeOffset until) => this with { Progress = Math.Min(progress, 99), NextActionAt = until };

    public ReportRow Succeeded(ReportFile file, DateTimeOffset now, DateTimeOffset keptUntil) =>
        this with { Status = ReportStatus.Succeeded, Progress = 100, File = file, FinishedAt = now, NextActionAt = keptUntil };

    public ReportRow Failed(string code, DateTimeOffset now) => this with { Status = ReportStatus.Failed, Code = code, FinishedAt = now, NextActionAt = null };

    /// <summary>Nobody wants it any more: an open one is canceled, a file is deleted, and what has none stays as it is.</summary>
    public ReportRow Ended(DateTimeOffset now) => Status switch
    {
        ReportStatus.Pending or ReportStatus.Running => this with { Status = ReportStatus.Canceled, FinishedAt = now, NextActionAt = null },
        ReportStatus.Succeeded => this with { Status = ReportStatus.Deleted, NextActionAt = null },
        ReportStatus.Failed or ReportStatus.Canceled or ReportStatus.Deleted => this,
    };
}

/// <summary>What became of a wish for a report.</summary>
public enum ReportMade
{
    Created,

    /// <summary>It is there already, whatever it was asked for as.</summary>
    Found,

    /// <summary>Its owner has as many open, or as many files kept, as it may have.</summary>
    TooMany,

    /// <summary>Its end is not over yet, by the database's clock.</summary>
    NotOver,

    /// <summary>There is no such account, or it is somebody else's.</summary>
    NoSuchAccount,
}

/// <summary>A report that cannot be made, however often it is tried.</summary>
/// <param name="code">Why, for programs.</param>
public sealed class ReportImpossibleException(string code) : Exception($"The report cannot be made: {code}.")
{
    public string Code { get; } = code;
}

/// <summary>Somebody else goes on with the report, or nobody wants it any more.</summary>
public sealed class ReportLostException() : Exception("The report is not this attempt's any more.");

/// <summary>Reports and their files.</summary>
public interface IReportStore
{
    /// <summary>What can be asked for.</summary>
    IReadOnlyList<ReportType> Types { get; }

    /// <summary>Stores what is asked for, once, and fixes the books where it ends.</summary>
    /// <exception cref="ArchivedException">What it would tell of is archived.</exception>
    Task<(ReportMade Made, ReportRow? Report)> CreateAsync(
        Guid id, string? merchantId, ReportOrder order, string request, DateTimeOffset now, CancellationToken cancellationToken);

    /// <summary>A report of one merchant, or of the platform (null); null when it has none with this id.</summary>
    Task<ReportRow?> ReportAsync(string? merchantId, Guid id, CancellationToken cancellationToken);

    /// <summary>The newest first, behind the one with the id <paramref name="after"/>.</summary>
    Task<IReadOnlyList<ReportRow>> ReportsAsync(string? merchantId, Guid? after, int limit, CancellationToken cancellationToken);

    /// <summary>Reports that somebody may go on with, the longest due first.</summary>
    Task<IReadOnlyList<(string? MerchantId, Guid Id)>> DueAsync(DateTimeOffset now, int limit, CancellationToken cancellationToken);

    /// <summary>Brings a report from one state to the next; false: it is not in the first any more. Pieces that the next state has no use for go.</summary>
    Task<bool> MoveAsync(ReportRow from, ReportRow to, CancellationToken cancellationToken);

    /// <summary>Writes the file of a report that this attempt has claimed.</summary>
    /// <param name="progress">Told in percent.</param>
    /// <exception cref="ReportImpossibleException">It never will be.</exception>
    /// <exception cref="ReportLostException">The claim is gone.</exception>
    Task<ReportFile> WriteAsync(ReportRow claimed, IProgress<int> progress, CancellationToken cancellationToken);

    /// <summary>The file, piece by piece.</summary>
    IAsyncEnumerable<ReadOnlyMemory<byte>> FileAsync(ReportRow report, CancellationToken cancellationToken);
}
