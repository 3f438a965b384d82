using System.Globalization;
using Payments.Domain;

namespace Payments.Gateways.Settlement;

/// <summary>A row of a settlement file, read by the names of its columns. Every mistake names line and column.</summary>
public sealed class SettlementRow(int number, IReadOnlyDictionary<string, int> columns, string[] fields)
{
    private const int MaxText = 255;

    /// <summary>The line of the file that it begins on.</summary>
    public int Number => number;

    /// <summary>The text of a column; null when it is empty, or not in the file.</summary>
    /// <exception cref="SettlementFileException">It is too long, or has control characters.</exception>
    public string? Text(string column) =>
        !columns.TryGetValue(column, out var place) || fields[place].Length == 0 ? null
        : fields[place].Length > MaxText ? throw Wrong(column, $"has more than {MaxText} characters")
        : fields[place].Any(char.IsControl) ? throw Wrong(column, "has control characters")
        : fields[place];

    /// <summary>The text of a column that must not be empty.</summary>
    /// <exception cref="SettlementFileException">It is empty.</exception>
    public string Required(string column) => Text(column) ?? throw Wrong(column, "is empty");

    /// <summary>An amount in major units with a decimal point, in minor units; null when it is empty.</summary>
    /// <exception cref="SettlementFileException">It is no amount of that currency, or too large.</exception>
    public Money? Amount(string column, Currency currency)
    {
        if (Text(column) is not { } text)
        {
            return null;
        }

        if (!decimal.TryParse(text, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var major) || text[0] == '+')
        {
            throw Wrong(column, $"is '{Shown(text)}', and must be an amount such as -1234.56, with a point and no other separators");
        }

        if (Math.Abs(major) > Money.MaxOperation)
        {
            throw TooLarge();
        }

        var minor = major;
        for (var digit = 0; digit < currency.Exponent; digit++)
        {
            minor *= 10;
        }

        return decimal.Truncate(minor) != minor ? throw Wrong(column, $"is '{Shown(text)}', which is more digits than {currency.Code} has")
            : Math.Abs(minor) > Money.MaxOperation ? throw TooLarge()
            : new Money((long)minor, currency);

        SettlementFileException TooLarge() => Wrong(column, $"is '{Shown(text)}', which is too large");
    }

    /// <summary>The same of a column that must not be empty.</summary>
    /// <exception cref="SettlementFileException">As for the other one, or it is empty.</exception>
    public Money RequiredAmount(string column, Currency currency) => Amount(column, currency) ?? throw Wrong(column, "is empty");

    /// <summary>A currency of ISO 4217, in letters of any case.</summary>
    /// <exception cref="SettlementFileException">It is none.</exception>
    public Currency Currency(string column) =>
        Domain.Currency.TryParse(Required(column).ToUpperInvariant(), out var currency) ? currency : throw Wrong(column, $"is '{Shown(Required(column))}', which is no currency of ISO 4217");

    /// <summary>A time <c>2026-10-31 12:34:56</c> in a given offset from UTC.</summary>
    /// <exception cref="SettlementFileException">It is none.</exception>
    public DateTimeOffset Time(string column, TimeSpan offset) =>
        DateTime.TryParseExact(Required(column), ["yyyy-MM-dd HH:mm:ss", "yyyy-MM-dd'T'HH:mm:ss"], CultureInfo.InvariantCulture, DateTimeStyles.None, out var time)
        && time.Year is >= 1970 and < 9999
            ? new DateTimeOffset(time, offset).ToUniversalTime()
            : throw Wrong(column, $"is '{Shown(Required(column))}', and must be a time such as 2026-10-31 12:34:56");

    /// <summary>What is wrong with a column of this row.</summary>
    public SettlementFileException Wrong(string column, string what) => new(number, $"{column} {what}.");

    /// <summary>Holds a kind of line to its sign: a charge never costs us, a refund never pays.</summary>
    /// <exception cref="SettlementFileException">The amount has the other sign.</exception>
    public void HoldToSign(SettlementKind kind, string column, Money gross)
    {
        var sign = kind switch
        {
            SettlementKind.Capture or SettlementKind.RefundFailure or SettlementKind.DisputeReversal => 1,
            SettlementKind.Refund or SettlementKind.Dispute => -1,
            SettlementKind.Fee or SettlementKind.Payout or SettlementKind.Unknown => 0,
        };
        if (sign * Math.Sign(gross.Minor) < 0)
        {
            throw Wrong(column, $"is {gross}, which a line of this kind cannot be");
        }
    }

    // Files are somebody else's: what is shown of them is short and printable.
    private static string Shown(string text) => new([.. text.Take(40).Select(letter => char.IsControl(letter) ? '?' : letter)]);
}
