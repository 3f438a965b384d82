using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Npgsql;
using Payments.ClientApi;
using Payments.Gateways.Settlement;
using Payments.Storage;
using Payments.Storage.Postgres;
using Payments.Tests.Support;

namespace Payments.Tests.Settlement;

/// <summary>Operators upload settlement files over HTTP, to the real front end and a real database.</summary>
public sealed class SettlementUploadTests : IAsyncLifetime
{
    private const string Header = "id,time,type,reference,processor_reference,currency,gross,fee,net,payout_id\n";
    private const string Charge = "ch_1/charge,2026-10-01T12:34:56,charge,op_a,ch_1,EUR,19.99,0.53,19.46,po_20261002_EUR\n";

    private TestDatabase database = null!;
    private NpgsqlDataSource reading = null!;
    private WebApplication app = null!;
    private HttpClient http = null!;

    public async Task InitializeAsync()
    {
        database = await TestDatabase.CreateAsync();
        await database.ExecuteAsync("INSERT INTO accounts (id, currency, grows_by_debit) VALUES ('gateway:simulator:receivable:EUR', 'EUR', true)");
        reading = Connections.ForReading(database.App);
        var merchants = new MerchantStore(reading, TimeProvider.System);
        var files = new SettlementFiles(reading, TimeProvider.System);
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseKestrel(ApiLimits.ConfigureLimits).UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        // Reading activates no grain, and nothing here goes through one.
        builder.Services.AddSingleton<IPaymentQueries>(new PostgresQueries(reading)).AddSingleton<IMerchantStore>(merchants)
            .AddSingleton<ISettlementFiles>(files).AddSingleton(new SettlementImport(files, []));
        builder.Services.AddPaymentsApi();
        app = builder.Build();
        app.MapPaymentsApi();
        await app.StartAsync();
        var key = await merchants.CreateKeyAsync(MerchantStore.NewId(), null, "Ada", ["operator"], null, CancellationToken.None);
        http = new HttpClient { BaseAddress = new Uri(app.Urls.Single()), DefaultRequestHeaders = { Authorization = new AuthenticationHeaderValue("Bearer", key!.Secret) } };
    }

    public async Task DisposeAsync()
    {
        http.Dispose();
        await app.DisposeAsync();
        await reading.DisposeAsync();
        await database.DisposeAsync();
    }

    [Fact]
    public async Task A_file_is_imported_once_whatever_is_sent_again()
    {
        var (status, file) = await SendAsync(Header + Charge);
        Assert.Equal((201, "october.csv", 1), (status, (string?)file["name"], (int)file["lines"]!));
        Assert.StartsWith("key_", (string?)file["imported_by"], StringComparison.Ordinal);
        Assert.Equal(200, (await SendAsync(Header + Charge)).Status);
        Assert.Equal((200, "october.csv"), ((await SendAsync(Header + Charge, name: "copy.csv")) is var copy ? copy.Status : 0, (string?)copy.Body["name"]));
        var (differs, problem) = await SendAsync(Header + Charge + Charge.Replace("ch_1", "ch_2", StringComparison.Ordinal));
        Assert.Equal((409, "settlement_file_differs", "not_sent"), (differs, (string?)problem["code"], (string?)problem["outcome"]));
        Assert.Equal(1, await database.ScalarAsync<long>("SELECT count(*) FROM settlement_lines"));
    }

    [Fact]
    public async Task A_broken_file_is_refused_by_the_number_of_its_line_and_leaves_nothing()
    {
        var (status, problem) = await SendAsync(Header + Charge + Charge.Replace("19.46", "19.45", StringComparison.Ordinal));
        Assert.Equal((422, "settlement_file_invalid"), (status, (string?)problem["code"]));
        Assert.Contains("line 3: net is 19.45 EUR, and gross less fee is 19.46 EUR", (string?)problem["detail"], StringComparison.Ordinal);
        var card = await SendAsync(Header + Charge.Replace("EUR", "4242424242424242", StringComparison.Ordinal));
        Assert.Equal(422, card.Status);
        Assert.DoesNotContain("4242424242424242", card.Body.ToJsonString(), StringComparison.Ordinal);
        Assert.Equal(0, await database.ScalarAsync<long>("SELECT count(*) FROM settlement_files"));
    }

    [Theory]
    [InlineData(415, "unsupported_media_type", "application/json", "gateway=simulator&format=simulator&name=x")]
    [InlineData(400, "parameter_invalid", "text/csv", "format=simulator&name=x")]
    [InlineData(400, "parameter_invalid", "text/csv", "gateway=simulator&name=x")]
    [InlineData(400, "parameter_invalid", "text/csv", "gateway=simulator&format=excel&name=x")]
    [InlineData(400, "parameter_invalid", "text/csv", "gateway=simulator&format=simulator")]
    [InlineData(400, "card_number_refused", "text/csv", "gateway=simulator&format=simulator&name=4242424242424242")]
    [InlineData(404, "gateway_not_found", "text/csv", "gateway=nobody&format=simulator&name=x")]
    public async Task What_is_no_upload_is_refused(int status, string code, string type, string query)
    {
        using var content = new StringContent(Header + Charge, Encoding.UTF8, new MediaTypeHeaderValue(type));
        using var response = await http.PostAsync(new Uri($"v1/admin/settlement-files?{query}", UriKind.Relative), content);
        var problem = JsonNode.Parse(await response.Content.ReadAsStringAsync())!;
        Assert.Equal((status, code), ((int)response.StatusCode, (string?)problem["code"]));
    }

    [Fact]
    public async Task A_body_that_says_that_it_is_too_long_is_turned_away_before_it_is_read()
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "v1/admin/settlement-files?gateway=simulator&format=simulator&name=x")
        {
            Content = new StringContent(Header, Encoding.UTF8, new MediaTypeHeaderValue("text/csv")),
        };
        request.Content.Headers.ContentLength = SettlementFile.MaxBytes + 1;
        request.Headers.ExpectContinue = true;
        using var response = await http.SendAsync(request);
        Assert.Equal(413, (int)response.StatusCode);
        Assert.Contains($"{SettlementFile.MaxBytes}", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Files_are_listed_page_by_page_the_latest_first()
    {
        foreach (var i in Enumerable.Range(0, 5))
        {
            Assert.Equal(201, (await SendAsync(Header + Charge.Replace("ch_1", $"ch_{i}", StringComparison.Ordinal), name: $"{i}.csv")).Status);
        }

        var names = new List<string?>();
        for (string? cursor = ""; cursor is not null;)
        {
            var page = JsonNode.Parse(await http.GetStringAsync(new Uri($"v1/admin/settlement-files?limit=2{(cursor.Length == 0 ? "" : $"&cursor={cursor}")}", UriKind.Relative)))!;
            names.AddRange(page["data"]!.AsArray().Select(file => (string?)file!["name"]));
            cursor = (string?)page["next_cursor"];
        }

        Assert.Equal(["4.csv", "3.csv", "2.csv", "1.csv", "0.csv"], names);
    }

    private async Task<(int Status, JsonNode Body)> SendAsync(string text, string name = "october.csv")
    {
        using var content = new StringContent(text, Encoding.UTF8, new MediaTypeHeaderValue("text/csv"));
        using var response = await http.PostAsync(new Uri($"v1/admin/settlement-files?gateway=simulator&format=simulator&name={name}", UriKind.Relative), content);
        return ((int)response.StatusCode, JsonNode.Parse(await response.Content.ReadAsStringAsync())!);
    }
}
