using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Payments.Client;
using Payments.Storage;
using Payments.Tests.Api;
using Payments.Tests.Faults;
using Payments.Tests.Support;

namespace Payments.Tests.Reports;

/// <summary>Reports over HTTP, from the wish to the file, against the real system.</summary>
public sealed class ReportApiTests(OneNode node) : IClassFixture<OneNode>, IDisposable
{
    private readonly PaymentsClient client = new(new() { BaseAddress = node.System.Addresses[0], SecretKey = node.System.SecretKey });

    public void Dispose() => client.Dispose();

    [Fact]
    public async Task A_merchant_asks_waits_downloads_and_deletes()
    {
        var paid = await client.CreatePaymentAsync("r-1", new(1999, "EUR", "tok_approve", Description: "=1+1", Metadata: new Dictionary<string, string> { ["cart"] = "c-77" }));
        NewReport wish = new("payments", Currency: "EUR", Columns: ["payment_intent_id", "gross", "fee", "net", "description", "payment_metadata[cart]"]);
        var report = await client.CreateReportAsync("report-1", wish);
        Assert.Equal(report.Id, (await client.CreateReportAsync("report-1", wish)).Id);
        var refused = await Assert.ThrowsAsync<PaymentsException>(() => client.CreateReportAsync("report-1", wish with { Format = "json" }));
        Assert.Equal((422, "idempotency_key_reused"), (refused.Problem.Status, refused.Problem.Code));

        await Eventually.BecomesAsync("succeeded", async () => (await client.GetReportAsync(report.Id)).Status, TimeSpan.FromSeconds(20));
        using var file = new MemoryStream();
        await client.DownloadReportAsync(report.Id, file);
        var done = await client.GetReportAsync(report.Id);
        Assert.Equal((done.File!.Bytes, done.File.Sha256), (file.Length, Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(file.ToArray()))));
        var lines = Encoding.UTF8.GetString(file.ToArray()).Split('\n');
        Assert.Equal("payment_intent_id,gross,fee,net,description,payment_metadata[cart]", lines[0]);
        Assert.Contains($"{paid.Id},19.99,0.88,19.11,'=1+1,c-77", lines);
        Assert.Contains(report.Id, await client.ListReportsAsync().Select(one => one.Id).ToListAsync());

        Assert.Equal(("deleted", null), (await client.EndReportAsync(report.Id) is var ended ? (ended.Status, ended.File) : default));
        var gone = await Assert.ThrowsAsync<PaymentsException>(() => client.DownloadReportAsync(report.Id, file));
        Assert.Equal((409, "report_has_no_file", false), (gone.Problem.Status, gone.Problem.Code, gone.Problem.SafeToRetry));
    }

    [Fact]
    public async Task The_file_says_what_it_is()
    {
        using var http = node.System.Client(0);
        foreach (var (format, type) in new[] { ("csv", "text/csv; charset=utf-8"), ("json", "application/json"), ("ndjson", "application/x-ndjson") })
        {
            var id = await DoneAsync(http, $"format-{format}", new { type = "balance_summary", format });
            using var answer = await http.GetAsync(new Uri($"v1/reports/{id}/file", UriKind.Relative));
            Assert.Equal(type, answer.Content.Headers.ContentType!.ToString());
            Assert.Equal($"balance_summary-{id}.{format}", answer.Content.Headers.ContentDisposition!.FileName!.Trim('"'));
            Assert.Equal((await answer.Content.ReadAsByteArrayAsync()).Length, answer.Content.Headers.ContentLength);
        }
    }

    [Fact]
    public async Task Operators_report_on_the_platform_and_nobody_sees_anothers()
    {
        using var platform = node.System.OperatorClient(0);
        using var merchant = node.System.Client(0);
        var books = await DoneAsync(platform, "books", new { type = "trial_balance", format = "json" });
        var lines = await platform.GetFromJsonAsync<JsonElement>($"v1/reports/{books}/file");
        Assert.Equal(
            lines.EnumerateArray().Sum(line => line.GetProperty("debits").GetDecimal()), lines.EnumerateArray().Sum(line => line.GetProperty("credits").GetDecimal()));
        var own = await DoneAsync(merchant, "own", new { type = "payments" });
        foreach (var (client, foreign) in new[] { (merchant, books), (platform, own) })
        {
            foreach (var path in new[] { $"v1/reports/{foreign}", $"v1/reports/{foreign}/file" })
            {
                Assert.Equal(HttpStatusCode.NotFound, (await client.GetAsync(new Uri(path, UriKind.Relative))).StatusCode);
            }

            Assert.Equal(HttpStatusCode.NotFound, (await client.DeleteAsync(new Uri($"v1/reports/{foreign}", UriKind.Relative))).StatusCode);
        }

        var (status, body, _) = await RunningSystem.PostAsync(merchant, "v1/reports", "not mine", new { type = "trial_balance" });
        Assert.Equal((HttpStatusCode.BadRequest, "type"), (status, body.GetProperty("field").GetString()));
    }

    [Fact]
    public async Task A_long_list_goes_on_page_after_page()
    {
        using var http = node.System.Client(0);
        var ids = new List<string>();
        for (var i = 0; i < 5; i++)
        {
            ids.Add(await DoneAsync(http, $"page-{i}", new { type = "fees" }));
        }

        var (seen, cursor) = (new List<string>(), "");
        do
        {
            var page = await http.GetFromJsonAsync<JsonElement>($"v1/reports?limit=2{cursor}");
            seen.AddRange(page.GetProperty("data").EnumerateArray().Select(one => one.GetProperty("id").GetString()!));
            cursor = page.GetProperty("next_cursor").GetString() is { } next ? $"&cursor={next}" : "";
        }
        while (cursor.Length > 0);
        Assert.Equal(seen.Count, seen.Distinct().Count());
        Assert.Equal(ids.AsEnumerable().Reverse(), seen.Where(ids.Contains));
    }

    private static async Task<string> DoneAsync(HttpClient http, string key, object wish)
    {
        var (status, made, answer) = await RunningSystem.PostAsync(http, "v1/reports", key, wish);
        Assert.Equal(HttpStatusCode.Created, status);
        await Eventually.BecomesAsync(
            "succeeded", async () => (await http.GetFromJsonAsync<JsonElement>(answer.Headers.Location!)).GetProperty("status").GetString()!, TimeSpan.FromSeconds(20));
        return made.GetProperty("id").GetString()!;
    }
}

