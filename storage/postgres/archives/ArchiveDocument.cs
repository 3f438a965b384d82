using System.Collections.Immutable;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Payments.Domain;

namespace Payments.Storage.Postgres;

/// <summary>The file of one table's month.</summary>
/// <param name="Rows">Without the line of headings.</param>
/// <param name="Bytes">Of the file, as it lies there.</param>
/// <param name="Sha256">Of the file, as it lies there.</param>
/// <param name="Content">SHA-256 of the CSV inside of it: what the table's rows come to, however they are compressed.</param>
public sealed record ArchiveFile(string Table, string Name, long Rows, long Bytes, string Sha256, string Content);

/// <summary>How many there ever were until the end of a month that is archived: with what is here, they must come to what the books say.</summary>
public sealed record ArchiveCounts(long Payments, long Audit, long Events, long Payouts, long PayoutAudit)
{
    public static ArchiveCounts None { get; } = new(0, 0, 0, 0, 0);
}

/// <summary>What is signed of a month that leaves.</summary>
/// <param name="Previous">SHA-256 of the document of the month that left before; null: none did.</param>
/// <param name="Accounts">How many rows of <c>archived_accounts</c> it has.</param>
/// <param name="Totals">SHA-256 of these rows.</param>
/// <param name="Heads">The newest batch of each chain at its end.</param>
public sealed record ArchiveDocument(
    string Month, string ArchivedAt, string ArchivedBy, string? Previous, ImmutableArray<ArchiveFile> Files, long Accounts, string Totals, ArchiveCounts Counts, ImmutableArray<ChainHead> Heads)
{
    /// <summary>Canonical: fixed order, no white space. The signature is over exactly these characters in UTF-8.</summary>
    public string Write() => JsonSerializer.Serialize(this, ArchiveJson.Default.ArchiveDocument);

    /// <exception cref="FormatException">It is no archive's document.</exception>
    public static ArchiveDocument Read(string text)
    {
        try
        {
            return JsonSerializer.Deserialize(text, ArchiveJson.Default.ArchiveDocument) is { Month: not null, Totals: not null, Counts: not null, Files.IsDefault: false, Heads.IsDefault: false } document
                ? document
                : throw new FormatException("This is no archive's document.");
        }
        catch (JsonException malformed)
        {
            throw new FormatException("This is no archive's document.", malformed);
        }
    }

    public static string Instant(DateTimeOffset at) => at.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'", CultureInfo.InvariantCulture);

    /// <summary>What the next document says of this one.</summary>
    public static string DigestOf(string document) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(document)));
}

/// <summary>A document with its signature, as it is stored and exported.</summary>
public sealed record SignedArchive(string Document, string Signature, string KeyId)
{
    /// <summary>The manifest beside the files.</summary>
    public const string FileName = "manifest.json";

    public byte[] SignatureBytes => Convert.FromBase64String(Signature);

    public string Export() => JsonSerializer.Serialize(this, ArchiveJson.Default.SignedArchive) + "\n";

    /// <exception cref="FormatException">It is no exported archive.</exception>
    public static SignedArchive Import(string text)
    {
        try
        {
            var signed = JsonSerializer.Deserialize(text, ArchiveJson.Default.SignedArchive);
            _ = signed?.SignatureBytes;
            return signed is { Document: not null, KeyId: not null } ? signed : throw new FormatException("This is no exported archive.");
        }
        catch (Exception malformed) when (malformed is JsonException or ArgumentNullException)
        {
            throw new FormatException("This is no exported archive.", malformed);
        }
    }
}

/// <summary>One month that has left, as the database has it.</summary>
public sealed record ArchivedMonth(Month Month, DateTimeOffset ArchivedAt, string ArchivedBy, SignedArchive Signed);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(ArchiveDocument))]
[JsonSerializable(typeof(SignedArchive))]
internal sealed partial class ArchiveJson : JsonSerializerContext;
