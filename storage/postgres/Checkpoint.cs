using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Payments.Storage.Postgres;

/// <summary>The newest batch of one chain.</summary>
/// <param name="Hash">Lower-case hex.</param>
public sealed record ChainHead(long Writer, long N, string Hash);

/// <summary>The heads of all chains at one time, signed: whoever holds an old one can tell whether the books behind it were rewritten or cut.</summary>
/// <param name="No">Its number in the database.</param>
/// <param name="Document">Canonical JSON; the signature is over exactly these characters in UTF-8.</param>
public sealed record Checkpoint(long No, string Document, byte[] Signature)
{
    /// <summary>Writes the document: fixed order, no white space, heads by writer.</summary>
    public static string Write(DateTimeOffset takenAt, IReadOnlyList<ChainHead> heads)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteString("taken_at", takenAt.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'", CultureInfo.InvariantCulture));
            json.WriteStartArray("heads");
            foreach (var head in heads)
            {
                json.WriteStartObject();
                json.WriteNumber("writer", head.Writer);
                json.WriteNumber("n", head.N);
                json.WriteString("hash", head.Hash);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteNumber("writers", heads.Count);
            json.WriteNumber("batches", heads.Sum(head => head.N));
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.ToArray());
    }

    /// <summary>Reads the heads out of the document.</summary>
    /// <exception cref="FormatException">It is no checkpoint's document.</exception>
    public IReadOnlyList<ChainHead> Heads()
    {
        try
        {
            using var json = JsonDocument.Parse(Document);
            return [.. json.RootElement.GetProperty("heads").EnumerateArray().Select(head => new ChainHead(
                head.GetProperty("writer").GetInt64(), head.GetProperty("n").GetInt64(), head.GetProperty("hash").GetString() ?? ""))];
        }
        catch (Exception malformed) when (malformed is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            throw new FormatException($"Checkpoint {No} has an unreadable document.", malformed);
        }
    }

    /// <summary>The exported form: number, document and signature.</summary>
    public string Export() =>
        JsonSerializer.Serialize(new Dictionary<string, object> { ["no"] = No, ["document"] = Document, ["signature"] = Convert.ToBase64String(Signature) });

    /// <summary>Reads the exported form back.</summary>
    /// <exception cref="FormatException">The text is no exported checkpoint.</exception>
    public static Checkpoint Import(string text)
    {
        try
        {
            using var json = JsonDocument.Parse(text);
            var root = json.RootElement;
            return new(root.GetProperty("no").GetInt64(), root.GetProperty("document").GetString() ?? "", root.GetProperty("signature").GetBytesFromBase64());
        }
        catch (Exception malformed) when (malformed is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            throw new FormatException("This is no exported checkpoint.", malformed);
        }
    }
}
