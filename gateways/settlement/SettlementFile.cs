using System.Security.Cryptography;
using System.Text;
using CsvHelper;
using CsvHelper.Configuration;

namespace Payments.Gateways.Settlement;

/// <summary>
/// Reads settlement files: CSV of RFC 4180 in UTF-8, line by line, in constant memory. Nothing is guessed: what is not exactly as it must be is
/// refused by the number of its line.
/// </summary>
public static class SettlementFile
{
    /// <summary>The longest file in bytes: some two million lines.</summary>
    public const long MaxBytes = 512L * 1024 * 1024;

    private const int MaxField = 64 * 1024;

    /// <summary>Reads a file. It may end with an exception behind lines that were good: whoever keeps lines keeps them apart until the end.</summary>
    /// <exception cref="SettlementFileException">The file, or a line of it, cannot be read.</exception>
    public static IEnumerable<SettlementLine> Read(Stream file, SettlementFormat format, long maxBytes = MaxBytes)
    {
        using var watched = new WatchedStream(file, maxBytes);
        using var text = new StreamReader(
            watched, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true), detectEncodingFromByteOrderMarks: false, bufferSize: 1 << 16);
        using var csv = new CsvParser(text, new CsvConfiguration(System.Globalization.CultureInfo.InvariantCulture)
        {
            Delimiter = ",",
            Mode = CsvMode.RFC4180,
            BadDataFound = found => throw new SettlementFileException(found.Context.Parser!.RawRow, "a quote stands where none may be."),
            IgnoreBlankLines = false,
            MaxFieldSize = MaxField,
            ExceptionMessagesContainRawData = false,
        });
        if (Next(csv, watched) is not { } header)
        {
            throw new SettlementFileException(1, "the file is empty.");
        }

        var columns = Columns(header.Fields, format);
        var last = header.Number;
        while (Next(csv, watched) is { } row)
        {
            if (row.Fields.Length != header.Fields.Length)
            {
                throw new SettlementFileException(
                    row.Number,
                    $"{row.Fields.Length} fields, and the header has {header.Fields.Length}{(watched.IsCutOff ? ": the file ends in the middle of a line" : "")}.");
            }

            if (format.Read(new(row.Number, columns, row.Fields)) is { } line)
            {
                yield return line;
            }

            last = row.Number;
        }

        if (watched.IsCutOff)
        {
            throw new SettlementFileException(last, "the file ends without a line end: its last line may be cut off.");
        }
    }

    /// <summary>Reads a file whose bytes have a known SHA-256, and ends with an exception when they no longer have: somebody is writing to it.</summary>
    /// <param name="file">Can be read again from its beginning.</param>
    /// <exception cref="SettlementFileException">As for the other one, or the file changed.</exception>
    public static IEnumerable<SettlementLine> ReadUnchanged(Stream file, SettlementFormat format, byte[] digest)
    {
        file.Position = 0;
        foreach (var line in Read(file, format))
        {
            yield return line;
        }

        file.Position = 0;
        if (!SHA256.HashData(file).AsSpan().SequenceEqual(digest))
        {
            throw new SettlementFileException(1, "the file changed while it was read: is it still being written?");
        }
    }

    private static (int Number, string[] Fields)? Next(CsvParser csv, WatchedStream watched)
    {
        var number = csv.RawRow + 1;
        try
        {
            return csv.Read() ? (number, csv.Record!) : null;
        }
        catch (DecoderFallbackException)
        {
            throw new SettlementFileException(number, "in it or soon behind it is a character that is not UTF-8.");
        }
        catch (MaxFieldSizeException)
        {
            throw new SettlementFileException(number, $"a field is longer than {MaxField} characters: is a quote missing?");
        }
        catch (WatchedStream.TooLongException)
        {
            throw new SettlementFileException(number, $"the file is longer than {watched.Limit / 1024 / 1024} MB.");
        }
        catch (WatchedStream.OtherKindException other)
        {
            throw new SettlementFileException(1, other.Message);
        }
    }

    private static Dictionary<string, int> Columns(string[] header, SettlementFormat format)
    {
        var columns = new Dictionary<string, int>(StringComparer.Ordinal);
        for (var place = 0; place < header.Length; place++)
        {
            if (header[place].Length > 0 && !columns.TryAdd(header[place], place))
            {
                throw new SettlementFileException(1, $"the column {header[place]} is there twice.");
            }
        }

        var missing = format.Columns.Where(column => !columns.ContainsKey(column)).ToArray();
        return missing.Length == 0 ? columns
            : header is [var only] && only.Contains(';', StringComparison.Ordinal)
                ? throw new SettlementFileException(1, "the columns are separated by semicolons: a spreadsheet has saved this file. Take the processor's own.")
            : throw new SettlementFileException(1, $"there is no column {string.Join(", ", missing)}; a file of {format.Name} has one.");
    }
}
