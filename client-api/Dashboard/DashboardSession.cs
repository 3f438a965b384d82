using System.Buffers.Binary;
using System.Buffers.Text;
using System.Security.Cryptography;
using Payments.ClientApi.Security;
using Payments.Storage;

namespace Payments.ClientApi.Dashboard;

/// <summary>
/// An operator's session as a cookie that only we can read or make: until when it is good, and the hash by which its key is looked up, so that a
/// session ends with its key. It is sealed by the platform's secret, and good at every process of the system.
/// </summary>
internal sealed class DashboardSession(IPaymentQueries queries, KeyCache keys, TimeProvider time)
{
    public const string Cookie = "payments_dashboard";

    private const int TimeLength = 8;
    private const int ContentLength = TimeLength + SHA256.HashSizeInBytes;
    private const int NonceLength = 12;
    private const int TagLength = 16;
    private const int Length = NonceLength + ContentLength + TagLength;
    private static readonly TimeSpan Life = TimeSpan.FromHours(1);

    private byte[]? _secret;

    /// <summary>Begins a session with a key that has just been looked at.</summary>
    public async Task BeginAsync(HttpContext context, byte[] keyHash)
    {
        var cookie = Seal(keyHash, await SecretAsync(context.RequestAborted));
        context.Response.Cookies.Append(Cookie, cookie, Options(context.Request));
    }

    public static void End(HttpContext context) => context.Response.Cookies.Delete(Cookie, Options(context.Request));

    /// <summary>Whose session it is; null without one, and when it or its key is not good any more.</summary>
    public async ValueTask<Caller?> CallerAsync(HttpContext context) =>
        context.Request.Cookies[Cookie] is { } cookie && Open(cookie, await SecretAsync(context.RequestAborted)) is { } keyHash
            ? await keys.FindAsync(keyHash, context.RequestAborted)
            : null;

    private string Seal(byte[] keyHash, byte[] secret)
    {
        Span<byte> content = stackalloc byte[ContentLength];
        BinaryPrimitives.WriteInt64BigEndian(content, (time.GetUtcNow() + Life).ToUnixTimeSeconds());
        keyHash.CopyTo(content[TimeLength..]);
        Span<byte> bytes = stackalloc byte[Length];
        RandomNumberGenerator.Fill(bytes[..NonceLength]);
        using var cipher = new AesGcm(secret, TagLength);
        cipher.Encrypt(bytes[..NonceLength], content, bytes.Slice(NonceLength, ContentLength), bytes[^TagLength..]);
        return Base64Url.EncodeToString(bytes);
    }

    private byte[]? Open(string cookie, byte[] secret)
    {
        if (cookie.Length != Base64Url.GetEncodedLength(Length) || !Base64Url.IsValid(cookie))
        {
            return null;
        }

        var bytes = Base64Url.DecodeFromChars(cookie);
        var content = new byte[ContentLength];
        using var cipher = new AesGcm(secret, TagLength);
        try
        {
            cipher.Decrypt(bytes.AsSpan(..NonceLength), bytes.AsSpan(NonceLength, ContentLength), bytes.AsSpan(^TagLength..), content);
        }
        catch (AuthenticationTagMismatchException)
        {
            return null;
        }

        var end = DateTimeOffset.FromUnixTimeSeconds(BinaryPrimitives.ReadInt64BigEndian(content));
        return time.GetUtcNow() < end ? content[TimeLength..] : null;
    }

    // A proxy that ends TLS says so; who says so without one gets a cookie that is never sent back.
    private static CookieOptions Options(HttpRequest request) => new()
    {
        Path = DashboardRoutes.Path,
        HttpOnly = true,
        SameSite = SameSiteMode.Strict,
        Secure = request.IsHttps || request.Headers["X-Forwarded-Proto"] == "https",
    };

    private async ValueTask<byte[]> SecretAsync(CancellationToken cancellationToken) => _secret ??= HKDF.DeriveKey(
        HashAlgorithmName.SHA256, await queries.PlatformSecretAsync(cancellationToken), outputLength: 32, info: "payments dashboard session"u8.ToArray());
}
