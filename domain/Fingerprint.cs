using System.Security.Cryptography;
using System.Text;

namespace Payments.Domain;

/// <summary>What a request means, in one line: the same key with another fingerprint is a mistake of the client's, and is refused.</summary>
/// <remarks>The version in front lets later fields come in: a request that does not use them keeps its old fingerprint.</remarks>
public static class Fingerprint
{
    /// <summary>Fields in a fixed order; those without a value are left out, so that leaving a default out and stating it are one.</summary>
    public static string Of(params ReadOnlySpan<(string Name, string? Value)> fields)
    {
        var canonical = new StringBuilder();
        foreach (var (name, value) in fields)
        {
            if (value is not null)
            {
                canonical.Append(name).Append('=').Append(value.Length).Append(':').Append(value).Append(';');
            }
        }

        return $"v1:{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(canonical.ToString())))}";
    }
}
