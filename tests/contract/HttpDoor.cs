using System.Collections.Immutable;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Payments.ClientApi;
using Payments.Domain;
using Payments.Grains;
using Payments.Storage;
using Payments.Storage.Postgres;
using Payments.Tests.Grains;

namespace Payments.Tests.Contract;

/// <summary>As a merchant's engineer calls: the real front end on a real web server, before the same nodes and database.</summary>
internal sealed class HttpDoor : IDoor
{
    private readonly GrainCluster cluster;
    private readonly WebApplication app;
    private readonly HttpClient http;

    private HttpDoor(GrainCluster cluster, WebApplication app, HttpClient http) => (this.cluster, this.app, this.http) = (cluster, app, http);

    public string Merchant => cluster.Database.MerchantId;

    public static async Task<HttpDoor> OpenAsync(GrainCluster cluster)
    {
        var reading = Connections.ForReading(cluster.Database.App);
        var merchants = new MerchantStore(reading, TimeProvider.System);
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseKestrel(ApiLimits.ConfigureLimits).UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        builder.Services.AddSingleton(cluster.Nodes[0].Grains).AddSingleton(_ => reading)
            .AddSingleton<IPaymentQueries>(new PostgresQueries(reading))
            .AddSingleton<ILedgerQueries>(new LedgerQueries(reading)).AddSingleton<IMerchantStore>(merchants);
        builder.Services.AddPaymentsApi();
        var app = builder.Build();
        app.MapPaymentsApi();
        await app.StartAsync();
        var key = await merchants.CreateKeyAsync(MerchantStore.NewId(), cluster.Database.MerchantId, null, ["read", "write", "ledger"], null, CancellationToken.None);
        return new(cluster, app, new HttpClient
        {
            BaseAddress = new Uri(app.Urls.Single()),
            DefaultRequestHeaders = { Authorization = new AuthenticationHeaderValue("Bearer", key!.Secret) },
        });
    }

    public async Task<Seen> ChargeAsync(string key, ChargeRequest request) => See(await SendAsync(HttpMethod.Post, "payments", key, new()
    {
        ["amount"] = request.Amount,
        ["currency"] = request.Currency,
        ["payment_method"] = request.PaymentMethod,
        ["reference"] = request.Reference,
        ["description"] = request.Description,
        ["capture"] = request.Capture,
        ["customer"] = request.Customer,
        ["statement_descriptor"] = request.StatementDescriptor,
        ["metadata"] = Json(request.Metadata),
    }));

    public Task<Seen> CaptureAsync(string key, string captureKey, long? amount, bool isFinal) =>
        OperateAsync(key, "captures", captureKey, new() { ["amount"] = amount, ["final"] = isFinal });

    public Task<Seen> CancelAsync(string key, string cancelKey) => OperateAsync(key, "cancel", cancelKey, []);

    public Task<Seen> RefundAsync(string key, string refundKey, long? amount, string? reason) =>
        OperateAsync(key, "refunds", refundKey, new() { ["amount"] = amount, ["reason"] = reason });

    public async Task<Seen> GetAsync(string key) => See(await SendAsync(HttpMethod.Get, $"payments/{Id(key)}"));

    public async Task<bool> OpenAsync(string account, long? minimum) =>
        (await SendAsync(HttpMethod.Put, $"ledger/accounts/{account}", null, new() { ["minimum"] = minimum })).Status == 200;

    public async Task<Posted> PostAsync(string key, EntryRequest request) => SeePosted(await SendAsync(HttpMethod.Post, "ledger/entries", key, new()
    {
        ["postings"] = new JsonArray([.. request.Postings.Select(posting => new JsonObject { ["account"] = posting.Account, ["amount"] = posting.Amount })]),
        ["description"] = request.Description,
        ["metadata"] = Json(request.Metadata),
    }));

    public async Task<Posted> ReverseAsync(string entryKey, string reversalKey) => SeePosted(await SendAsync(
        HttpMethod.Post, $"ledger/entries/{Ids.Format(Ids.EntryPrefix, Ids.OwnEntry(new byte[32], Mode.Test, entryKey))}/reversal", reversalKey, []));

    public async Task<long> BalanceAsync(string account) => (long)(await SendAsync(HttpMethod.Get, $"ledger/accounts/{account}")).Body["balance"]!;

    public async ValueTask DisposeAsync()
    {
        http.Dispose();
        await app.DisposeAsync();
        await cluster.DisposeAsync();
    }

    private string Id(string key) => Ids.Format(Ids.PaymentPrefix, cluster.PaymentId(key));

    private async Task<Seen> OperateAsync(string key, string path, string operationKey, JsonObject body)
    {
        var answer = await SendAsync(HttpMethod.Post, $"payments/{Id(key)}/{path}", operationKey, body);
        if (answer.Status >= 400)
        {
            return See(answer);
        }

        var payment = (await GetAsync(key)).Payment;
        return new(Answer(answer), payment, new((string)answer.Body["status"]!, (string)answer.Body["outcome"]!, (long)answer.Body["amount"]!));
    }

    private async Task<(int Status, bool IsReplay, JsonNode Body)> SendAsync(HttpMethod method, string path, string? key = null, JsonObject? body = null)
    {
        using var request = new HttpRequestMessage(method, $"v1/{path}") { Content = body is null ? null : JsonContent.Create(body) };
        if (key is not null)
        {
            request.Headers.Add("Idempotency-Key", key);
        }

        using var response = await http.SendAsync(request);
        return ((int)response.StatusCode, response.Headers.Contains("Idempotent-Replayed"), JsonNode.Parse(await response.Content.ReadAsStringAsync())!);
    }

    private static JsonObject Json(ImmutableSortedDictionary<string, string> metadata) =>
        new(metadata.Select(entry => KeyValuePair.Create(entry.Key, (JsonNode?)entry.Value)));

    private static Seen See((int Status, bool IsReplay, JsonNode Body) answer) => answer.Status >= 400
        ? new(Answer(answer), Field: (string?)answer.Body["field"])
        : new(Answer(answer), new(
            (string)answer.Body["status"]!, (string)answer.Body["outcome"]!, (long)answer.Body["captured"]!, (long)answer.Body["capturable"]!,
            (long)answer.Body["refunded"]!, (long)answer.Body["fee"]!, (string?)answer.Body["customer"], (string?)answer.Body["metadata"]!["note"]));

    private static Posted SeePosted((int Status, bool IsReplay, JsonNode Body) answer) =>
        new(Answer(answer), (string?)answer.Body["code"] is "field_invalid" or "field_missing" ? (string?)answer.Body["field"] : null);

    private static string Answer((int Status, bool IsReplay, JsonNode Body) answer) =>
        answer.Status >= 400 ? (string)answer.Body["code"]! : answer.IsReplay ? "replayed" : "accepted";
}
