namespace Payments.Storage;

/// <summary>Processors' settlement files: each is imported whole or not at all, and once.</summary>
public interface ISettlementFiles
{
    /// <summary>Imports a file, or finds that it was imported before: then nothing is read, and nothing changes.</summary>
    /// <param name="lines">Read once, while they are staged. When that fails, nothing is imported.</param>
    /// <exception cref="SettlementImportException">It cannot be imported.</exception>
    Task<(ImportedFile File, bool IsNew)> ImportAsync(SettlementFileHeader file, IEnumerable<SettlementLineRow> lines, CancellationToken cancellationToken);

    /// <summary>What was imported, the latest first, behind <paramref name="after"/>.</summary>
    Task<IReadOnlyList<ImportedFile>> ListAsync(SettlementFilePlace? after, int limit, CancellationToken cancellationToken);

    /// <summary>Days (UTC) before <paramref name="today"/>, from that of the processor's first posting on, of which no file is imported under
    /// <see cref="SettlementFileHeader.NameOf"/>; the oldest first.</summary>
    Task<IReadOnlyList<DateOnly>> MissingDaysAsync(string gateway, DateOnly today, int limit, CancellationToken cancellationToken);
}

/// <summary>A settlement file to be imported.</summary>
/// <param name="Name">What it is called: one name, one content.</param>
/// <param name="Digest">SHA-256 of its bytes.</param>
public sealed record SettlementFileHeader(string Gateway, string Name, string Format, byte[] Digest, string By)
{
    /// <summary>Until then (UTC) this and earlier files tell of everything; null: until the day of its last line.</summary>
    public DateTimeOffset? CoversUntil { get; init; }

    /// <summary>What the file of a day (UTC) is called, e.g. <c>2026-10-31.csv</c>.</summary>
    public static string NameOf(DateOnly day) => $"{day:yyyy-MM-dd}.csv";
}

/// <summary>A line of a settlement file as it is stored. Amounts in minor units, + is more for us; fee: + is a cost.</summary>
public sealed record SettlementLineRow(
    int Line, string LineId, string Kind, string Type, DateTimeOffset At, string Currency, long Gross, long Fee, string PresentedCurrency, long Presented,
    string? Reference, string? ProcessorReference, string? Batch);

/// <summary>A file that was imported.</summary>
/// <param name="No">Tells files apart that were imported at one instant.</param>
public sealed record ImportedFile(string Gateway, string Name, string Format, int Lines, DateTimeOffset ImportedAt, string By, long No);

/// <summary>A file's place in the list of all.</summary>
public readonly record struct SettlementFilePlace(DateTimeOffset ImportedAt, long No);

/// <summary>Why a settlement file cannot be imported.</summary>
public enum SettlementRefusal
{
    /// <summary>Another content was imported under its name.</summary>
    ContentDiffers,

    /// <summary>Somebody else imports it at the same time.</summary>
    Overtaken,

    /// <summary>No payment was ever made at that processor.</summary>
    GatewayUnknown,
}

/// <summary>A settlement file that cannot be imported; the message says why.</summary>
public sealed class SettlementImportException(SettlementRefusal refusal, string message) : Exception(message)
{
    public SettlementRefusal Refusal => refusal;
}
