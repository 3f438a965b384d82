namespace Payments.Domain;

/// <summary>Crockford's base 32 in lower case, without padding: ids that survive a phone call and a double click.</summary>
public static class Base32
{
    private const string Alphabet = "0123456789abcdefghjkmnpqrstvwxyz";

    /// <summary>26 characters for 16 bytes.</summary>
    public static string Encode(ReadOnlySpan<byte> bytes)
    {
        Span<char> text = stackalloc char[(bytes.Length * 8 + 4) / 5];
        int buffer = 0, bits = 0, at = 0;
        foreach (var next in bytes)
        {
            buffer = (buffer << 8 | next) & 0xFFFF;
            for (bits += 8; bits >= 5; bits -= 5)
            {
                text[at++] = Alphabet[buffer >> (bits - 5) & 31];
            }
        }

        if (bits > 0)
        {
            text[at] = Alphabet[buffer << (5 - bits) & 31];
        }

        return new string(text);
    }

    /// <summary>Reads exactly <paramref name="bytes"/>.Length bytes back; false for any text that <see cref="Encode"/> would not write.</summary>
    public static bool TryDecode(ReadOnlySpan<char> text, Span<byte> bytes)
    {
        if (text.Length != (bytes.Length * 8 + 4) / 5)
        {
            return false;
        }

        int buffer = 0, bits = 0, at = 0;
        foreach (var letter in text)
        {
            var value = Alphabet.IndexOf(letter, StringComparison.Ordinal);
            if (value < 0)
            {
                return false;
            }

            buffer = (buffer << 5 | value) & 0xFFFF;
            bits += 5;
            if (bits >= 8)
            {
                bits -= 8;
                bytes[at++] = (byte)(buffer >> bits & 0xFF);
            }
        }

        // One id has one spelling: bits behind the last byte must be zero.
        return (buffer & (1 << bits) - 1) == 0;
    }
}
