using System.Buffers;
using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Payments.GatewaySimulator.Rules;

/// <summary>The first 128 bits of a text's SHA-256: stands for a key or reference in memory, at 16 bytes whatever its length.</summary>
internal readonly record struct Digest(ulong High, ulong Low)
{
    private static readonly SearchValues<char> HexDigits = SearchValues.Create("0123456789abcdef");

    public static Digest Of(string text)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(Encoding.UTF8.GetBytes(text), hash);
        return new Digest(BinaryPrimitives.ReadUInt64BigEndian(hash), BinaryPrimitives.ReadUInt64BigEndian(hash[8..]));
    }

    public static bool TryParse(ReadOnlySpan<char> hex, out Digest digest)
    {
        digest = default;
        if (hex.Length != 32 || hex.ContainsAnyExcept(HexDigits))
        {
            return false;
        }

        digest = new Digest(
            ulong.Parse(hex[..16], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture),
            ulong.Parse(hex[16..], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture));
        return true;
    }

    public override int GetHashCode() => Low.GetHashCode();

    public override string ToString() => $"{High:x16}{Low:x16}";
}
