using System.Globalization;
using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Payments.Client;

/// <summary>
/// Sends a request until it is answered for good. It is sent again, unchanged and under the same idempotency key, only when the API says
/// that this is safe, or when no answer came: then the key makes it safe.
/// </summary>
internal sealed class Sender(PaymentsClientOptions options) : IDisposable
{
    private readonly HttpClient http = new(options.Handler ?? new SocketsHttpHandler(), disposeHandler: options.Handler is null)
    {
        BaseAddress = options.BaseAddress,
        Timeout = Timeout.InfiniteTimeSpan,
        DefaultRequestHeaders = { Authorization = new AuthenticationHeaderValue("Bearer", options.SecretKey) },
    };

    /// <exception cref="PaymentsException">It was refused, or brought no answer in all tries.</exception>
    /// <exception cref="OperationCanceledException">The caller gave up; what was sent may have happened.</exception>
    public async Task<T> SendAsync<T>(Func<HttpRequestMessage> request, JsonTypeInfo<T> json, CancellationToken cancellationToken)
    {
        for (var retry = 0; ; retry++)
        {
            var (answer, failure, after) = await TryAsync(request, json, cancellationToken);
            if (failure is null)
            {
                return answer!;
            }

            if (!failure.SafeToRetry || retry == options.MaxRetries)
            {
                throw failure;
            }

            await Task.Delay(after ?? Pause(retry), options.Time, cancellationToken);
        }
    }

    /// <summary>Copies what is at an address. It is asked for once; how long the copying takes is the caller's to limit.</summary>
    public async Task CopyAsync(string address, Stream destination, CancellationToken cancellationToken)
    {
        HttpResponseMessage response;
        try
        {
            response = await http.GetAsync(new Uri(address, UriKind.Relative), HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        }
        catch (HttpRequestException lost)
        {
            throw new PaymentsException(NoAnswer(0, "No answer came"), lost);
        }

        using (response)
        {
            await using var content = await response.Content.ReadAsStreamAsync(cancellationToken);
            if (!response.IsSuccessStatusCode)
            {
                throw new PaymentsException(await ReadProblemAsync(response, content, cancellationToken));
            }

            await content.CopyToAsync(destination, cancellationToken);
        }
    }

    public void Dispose() => http.Dispose();

    private async Task<(T? Answer, PaymentsException? Failure, TimeSpan? After)> TryAsync<T>(
        Func<HttpRequestMessage> request, JsonTypeInfo<T> json, CancellationToken cancellationToken)
    {
        using var message = request();
        using var limit = new CancellationTokenSource(options.TryTimeout, options.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            using var response = await http.SendAsync(message, either.Token);
            await using var content = await response.Content.ReadAsStreamAsync(either.Token);
            return response.IsSuccessStatusCode
                ? (await JsonSerializer.DeserializeAsync(content, json, either.Token), null, null)
                : (default, new(await ReadProblemAsync(response, content, either.Token)), response.Headers.RetryAfter?.Delta);
        }
        catch (JsonException odd)
        {
            return (default, new(NotOfTheApi(0, "not_understood", "An answer came that is none of the API's"), odd), null);
        }
        catch (Exception lost) when (lost is HttpRequestException or IOException
            || (lost is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            return (default, new(NoAnswer(0, "No answer came"), lost), null);
        }
    }

    // Something between the API and us may answer too, and knows nothing of problems.
    private static async Task<Problem> ReadProblemAsync(HttpResponseMessage response, Stream content, CancellationToken cancellationToken)
    {
        var status = (int)response.StatusCode;
        var problem = response.Content.Headers.ContentType?.MediaType == "application/problem+json"
            ? await JsonSerializer.DeserializeAsync(content, ClientJson.Default.Problem, cancellationToken)
            : null;
        return problem
            ?? (status >= 500
                ? NoAnswer(status, "Something before the API answered")
                : NotOfTheApi(status, "not_the_api", $"Something before the API answered with the status {status.ToString(CultureInfo.InvariantCulture)}"));
    }

    private static Problem NotOfTheApi(int status, string code, string title) => new(
        "about:blank", title, status, "Is this the API's address, and of a version that this client knows?", code, "unknown", SafeToRetry: false);

    private static Problem NoAnswer(int status, string title) => new(
        "about:blank", title, status, "Whether the request was carried out is not known. The same request with the same idempotency key finds out, and nothing happens twice.",
        "no_answer", "unknown", SafeToRetry: true);

    private TimeSpan Pause(int retry) => options.FirstPause * Math.Pow(2, retry) * (0.5 + Random.Shared.NextDouble());
}
