using System.Buffers.Binary;
using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Payments.ClientApi.Errors;
using Payments.Storage;

namespace Payments.ClientApi.Requests;

/// <summary>
/// Where a list goes on, as a text that only we can make: when it was made, the place, and an HMAC-SHA256 over both and over whose list it
/// is. A cursor that was changed, comes from another merchant, list or filter, or is older than a day, is refused.
/// </summary>
internal sealed class Cursors(IPaymentQueries queries, TimeProvider time)
{
    private const int TimeLength = 8;
    private const int TagLength = 16;
    private const int MaxLength = 512;
    private static readonly TimeSpan Life = TimeSpan.FromDays(1);

    private byte[]? _secret;

    /// <param name="list">Whose list it is, which, and by which filters.</param>
    /// <param name="place">Where it goes on.</param>
    public async Task<string> SealAsync(string list, string place, CancellationToken cancellationToken)
    {
        var secret = await SecretAsync(cancellationToken);
        var bytes = new byte[TimeLength + Encoding.UTF8.GetByteCount(place) + TagLength];
        BinaryPrimitives.WriteInt64BigEndian(bytes, time.GetUtcNow().ToUnixTimeSeconds());
        Encoding.UTF8.GetBytes(place, bytes.AsSpan(TimeLength));
        Tag(secret, list, bytes.AsSpan(..^TagLength)).CopyTo(bytes.AsSpan(^TagLength..));
        return Base64Url.EncodeToString(bytes);
    }

    /// <summary>The place, or what is wrong with the cursor.</summary>
    public async Task<(string? Place, Problem? Problem)> OpenAsync(string list, string cursor, CancellationToken cancellationToken)
    {
        if (cursor.Length is 0 or > MaxLength || !Base64Url.IsValid(cursor) || Base64Url.DecodeFromChars(cursor) is not { Length: > TimeLength + TagLength } bytes)
        {
            return (null, Problems.CursorInvalid());
        }

        var secret = await SecretAsync(cancellationToken);
        if (!CryptographicOperations.FixedTimeEquals(Tag(secret, list, bytes.AsSpan(..^TagLength)), bytes.AsSpan(^TagLength..)))
        {
            return (null, Problems.CursorInvalid());
        }

        var made = DateTimeOffset.FromUnixTimeSeconds(BinaryPrimitives.ReadInt64BigEndian(bytes));
        return time.GetUtcNow() - made > Life
            ? (null, Problems.CursorExpired())
            : (Encoding.UTF8.GetString(bytes.AsSpan(TimeLength..^TagLength)), null);
    }

    // Every node reads the same one, and it never changes: whichever comes first keeps it.
    private async ValueTask<byte[]> SecretAsync(CancellationToken cancellationToken) => _secret ??= await queries.PlatformSecretAsync(cancellationToken);

    private static byte[] Tag(byte[] secret, string list, ReadOnlySpan<byte> content)
    {
        using var hash = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, secret);
        Span<byte> length = stackalloc byte[4];
        var name = Encoding.UTF8.GetBytes(list);
        BinaryPrimitives.WriteInt32BigEndian(length, name.Length);
        hash.AppendData(length);
        hash.AppendData(name);
        hash.AppendData(content);
        return hash.GetHashAndReset()[..TagLength];
    }
}
