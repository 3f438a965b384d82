using System.Collections.Immutable;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Payments.ClientApi;
using Payments.ClientApi.Dashboard;
using Payments.Domain;
using Payments.Gateways;
using Payments.Storage;

namespace Payments.Tests.Api;

/// <summary>The front end on a real web server and a free port, with grains and queries that do what a test says.</summary>
public sealed class ApiHost : IAsyncLifetime
{
    public const string DashboardText = "what operators see";
    public const string Merchant = "mer_aaaaaaaaaaaaaaaaaaaaaaaaaa";
    public const string OtherMerchant = "mer_bbbbbbbbbbbbbbbbbbbbbbbbbb";
    public static readonly ImmutableArray<byte> Salt = [.. Enumerable.Range(0, 32).Select(value => (byte)value)];

    private readonly WebApplication _app;

    public ApiHost()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseKestrel(ApiLimits.ConfigureLimits).UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders().SetMinimumLevel(LogLevel.Trace).AddProvider(Logs);
        builder.Services.AddSingleton<TimeProvider>(Time);
        builder.Services.AddSingleton(Grains.Factory);
        builder.Services.AddSingleton<IPaymentQueries>(Queries);
        builder.Services.AddSingleton<ILedgerQueries>(Queries);
        builder.Services.AddSingleton<IReportStore>(Reports);
        builder.Services.AddSingleton<IPayoutStore>(Payouts);
        builder.Services.AddSingleton<IBreakBook>(Breaks);
        builder.Services.AddSingleton<IMerchantStore>(Merchants);
        builder.Services.AddSingleton<IInbox>(Evidence).AddSingleton<IOperatorStore>(Evidence);
        builder.Services.AddSingleton<IGatewayWebhooks>(Evidence).AddSingleton<IGatewayStates>(Evidence);
        builder.Services.AddPaymentsApi(options => options.ReadinessTimeout = TimeSpan.FromSeconds(1));
        _app = builder.Build();
        _app.MapPaymentsApi();
        _app.MapDashboard(pages => pages.MapGet(DashboardRoutes.Path, () => DashboardText));
        _app.MapGet("/boom", string () => throw new InvalidOperationException("a secret of ours")).ExcludeFromDescription();
    }

    public FakeGrains Grains { get; } = new();
    public FakeQueries Queries { get; } = new();
    public FakeMerchants Merchants { get; } = new();
    public FakeEvidence Evidence { get; } = new();
    public FakeReports Reports { get; } = new();
    public FakePayouts Payouts { get; } = new();
    public FakeBreaks Breaks { get; } = new();
    public ManualTime Time { get; } = new();
    public LogMemory Logs { get; } = new();
    public HttpClient Http { get; private set; } = null!;
    public Uri Address { get; private set; } = null!;
    public IServiceProvider Services => _app.Services;

    public string FullKey { get; private set; } = "";

    public async Task InitializeAsync()
    {
        await _app.StartAsync();
        Address = new Uri(_app.Urls.Single());
        Http = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false }) { BaseAddress = Address };
        FullKey = Queries.AddKey(Merchant, "read", "write", "ledger");
    }

    public async Task DisposeAsync()
    {
        Http.Dispose();
        await _app.DisposeAsync();
    }

    /// <summary>Sends a request; <paramref name="key"/> is the API key, null for none.</summary>
    public async Task<Answer> SendAsync(
        HttpMethod method, string path, string? body = null, string? key = "", string? idempotencyKey = null, string? prefer = null)
    {
        using var request = new HttpRequestMessage(method, path);
        if (key is not null)
        {
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", key.Length == 0 ? FullKey : key);
        }

        if (idempotencyKey is not null)
        {
            Assert.True(request.Headers.TryAddWithoutValidation("Idempotency-Key", idempotencyKey));
        }

        if (prefer is not null)
        {
            request.Headers.TryAddWithoutValidation("Prefer", prefer);
        }

        if (body is not null)
        {
            request.Content = new ByteArrayContent(Encoding.UTF8.GetBytes(body));
            request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        }

        return await SendAsync(request);
    }

    public async Task<Answer> SendAsync(HttpRequestMessage request)
    {
        using var response = await Http.SendAsync(request);
        var headers = response.Headers.Concat(response.Content.Headers)
            .ToDictionary(header => header.Key, header => string.Join(",", header.Value), StringComparer.OrdinalIgnoreCase);
        return new Answer(response.StatusCode, headers, await response.Content.ReadAsStringAsync());
    }

    public Task<Answer> ChargeAsync(string body, string? idempotencyKey = "k-1", string? prefer = null) =>
        SendAsync(HttpMethod.Post, "/v1/payments", body, "", idempotencyKey, prefer);

    /// <summary>The id that a key leads to.</summary>
    public static Guid PaymentId(string idempotencyKey) => Ids.Payment(Salt.AsSpan(), Mode.Test, idempotencyKey);
}

/// <summary>What came back.</summary>
public sealed record Answer(HttpStatusCode Status, IReadOnlyDictionary<string, string> Headers, string Body)
{
    public JsonNode Json => JsonNode.Parse(Body)!;

    public string? Header(string name) => Headers.GetValueOrDefault(name);

    /// <summary>Checks what every problem has, and the rest that a test expects.</summary>
    public JsonNode Problem(int status, string code, string? field = null, string outcome = "not_sent", bool safeToRetry = false)
    {
        Assert.Equal(status, (int)Status);
        Assert.Equal("application/problem+json", Header("Content-Type"));
        var json = Json;
        Assert.Equal(code, (string?)json["code"]);
        Assert.Equal(field, (string?)json["field"]);
        Assert.Equal(outcome, (string?)json["outcome"]);
        Assert.Equal(safeToRetry, (bool?)json["safe_to_retry"]);
        Assert.Equal(status, (int?)json["status"]);
        Assert.Equal($"urn:payments:problem:{code}", (string?)json["type"]);
        Assert.False(string.IsNullOrWhiteSpace((string?)json["title"]));
        Assert.False(string.IsNullOrWhiteSpace((string?)json["detail"]));
        Assert.False(string.IsNullOrWhiteSpace((string?)json["trace_id"]));
        return json;
    }

    /// <summary>The body without what differs from request to request.</summary>
    public string WithoutTrace()
    {
        var json = JsonSerializer.Deserialize<JsonObject>(Body)!;
        Assert.True(json.Remove("trace_id"));
        return json.ToJsonString();
    }
}
