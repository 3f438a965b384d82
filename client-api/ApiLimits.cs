using System.Text;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Payments.ClientApi;

/// <summary>How much one client may ask of the server: every size, count and time has an end (I9).</summary>
public static class ApiLimits
{
    /// <summary>The largest request body, in bytes.</summary>
    public const int MaxBodyBytes = 64 * 1024;

    /// <summary>The largest webhook, in bytes: processors put much into them that nobody here reads.</summary>
    public const int MaxWebhookBytes = 256 * 1024;

    /// <summary>How deep a JSON body may nest.</summary>
    public const int MaxJsonDepth = 16;

    internal const int MaxPage = 100;
    internal const int DefaultPage = 20;

    /// <summary>
    /// Sets the limits of the web server. What it refuses by itself (an unreadable request line, a flood of headers, headers that never end)
    /// is answered with a bare status, before any code of ours runs; nothing was sent then.
    /// </summary>
    public static void ConfigureLimits(KestrelServerOptions server)
    {
        server.AddServerHeader = false;

        // Bytes that are no UTF-8 reach us as characters that are no ASCII, and get an answer that names the header.
        server.RequestHeaderEncodingSelector = _ => Encoding.Latin1;

        var limits = server.Limits;
        limits.MaxRequestBodySize = MaxBodyBytes;
        limits.MaxRequestLineSize = 8 * 1024;
        limits.MaxRequestHeadersTotalSize = 16 * 1024;
        limits.MaxRequestHeaderCount = 64;
        limits.RequestHeadersTimeout = TimeSpan.FromSeconds(10);
        limits.MinRequestBodyDataRate = new MinDataRate(bytesPerSecond: 240, gracePeriod: TimeSpan.FromSeconds(5));
        limits.MinResponseDataRate = new MinDataRate(bytesPerSecond: 240, gracePeriod: TimeSpan.FromSeconds(5));
        limits.KeepAliveTimeout = TimeSpan.FromMinutes(2);
        limits.MaxConcurrentConnections = 10_000;
        limits.MaxConcurrentUpgradedConnections = 100;
        limits.Http2.MaxStreamsPerConnection = 100;
    }
}
