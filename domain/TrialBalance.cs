using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Payments.Domain;

/// <summary>Balances of one line of the books, in minor units.</summary>
/// <param name="Account">The account's code without currency; merchants' accounts of one kind are one line (<see cref="ChartOfAccounts.Line"/>).</param>
/// <param name="Debits">Sum of positive balances of the accounts behind this line.</param>
/// <param name="Credits">Sum of negative balances, shown positive.</param>
public sealed record TrialBalanceLine(string Account, string Currency, Int128 Debits, Int128 Credits);

/// <summary>All lines of the books, by currency and account. In each currency debits equal credits.</summary>
/// <param name="At">The instant (UTC) as of which they are; included.</param>
public sealed record TrialBalance(DateTimeOffset At, IReadOnlyList<TrialBalanceLine> Lines)
{
    public const string CsvHeader = "account,currency,debits,credits";

    /// <summary>RFC 4180 with line feeds; amounts in major units. The same books give the same bytes.</summary>
    public string ToCsv()
    {
        var csv = new StringBuilder(CsvHeader).Append('\n');
        foreach (var line in Lines)
        {
            var currency = Domain.Currency.Of(line.Currency);
            csv.Append(CultureInfo.InvariantCulture, $"{line.Account},{line.Currency},{currency.Major(line.Debits)},{currency.Major(line.Credits)}\n");
        }

        return csv.ToString();
    }

    /// <summary>SHA-256 of <see cref="ToCsv"/>: what a closed month is sealed with.</summary>
    public byte[] Digest() => SHA256.HashData(Encoding.UTF8.GetBytes(ToCsv()));
}
