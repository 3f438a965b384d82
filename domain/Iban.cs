using System.Collections.Frozen;

namespace Payments.Domain;

/// <summary>International bank account numbers, as ISO 13616 has them: a country, two check digits, and what the country makes of the rest.</summary>
public static class Iban
{
    public const string Rule = "must be an IBAN: a country, check digits and the account, in capital letters and digits without spaces";

    private const int Shortest = 15;
    private const int Longest = 34;

    // Whole lengths by country, from the registry of ISO 13616.
    private static readonly FrozenDictionary<string, int> Lengths = (
        "AD24 AE23 AL28 AT20 AZ28 BA20 BE16 BG22 BH22 BR29 BY28 CH21 CR22 CY28 CZ24 DE22 DK18 DO28 EE20 EG29 ES24 FI18 FO18 FR27 GB22 GE22 GI23 GL18 GR27 "
        + "GT28 HR21 HU28 IE22 IL23 IQ23 IS26 IT27 JO30 KW30 KZ20 LB28 LC32 LI21 LT20 LU20 LV21 LY25 MC27 MD24 ME22 MK19 MR27 MT31 MU30 NL18 NO15 PK24 PL28 "
        + "PS29 PT25 QA29 RO24 RS22 SA24 SC31 SD18 SE24 SI19 SK24 SM27 ST25 SV28 TL23 TN24 TR26 UA29 VA22 VG24 XK20")
        .Split(' ').ToFrozenDictionary(entry => entry[..2], entry => int.Parse(entry.AsSpan(2)), StringComparer.Ordinal);

    /// <summary>Whether a text is one: a country that has them, its length, and check digits that leave 1 when divided by 97 (ISO 7064).</summary>
    public static bool IsValid(string text) =>
        text.Length is >= Shortest and <= Longest && text.All(letter => char.IsAsciiDigit(letter) || char.IsAsciiLetterUpper(letter))
        && Lengths.TryGetValue(text[..2], out var length) && text.Length == length && char.IsAsciiDigit(text[2]) && char.IsAsciiDigit(text[3])
        && Remainder(text) == 1;

    /// <summary>What is shown of an account where it need not be known whole: <c>DE89…3000</c>.</summary>
    public static string Mask(string iban) => $"{iban[..4]}…{iban[^4..]}";

    // The first four go to the end, and a letter counts as two digits: A is 10, Z is 35.
    private static int Remainder(string text) => (text[4..] + text[..4]).Aggregate(
        0, (rest, letter) => char.IsAsciiDigit(letter) ? (rest * 10 + (letter - '0')) % 97 : (rest * 100 + (letter - 'A' + 10)) % 97);
}
