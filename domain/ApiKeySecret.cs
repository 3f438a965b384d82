using System.Security.Cryptography;
using System.Text;

namespace Payments.Domain;

/// <summary>The text of an API key: a prefix that says what it opens, and 32 random bytes. Only its hash is ever stored.</summary>
public static class ApiKeySecret
{
    public const string TestPrefix = "sk_test";
    public const string LivePrefix = "sk_live";
    public const string OperatorPrefix = "op";

    /// <summary>Writes a key, e.g. <c>sk_test_…</c>. The random bytes come from outside.</summary>
    public static string Create(string prefix, ReadOnlySpan<byte> random32)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(random32.Length, 32);
        return $"{prefix}_{Base32.Encode(random32)}";
    }

    /// <summary>Whether a text could be a key at all: what cannot be one is not worth a look into the database.</summary>
    public static bool IsWellFormed(string secret)
    {
        var underscore = secret.LastIndexOf('_');
        Span<byte> random32 = stackalloc byte[32];
        return underscore > 0
            && secret.AsSpan(0, underscore) is TestPrefix or LivePrefix or OperatorPrefix
            && Base32.TryDecode(secret.AsSpan(underscore + 1), random32);
    }

    /// <summary>What is stored and looked up: SHA-256 of the text. A slow hash is not needed, because nobody can guess 256 bits.</summary>
    public static byte[] Hash(string secret) => SHA256.HashData(Encoding.UTF8.GetBytes(secret));

    /// <summary>The last four letters: enough to tell keys apart in a list, too little to use one.</summary>
    public static string Hint(string secret) => secret[^4..];
}
