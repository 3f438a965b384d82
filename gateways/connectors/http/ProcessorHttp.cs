using System.Net;
using Payments.Domain;

namespace Payments.Gateways.Connectors.Http;

/// <summary>One request, one reply, and exactly what is known when there is none. Every connector speaks through it.</summary>
/// <remarks>It owns its connections, because what may be said about a failed call depends on how they behave.</remarks>
internal sealed class ProcessorHttp : IDisposable
{
    private const int MaxLength = 1024 * 1024;
    private const string ConnectionFailed = "connection_failed";
    private const string NameNotResolved = "name_not_resolved";

    private readonly TimeSpan timeout;
    private readonly TimeProvider clock;
    private readonly HttpMessageInvoker http;

    public ProcessorHttp(TimeSpan timeout, int maxConnections, TimeProvider clock)
    {
        (this.timeout, this.clock) = (timeout, clock);
        http = new HttpMessageInvoker(new SocketsHttpHandler
        {
            // One call is one request to one address: nothing is followed, remembered, or told to third parties.
            AllowAutoRedirect = false,
            UseCookies = false,
            UseProxy = false,
            ActivityHeadersPropagator = TraceParentOnly.Instance,
            MaxConnectionsPerServer = maxConnections,
            // A moved processor is found again within minutes, as its name is looked up anew.
            PooledConnectionLifetime = TimeSpan.FromMinutes(5),
        });
    }

    /// <summary>Sends something that may have an effect. Without a reply: <see cref="GatewayAnswerKind.NotSent"/> only when nothing was written.</summary>
    public async Task<ProcessorReply> PostAsync(HttpRequestMessage request, byte[] body, string mediaType, CancellationToken cancellationToken)
    {
        var content = new SingleSendContent(body, mediaType);
        request.Content = content;
        var (reply, failure) = await ExchangeAsync(request, cancellationToken);
        return reply ?? new(default, [], new(content.WasAskedFor ? GatewayAnswerKind.Unknown : GatewayAnswerKind.NotSent, Code: failure));
    }

    /// <summary>Asks. Without a reply nothing is known of what was asked about.</summary>
    public async Task<ProcessorReply> GetAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var (reply, failure) = await ExchangeAsync(request, cancellationToken);
        return reply ?? new(default, [], new(failure is ConnectionFailed or NameNotResolved ? GatewayAnswerKind.NotSent : GatewayAnswerKind.Unknown, Code: failure));
    }

    public void Dispose() => http.Dispose();

    private async Task<(ProcessorReply? Reply, string? Failure)> ExchangeAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        using var patience = new CancellationTokenSource(timeout, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancellationToken);
        try
        {
            using var response = await http.SendAsync(request, either.Token);
            return (new(response.StatusCode, await ReadAsync(response, either.Token), null), null);
        }
        catch (OperationCanceledException)
        {
            return (null, cancellationToken.IsCancellationRequested ? "canceled" : "timeout");
        }
        catch (HttpRequestException exception)
        {
            return (null, exception.HttpRequestError switch
            {
                HttpRequestError.ConnectionError => ConnectionFailed,
                HttpRequestError.NameResolutionError => NameNotResolved,
                HttpRequestError.InvalidResponse => ProcessorReply.Unreadable,
                _ => "connection_lost",
            });
        }
        catch (IOException)
        {
            return (null, "connection_lost");
        }
    }

    // No answer of a processor is longer than that: what is, says nothing.
    private static async Task<byte[]> ReadAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        await using var stream = await response.Content.ReadAsStreamAsync(cancellationToken);
        var buffer = new byte[4 * 1024];
        var length = 0;
        while (true)
        {
            var read = await stream.ReadAsync(buffer.AsMemory(length), cancellationToken);
            if (read == 0)
            {
                return buffer[..length];
            }

            length += read;
            if (length == buffer.Length)
            {
                if (length == MaxLength)
                {
                    return [];
                }

                Array.Resize(ref buffer, buffer.Length * 2);
            }
        }
    }
}

/// <summary>What came back.</summary>
/// <param name="Failure">What is known without a reply; null when there is one.</param>
internal sealed record ProcessorReply(HttpStatusCode Status, byte[] Body, GatewayAnswer? Failure)
{
    public const string Unreadable = "unreadable_answer";
}
