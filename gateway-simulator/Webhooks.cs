using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Threading.Channels;
using Payments.GatewaySimulator.Http;
using Payments.GatewaySimulator.Rules;

namespace Payments.GatewaySimulator;

/// <summary>
/// Sends events to the client's backend until it takes them, signed as the Standard Webhooks specification says. What was not taken when the
/// process ends is lost, as it may be with a real processor: whoever does not hear must ask.
/// </summary>
internal sealed class Webhooks(SimulatorSettings settings, TimeProvider clock) : IAsyncDisposable
{
    private const int Senders = 16;
    private const int MaxWaiting = 200_000;

    private static readonly TimeSpan[] Pauses =
        [TimeSpan.FromMilliseconds(100), TimeSpan.FromMilliseconds(500), TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(5)];

    private readonly HttpClient http = new(new SocketsHttpHandler { UseProxy = false, AllowAutoRedirect = false }) { Timeout = TimeSpan.FromSeconds(15) };
    private readonly Channel<(WebhookEvent Message, int Tries)> queue = Channel.CreateBounded<(WebhookEvent, int)>(new BoundedChannelOptions(MaxWaiting) { FullMode = BoundedChannelFullMode.DropWrite });
    private readonly CancellationTokenSource ending = new();
    private Task senders = Task.CompletedTask;
    private DateTimeOffset restUntil;
    private long sent;
    private long refused;
    private int nextUrl;

    /// <summary>How many were taken, and how many tries were not.</summary>
    public (long Sent, long Refused) Counts => (Interlocked.Read(ref sent), Interlocked.Read(ref refused));

    public void Start() => senders = settings.WebhookUrls.Count == 0
        ? Task.CompletedTask
        : Task.WhenAll(Enumerable.Range(0, Senders).Select(_ => Task.Run(SendAllAsync)));

    /// <summary>Sends nothing for so long.</summary>
    public void Rest(TimeSpan time) => restUntil = clock.GetUtcNow() + time;

    /// <summary>Sends it, when and as often as the dial says.</summary>
    public void Tell(WebhookEvent message, FaultDial dial)
    {
        if (settings.WebhookUrls.Count > 0)
        {
            foreach (var delay in dial.PlanWebhook(message.Id))
            {
                _ = EnqueueAsync(message, 0, delay);
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        await ending.CancelAsync();
        queue.Writer.TryComplete();
        await senders;
        http.Dispose();
        ending.Dispose();
    }

    private async Task EnqueueAsync(WebhookEvent message, int tries, TimeSpan delay)
    {
        if (delay > TimeSpan.Zero)
        {
            await Task.Delay(delay, clock);
        }

        queue.Writer.TryWrite((message, tries));
    }

    private async Task SendAllAsync()
    {
        try
        {
            await foreach (var (message, tries) in queue.Reader.ReadAllAsync(ending.Token))
            {
                if (await SendAsync(message))
                {
                    Interlocked.Increment(ref sent);
                    continue;
                }

                // Back into the queue, so that what is not taken holds up nothing else.
                Interlocked.Increment(ref refused);
                _ = EnqueueAsync(message, tries + 1, Pauses[Math.Min(tries, Pauses.Length - 1)]);
            }
        }
        catch (OperationCanceledException) when (ending.IsCancellationRequested)
        {
            // The process ends.
        }
    }

    private async Task<bool> SendAsync(WebhookEvent message)
    {
        while (restUntil - clock.GetUtcNow() is var left && left > TimeSpan.Zero)
        {
            await Task.Delay(left, clock, ending.Token);
        }

        var body = JsonSerializer.SerializeToUtf8Bytes(EventReply.Of(message), Json.Default.EventReply);
        var timestamp = $"{clock.GetUtcNow().ToUnixTimeSeconds()}";
        var signature = HMACSHA256.HashData(settings.WebhookKey, (byte[])[.. Encoding.UTF8.GetBytes($"{message.Id}.{timestamp}."), .. body]);
        // Whoever does not take it may be down: the next one gets the next try.
        var url = settings.WebhookUrls[(int)((uint)Interlocked.Increment(ref nextUrl) % settings.WebhookUrls.Count)];
        using var request = new HttpRequestMessage(HttpMethod.Post, url) { Content = new ByteArrayContent(body) };
        request.Content.Headers.ContentType = new("application/json");
        request.Headers.Add("webhook-id", message.Id);
        request.Headers.Add("webhook-timestamp", timestamp);
        request.Headers.Add("webhook-signature", $"v1,{Convert.ToBase64String(signature)}");
        try
        {
            using var response = await http.SendAsync(request, ending.Token);
            return response.IsSuccessStatusCode;
        }
        catch (Exception lost) when (lost is HttpRequestException or IOException || (lost is OperationCanceledException && !ending.IsCancellationRequested))
        {
            return false;
        }
    }
}