/// <summary>What the front end answers by itself.</summary>
public sealed class ReportRefusalTests(ApiHost api) : IClassFixture<ApiHost>
{
    private const string Id = "rep_00000000000000000000000000";

    [Theory]
    [InlineData("{}", "field_missing", "type")]
    [InlineData("""{"type":"payments","from":"yesterday"}""", "field_invalid", "from")]
    [InlineData("""{"type":"payments","to":"2026-02-30"}""", "field_invalid", "to")]
    [InlineData("""{"type":"payments","to":"2026-02-01T00:00:00+01:00"}""", "field_invalid", "to")]
    [InlineData("""{"type":"payments","columns":"net"}""", "field_invalid", "columns")]
    [InlineData("""{"type":"payments","columns":[1]}""", "field_invalid", "columns")]
    [InlineData("""{"type":"payments","currency":"eur"}""", "field_invalid", "currency")]
    [InlineData("""{"type":"payments","format":"xml"}""", "field_invalid", "format")]
    [InlineData("""{"type":"payments","mode":"live"}""", "field_unknown", "mode")]
    public async Task A_wish_that_is_wrong_in_itself_is_refused_by_its_field(string body, string code, string field) =>
        (await api.SendAsync(HttpMethod.Post, "/v1/reports", body, idempotencyKey: "k")).Problem(400, code, field);

    [Theory]
    [InlineData(ReportStatus.Pending, "report_not_ready", true)]
    [InlineData(ReportStatus.Running, "report_not_ready", true)]
    [InlineData(ReportStatus.Failed, "report_has_no_file", false)]
    [InlineData(ReportStatus.Canceled, "report_has_no_file", false)]
    [InlineData(ReportStatus.Deleted, "report_has_no_file", false)]
    public async Task A_report_without_a_file_says_whether_there_will_be_one(ReportStatus status, string code, bool helps)
    {
        api.Reports.Any = FakeReports.Report(status);
        (await api.SendAsync(HttpMethod.Get, $"/v1/reports/{Id}/file")).Problem(409, code, safeToRetry: helps);
    }

    [Fact]
    public async Task Only_keys_that_may_read_the_books_ask_for_reports()
    {
        var reader = api.Queries.AddKey(ApiHost.Merchant, "read", "write");
        foreach (var (method, path) in new[] { (HttpMethod.Post, ""), (HttpMethod.Get, ""), (HttpMethod.Get, $"/{Id}"), (HttpMethod.Get, $"/{Id}/file"), (HttpMethod.Delete, $"/{Id}") })
        {
            (await api.SendAsync(method, $"/v1/reports{path}", key: reader)).Problem(403, "scope_missing");
        }

        api.Reports.Any = null;
        (await api.SendAsync(HttpMethod.Get, $"/v1/reports/{Id}")).Problem(404, "report_not_found");
        (await api.SendAsync(HttpMethod.Delete, "/v1/reports/anything")).Problem(404, "report_not_found");
    }
}
