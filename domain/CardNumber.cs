namespace Payments.Domain;

/// <summary>Finds what looks like a card number, so that none ever enters. Prefixes and lengths of the schemes, check digit of ISO/IEC 7812-1 (Luhn).</summary>
public static class CardNumber
{
    /// <summary>Whether a run of 13 to 19 digits, spaces and dashes allowed between them, is a plausible card number.</summary>
    public static bool IsIn(ReadOnlySpan<char> text)
    {
        Span<byte> digits = stackalloc byte[19];
        for (var start = 0; start < text.Length; start++)
        {
            if (!char.IsAsciiDigit(text[start]) || (start > 0 && char.IsAsciiDigit(text[start - 1])))
            {
                continue;
            }

            var count = 0;
            var at = start;
            for (; at < text.Length && count < 20; at++)
            {
                if (char.IsAsciiDigit(text[at]))
                {
                    if (count == 19)
                    {
                        count++;
                        break;
                    }

                    digits[count++] = (byte)(text[at] - '0');
                    var runEnds = at + 1 == text.Length || !char.IsAsciiDigit(text[at + 1]);
                    if (runEnds && count >= 13 && IsCard(digits[..count]))
                    {
                        return true;
                    }
                }
                else if (text[at] is not (' ' or '-'))
                {
                    break;
                }
            }
        }

        return false;
    }

    private static bool IsCard(ReadOnlySpan<byte> digits) => HasSchemePrefix(digits) && PassesLuhn(digits);

    private static bool HasSchemePrefix(ReadOnlySpan<byte> digits)
    {
        var four = digits[0] * 1000 + digits[1] * 100 + digits[2] * 10 + digits[3];
        var two = four / 100;
        return IsMaestro(two, four) || digits.Length switch
        {
            13 => four / 1000 == 4, // Visa
            14 => two is 36 or 38 or 39 || four / 10 is >= 300 and <= 305, // Diners Club
            15 => two is 34 or 37, // American Express
            16 => four / 1000 == 4
                || two is >= 51 and <= 55 || four is >= 2221 and <= 2720 // Mastercard
                || two is 65 or 62 or 60 || four is 6011 || four / 10 is >= 644 and <= 649 // Discover, UnionPay, RuPay
                || four is >= 3528 and <= 3589, // JCB
            17 or 18 => two == 62,
            19 => two == 62 || four / 1000 == 4,
            _ => false,
        };
    }

    private static bool IsMaestro(int two, int four) => two is 50 or 56 or 57 or 58 or 67 || four is 6304 or 6390;

    private static bool PassesLuhn(ReadOnlySpan<byte> digits)
    {
        var sum = 0;
        for (var i = 0; i < digits.Length; i++)
        {
            var value = digits[^(i + 1)] * (i % 2 == 0 ? 1 : 2);
            sum += value > 9 ? value - 9 : value;
        }

        return sum % 10 == 0;
    }
}
