using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Serialization.Metadata;
using Payments.Domain;
using Payments.Gateways.Connectors.Http;

namespace Payments.Gateways.Connectors.Stripe;

/// <summary>Speaks HTTP as Stripe wants it: forms in, JSON out, a bearer key, an idempotency key.</summary>
internal sealed class StripeClient(StripeOptions options, TimeProvider clock) : IDisposable
{
    // The version whose shapes are read here (https://docs.stripe.com/api/versioning).
    private const string Version = "2024-06-20";
    private const int Page = 100;

    // Beyond so many pages an operation is not looked for: to have overlooked one is not to know that there is none.
    private const int MaxPages = 10;

    private readonly ProcessorHttp http = new(options.Timeout, options.MaxConnections, clock);

    public async Task<(StripeObject? Object, GatewayAnswer? Failure)> PostAsync(
        string path, string idempotencyKey, CancellationToken cancellationToken, params IEnumerable<(string Name, string? Value)> fields)
    {
        using var request = Request(HttpMethod.Post, path);
        request.Headers.Add("Idempotency-Key", idempotencyKey);
        var form = string.Join('&', fields.Where(field => field.Value is not null).Select(field => $"{Uri.EscapeDataString(field.Name)}={Uri.EscapeDataString(field.Value!)}"));
        var reply = await http.PostAsync(request, Encoding.UTF8.GetBytes(form), "application/x-www-form-urlencoded", cancellationToken);
        return StripeReplies.Read(reply, StripeJson.Default.StripeObject);
    }

    /// <summary>An object by its id. That there is none is <see cref="GatewayAnswerKind.NotFound"/>.</summary>
    public Task<(StripeObject? Object, GatewayAnswer? Failure)> RetrieveAsync(string path, CancellationToken cancellationToken) =>
        GetAsync(path, StripeJson.Default.StripeObject, cancellationToken);

    /// <summary>
    /// The first object that was made for an operation, of those since a time. Stripe finds objects by their metadata a minute after they were
    /// made, or never on some servers; lists are complete at once. So both are asked, and only a complete list proves that there is none.
    /// </summary>
    /// <param name="search">Where it is searched for; null: only listed.</param>
    public async Task<(StripeObject? Object, GatewayAnswer? Failure)> FindAsync(
        string list, string? search, string reference, DateTimeOffset? since, CancellationToken cancellationToken)
    {
        if (search is not null)
        {
            var query = Uri.EscapeDataString($"metadata['{StripeNames.Operation}']:'{reference}'");
            var (found, _) = await GetAsync($"{search}?query={query}&limit=2", StripeJson.Default.StripeList, cancellationToken);
            if (found?.Data is [var only])
            {
                return (only, null);
            }
        }

        var filter = since is { } from ? $"&created[gte]={from.ToUnixTimeSeconds()}" : "";
        string? after = null;
        for (var page = 0; page < MaxPages; page++)
        {
            var path = $"{list}{(list.Contains('?', StringComparison.Ordinal) ? '&' : '?')}limit={Page}{filter}{(after is null ? "" : $"&starting_after={after}")}";
            var (listed, failure) = await GetAsync(path, StripeJson.Default.StripeList, cancellationToken);
            if (listed?.Data is not { } data)
            {
                return (null, failure ?? new(GatewayAnswerKind.Unknown, Code: ProcessorReply.Unreadable));
            }

            if (data.FirstOrDefault(one => one[StripeNames.Operation] == reference) is { } made)
            {
                return (made, null);
            }

            if (listed.HasMore != true || data.Count == 0)
            {
                return (null, new(GatewayAnswerKind.NotFound));
            }

            after = data[^1].Id;
        }

        return (null, new(GatewayAnswerKind.Unknown, Code: "too_many_to_list"));
    }

    public void Dispose() => http.Dispose();

    private async Task<(T? Object, GatewayAnswer? Failure)> GetAsync<T>(string path, JsonTypeInfo<T> layout, CancellationToken cancellationToken) where T : class
    {
        using var request = Request(HttpMethod.Get, path);
        var (read, failure) = StripeReplies.Read(await http.GetAsync(request, cancellationToken), layout);
        // A question is refused or not: only the answer to it says anything about what was asked for.
        return failure switch
        {
            { Kind: GatewayAnswerKind.Declined, Code: "resource_missing" } => (null, new(GatewayAnswerKind.NotFound)),
            { Kind: GatewayAnswerKind.Declined } => (null, new(GatewayAnswerKind.Unknown, Code: failure.Code)),
            _ => (read, failure),
        };
    }

    private HttpRequestMessage Request(HttpMethod method, string path)
    {
        var request = new HttpRequestMessage(method, new Uri(options.BaseAddress, path));
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", options.SecretKey);
        request.Headers.Add("Stripe-Version", Version);
        return request;
    }
}
