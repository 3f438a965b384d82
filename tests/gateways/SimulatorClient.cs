using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;

namespace Payments.Tests.Gateways;

/// <summary>Speaks the simulator's HTTP contract without the connector.</summary>
public sealed class SimulatorClient(Uri address) : IDisposable
{
    private readonly HttpClient http = new() { BaseAddress = address };

    public Task<(HttpStatusCode Status, JsonObject Body)> ChargeAsync(string key, string token, string? reference = null) =>
        PostAsync(
            "v1/charges",
            new JsonObject
            {
                ["reference"] = reference ?? $"ref-{key}",
                ["amount"] = 1_000,
                ["currency"] = "EUR",
                ["token"] = token,
            }.ToJsonString(),
            key);

    public Task<(HttpStatusCode Status, JsonObject Body)> AuthorizeAsync(string key, string token = "tok_approve", long amount = 1_000) =>
        PostAsync(
            "v1/authorizations",
            new JsonObject
            {
                ["reference"] = $"ref-{key}",
                ["amount"] = amount,
                ["currency"] = "EUR",
                ["token"] = token,
            }.ToJsonString(),
            key);

    public Task<(HttpStatusCode Status, JsonObject Body)> CaptureAsync(
        string key, string authorizationId, long amount, bool? final = null, string currency = "EUR") =>
        PostAsync(
            "v1/captures",
            new JsonObject
            {
                ["reference"] = $"ref-{key}",
                ["amount"] = amount,
                ["currency"] = currency,
                ["authorization_id"] = authorizationId,
                ["final"] = final,
            }.ToJsonString(),
            key);

    public Task<(HttpStatusCode Status, JsonObject Body)> VoidAsync(string key, string authorizationId) =>
        PostAsync(
            "v1/voids",
            new JsonObject { ["reference"] = $"ref-{key}", ["authorization_id"] = authorizationId }.ToJsonString(),
            key);

    public Task<(HttpStatusCode Status, JsonObject Body)> RefundAsync(string key, string chargeId, long amount, string currency = "EUR") =>
        PostAsync(
            "v1/refunds",
            new JsonObject
            {
                ["reference"] = $"ref-{key}",
                ["amount"] = amount,
                ["currency"] = currency,
                ["charge_id"] = chargeId,
            }.ToJsonString(),
            key);

    public async Task<(HttpStatusCode Status, JsonObject Body)> PostAsync(string path, string body, string? key = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path)
        {
            Content = new StringContent(body, Encoding.UTF8, new MediaTypeHeaderValue("application/json")),
        };
        if (key is not null)
        {
            request.Headers.Add("Idempotency-Key", key);
        }

        using var response = await http.SendAsync(request);
        return (response.StatusCode, JsonNode.Parse(await response.Content.ReadAsStringAsync())!.AsObject());
    }

    public async Task<(HttpStatusCode Status, JsonObject Body)> GetAsync(string path)
    {
        using var response = await http.GetAsync(new Uri(path, UriKind.Relative));
        return (response.StatusCode, JsonNode.Parse(await response.Content.ReadAsStringAsync())!.AsObject());
    }

    /// <summary>Every effect after a number, as the processor lists them.</summary>
    public async Task<IReadOnlyList<JsonObject>> EffectsAsync(long after = 0)
    {
        var lines = await http.GetStringAsync(new Uri($"admin/effects?after={after}", UriKind.Relative));
        return [.. lines.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonNode.Parse(line)!.AsObject())];
    }

    public void Dispose() => http.Dispose();
}
