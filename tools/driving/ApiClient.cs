using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;

namespace Payments.Tools.Driving;

/// <summary>What the API answered.</summary>
/// <param name="IsReplay">The server said that it had seen the key before.</param>
/// <param name="Retries">How many tries brought no answer before this one.</param>
internal sealed record ApiAnswer(HttpStatusCode Status, JsonElement Body, bool IsReplay, int Retries)
{
    public bool IsSuccess => (int)Status is >= 200 and < 300;

    public string Text(string name) => Body.TryGetProperty(name, out var value) ? value.ToString() : "";
}

/// <summary>
/// A client as the API asks for: when there is no answer, or one that says "later", the same request goes out again under the same key,
/// to another node, until there is an answer.
/// </summary>
internal sealed class ApiClient : IDisposable
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(2);

    private readonly HttpClient http;
    private readonly Uri[] nodes;
    private readonly Patience patience;

    public ApiClient(Uri[] nodes, string key, int parallel, Patience patience)
    {
        (this.nodes, this.patience) = (nodes, patience);
        http = new(new SocketsHttpHandler
        {
            MaxConnectionsPerServer = parallel * 8,
            ConnectTimeout = TimeSpan.FromSeconds(5),
            PooledConnectionLifetime = TimeSpan.FromMinutes(5),
        })
        { Timeout = TimeSpan.FromSeconds(30) };
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key);
    }

    /// <param name="node">Which node to begin with; any number.</param>
    public Task<ApiAnswer> PostAsync(string path, string idempotencyKey, object body, int node, CancellationToken cancellationToken)
    {
        var json = JsonSerializer.Serialize(body);
        return SendAsync(node, url =>
        {
            var request = new HttpRequestMessage(HttpMethod.Post, new Uri(url, path)) { Content = new StringContent(json, Encoding.UTF8, "application/json") };
            request.Headers.Add("Idempotency-Key", idempotencyKey);
            return request;
        }, cancellationToken);
    }

    public Task<ApiAnswer> GetAsync(string path, int node, CancellationToken cancellationToken) =>
        SendAsync(node, url => new HttpRequestMessage(HttpMethod.Get, new Uri(url, path)), cancellationToken);

    public void Dispose() => http.Dispose();

    private async Task<ApiAnswer> SendAsync(int node, Func<Uri, HttpRequestMessage> write, CancellationToken cancellationToken)
    {
        var pause = FirstPause;
        for (var retries = 0; ; retries++)
        {
            string trouble;
            var url = nodes[(node + retries) % nodes.Length];
            try
            {
                using var request = write(url);
                using var response = await http.SendAsync(request, cancellationToken);
                var text = await response.Content.ReadAsStringAsync(cancellationToken);
                if ((int)response.StatusCode < 500)
                {
                    return new(response.StatusCode, Parse(text), response.Headers.Contains("Idempotent-Replayed"), retries);
                }

                trouble = $"{url} answered {(int)response.StatusCode}";
            }
            catch (Exception failure) when (failure is HttpRequestException or IOException or JsonException
                || (failure is OperationCanceledException && !cancellationToken.IsCancellationRequested))
            {
                trouble = $"{url}: {failure.Message}";
            }

            patience.Check(trouble);
            await Task.Delay(pause, cancellationToken);
            pause = pause * 2 < LongestPause ? pause * 2 : LongestPause;
        }
    }

    private static JsonElement Parse(string text)
    {
        using var json = JsonDocument.Parse(text.Length == 0 ? "{}" : text);
        return json.RootElement.Clone();
    }
}
