using System.Net;
using System.Net.Http.Headers;

namespace Payments.Gateways.Connectors.Http;

/// <summary>A body that is given out once, and tells whether it was.</summary>
/// <remarks>
/// The HTTP client asks for the body after it has a connection and before it flushes the first byte (the headers, far below its write
/// buffer of 4 KiB, wait there for the body). So a body that was never asked for proves that nothing was written: no connection, no name,
/// no free slot, cancelled before. And a client that would resend on another connection after a pooled one broke gets no second body:
/// whether to send again is the payment's decision, which claims every send first.
/// </remarks>
internal sealed class SingleSendContent : HttpContent
{
    private readonly byte[] body;
    private int askedFor;

    public SingleSendContent(byte[] body, string mediaType)
    {
        this.body = body;
        Headers.ContentType = new MediaTypeHeaderValue(mediaType);
    }

    public bool WasAskedFor => Volatile.Read(ref askedFor) != 0;

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
        SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken) =>
        Interlocked.Exchange(ref askedFor, 1) == 0
            ? stream.WriteAsync(body, cancellationToken).AsTask()
            : throw new IOException("The body was sent once already; it is never sent twice.");

    protected override bool TryComputeLength(out long length)
    {
        length = body.Length;
        return true;
    }
}
