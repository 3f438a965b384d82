using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Payments.Domain;
using Payments.Grains;
using Payments.Storage;

namespace Payments.Tests.Api;

/// <summary>The document says what the API does.</summary>
public sealed class DocumentTests(ApiHost api) : IClassFixture<ApiHost>
{
    [Fact]
    public async Task Document_is_OpenAPI_3_1_and_has_every_route()
    {
        var document = await DocumentAsync();
        Assert.StartsWith("3.1.", (string?)document["openapi"], StringComparison.Ordinal);
        var documented = document["paths"]!.AsObject()
            .SelectMany(path => path.Value!.AsObject().Select(method => $"{method.Key.ToUpperInvariant()} {path.Key}"));
        var served = api.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
            .Select(endpoint => (Path: endpoint.RoutePattern.RawText!.TrimEnd('/'), endpoint.Metadata))
            .Where(route => route.Path.StartsWith("/v1", StringComparison.Ordinal) || route.Path.StartsWith("/health", StringComparison.Ordinal))
            .SelectMany(route => route.Metadata.GetMetadata<IHttpMethodMetadata>()!.HttpMethods.Select(method => $"{method} {route.Path}"));
        Assert.Equal(served.Order(), documented.Order());
    }

    [Fact]
    public async Task Every_answer_and_body_has_schema_and_example()
    {
        foreach (var (path, method, operation) in Operations(await DocumentAsync()))
        {
            Assert.False(string.IsNullOrEmpty((string?)operation["operationId"]), path);
            Assert.False(string.IsNullOrEmpty((string?)operation["summary"]), path);
            var contents = operation["responses"]!.AsObject().Select(response => response.Value!["content"]!)
                .Concat(operation["requestBody"]?["content"] is { } body ? [body] : []);
            Assert.All(contents.SelectMany(content => content.AsObject()), content =>
            {
                Assert.NotNull(content.Value!["schema"]);
                Assert.NotNull(content.Value!["example"] ?? content.Value!["examples"]?.AsObject().First().Value);
            });
            // Processors sign; everybody else has a key. What asks a processor again makes nothing, and a file's name is its key.
            var secured = operation["security"] is not null;
            Assert.Equal(path.StartsWith("/v1", StringComparison.Ordinal) && !path.EndsWith("/webhooks", StringComparison.Ordinal), secured);
            if (method == "post" && secured && !path.EndsWith("/refresh", StringComparison.Ordinal) && !path.EndsWith("/settlement-files", StringComparison.Ordinal))
            {
                var names = operation["parameters"]!.AsArray().Select(parameter => (string?)parameter!["name"]).ToList();
                Assert.Contains("Idempotency-Key", names);
                Assert.Equal(operation["responses"]!["202"] is not null, names.Contains("Prefer"));
            }
        }
    }

    [Fact]
    public async Task Examples_fit_their_schemas()
    {
        var document = await DocumentAsync();
        foreach (var (path, _, operation) in Operations(document))
        {
            foreach (var (status, response) in operation["responses"]!.AsObject())
            {
                foreach (var (_, content) in response!["content"]!.AsObject())
                {
                    // A file is a text.
                    if ((string?)Resolve(document, content!["schema"]!)["type"] == "string")
                    {
                        continue;
                    }

                    var properties = Resolve(document, content!["schema"]!)["properties"]!.AsObject().Select(property => property.Key).ToList();
                    foreach (var (code, one) in Examples(content))
                    {
                        var example = one.AsObject().Select(property => property.Key).ToList();
                        Assert.True(example.All(properties.Contains), $"{path} {status}: {string.Join(", ", example.Except(properties))}");
                        if (code is null)
                        {
                            Assert.Equal(properties.Order(), example.Order());
                        }
                        else
                        {
                            Assert.Equal((code, status), ((string?)one["code"], (string?)one["status"]?.ToJsonString()));
                        }
                    }
                }
            }
        }
    }

    [Fact]
    public async Task Documented_fields_are_the_ones_that_are_taken()
    {
        var document = await DocumentAsync();
        var operatorKey = api.Queries.AddKey(null, "operator");
        foreach (var (path, method, operation) in Operations(document).Where(one => one.Operation["requestBody"]?["content"]?["application/json"] is not null))
        {
            var content = operation["requestBody"]!["content"]!["application/json"]!;
            var schema = Resolve(document, content["schema"]!);
            Assert.False((bool?)schema["additionalProperties"]);
            var body = content["example"]!.DeepClone().AsObject();
            Assert.Equal(schema["properties"]!.AsObject().Select(property => property.Key).Order(), body.Select(property => property.Key).Order());

            // The example is taken as it is, and one field more is not: the answer lists exactly those that are.
            Prepare();
            var target = Target(path);
            var taken = await SendAsync(body.ToJsonString());
            Assert.True((int)taken.Status is 200 or 201, $"{path}: {taken.Body}");
            var detail = (string?)(await SendAsync(AndMore(body))).Json["detail"];
            Assert.Equal($"Only these fields are taken: {string.Join(", ", schema["properties"]!.AsObject().Select(property => property.Key))}.", detail);

            Task<Answer> SendAsync(string content) => api.SendAsync(
                new HttpMethod(method.ToUpperInvariant()), target, content, path.StartsWith("/v1/admin", StringComparison.Ordinal) || path.StartsWith("/v1/operations", StringComparison.Ordinal) || path.StartsWith("/v1/reconciliation", StringComparison.Ordinal) ? operatorKey : "",
                idempotencyKey: $"documented {path}");

            foreach (var required in schema["required"]?.AsArray().Select(name => (string)name!) ?? [])
            {
                var without = body.DeepClone().AsObject();
                without.Remove(required);
                (await SendAsync(without.ToJsonString())).Problem(400, "field_missing", required);
            }
        }
    }

    [Fact]
    public async Task Amounts_are_integers_and_states_are_listed()
    {
        var schemas = (await DocumentAsync())["components"]!["schemas"]!;
        Assert.Equal("integer", (string?)schemas["Payment"]!["properties"]!["amount"]!["type"]);
        Assert.Equal("integer", (string?)schemas["PaymentBody"]!["properties"]!["amount"]!["type"]);
        Assert.Equal(1_000_000_000_000, (long?)schemas["PaymentBody"]!["properties"]!["amount"]!["maximum"]);
        Assert.Equal(
            ["processing", "requires_action", "authorized", "succeeded", "declined", "failed", "canceled"],
            schemas["Payment"]!["properties"]!["status"]!["enum"]!.AsArray().Select(value => (string?)value));
        Assert.Equal(
            ["type", "title", "status", "detail", "code", "outcome", "safe_to_retry", "trace_id"],
            schemas["Problem"]!["required"]!.AsArray().Select(value => (string?)value));
        Assert.Equal(
            Payments.Storage.Postgres.Reporting.ReportWriter.Types.Select(type => type.Name).Order(),
            schemas["ReportBody"]!["properties"]!["type"]!["enum"]!.AsArray().Select(value => (string?)value).Order());
        Assert.Equal("string", (string?)schemas["Payment"]!["properties"]!["object"]!["type"]);
        Assert.Equal("integer", (string?)schemas["TrialBalanceTotal"]!["properties"]!["debits"]!["type"]);
        Assert.Equal(["send", "query", "notice", null], schemas["TimelineItem"]!["properties"]!["attempt_kind"]!["enum"]!.AsArray().Select(value => (string?)value));
    }

    [Fact]
    public async Task Page_for_people_is_served_from_here()
    {
        var root = await api.SendAsync(HttpMethod.Get, "/", key: null);
        Assert.Equal(302, (int)root.Status);
        Assert.Equal("/docs", root.Header("Location"));
        var page = await api.SendAsync(HttpMethod.Get, "/docs/index.html", key: null);
        Assert.Equal(200, (int)page.Status);
        Assert.DoesNotContain("https://", page.Body, StringComparison.Ordinal);
        Assert.Equal(200, (int)(await api.SendAsync(HttpMethod.Get, "/docs/swagger-ui-bundle.js", key: null)).Status);
    }

    // What the examples name is there, and grains accept everything.
    private void Prepare()
    {
        var payment = Samples.Payment(ApiHost.PaymentId("documented"));
        api.Queries.Payments[(ApiHost.Merchant, payment.Id)] = payment;
        api.Grains.Charge = _ => Samples.Reply(ReplyKind.Accepted, payment);
        api.Grains.Refund = _ => Samples.Reply(ReplyKind.Accepted, payment);
        api.Grains.Capture = _ => Samples.Reply(ReplyKind.Accepted, payment);
        api.Grains.Cancel = _ => Samples.Reply(ReplyKind.Accepted, payment);
        var entry = new EntryDetails(default, "own", default, null, []);
        api.Queries.AnyEntry = entry;
        api.Grains.Post = _ => Task.FromResult(new EntryReply { Kind = ReplyKind.Accepted });
        api.Grains.Reverse = _ => Task.FromResult(new EntryReply { Kind = ReplyKind.Accepted });
        api.Grains.Open = _ => Task.FromResult(true);
        api.Grains.Report = _ => new() { Kind = ReplyKind.Accepted };
        api.Reports.Any = FakeReports.Report(ReportStatus.Pending);
        api.Queries.Accounts.Add(new(Till, "EUR", GrowsByDebit: true, Minimum: 0, Balance: 0, Seq: 0));
        var open = Samples.Payment(ApiHost.PaymentId("documented"), PaymentStatus.Processing);
        api.Evidence.Operations.Clear();
        api.Evidence.Operations.Add(new(
            ApiHost.Merchant, open.Id, "simulator", "EUR", "processing", open.Charge with { Answer = GatewayAnswerKind.Unknown, NextActionAt = DateTimeOffset.UnixEpoch }, []));
        const string merchant = "mer_2d4f6h8k0m1n3p5r7t9v1x3z58";
        api.Merchants.Merchants[merchant] = new(merchant, "Corner shop", "test", default, default, null);
        api.Merchants.Keys[Guid.Empty] = new(Guid.Empty, merchant, null, ["read"], "hint", default, null, null, null, null);
    }

    private const string Till = $"merchant:{ApiHost.Merchant}:assets:till:EUR";

    private static string Target(string path) => path
        .Replace("{id}", Ids.Format("pay", ApiHost.PaymentId("documented")), StringComparison.Ordinal)
        .Replace("{merchant}", "mer_2d4f6h8k0m1n3p5r7t9v1x3z58", StringComparison.Ordinal)
        .Replace("{account}", Till, StringComparison.Ordinal)
        .Replace("{payout}", Ids.Format("po", Guid.Empty), StringComparison.Ordinal)
        .Replace("{currency}", "EUR", StringComparison.Ordinal)
        .Replace("{gateway}", "simulator", StringComparison.Ordinal)
        .Replace("{operation}", Ids.ProcessorReference(Ids.Charge(ApiHost.PaymentId("documented"))), StringComparison.Ordinal)
        .Replace("{break_id}", Ids.Format("brk", Guid.Empty), StringComparison.Ordinal)
        .Replace("{entry}", Ids.Format("je", Guid.Empty), StringComparison.Ordinal)
        .Replace("{key}", Ids.Format("key", Guid.Empty), StringComparison.Ordinal);

    // Problems are named by their codes; an answer has one example.
    private static IEnumerable<(string? Code, JsonNode Example)> Examples(JsonNode content) =>
        content["example"] is { } example ? [(null, example)] : content["examples"]!.AsObject().Select(one => ((string?)one.Key, one.Value!["value"]!));

    private static string AndMore(JsonObject body)
    {
        var more = body.DeepClone().AsObject();
        more["surplus"] = 1;
        return more.ToJsonString();
    }

    private static IEnumerable<(string Path, string Method, JsonNode Operation)> Operations(JsonNode document) =>
        from path in document["paths"]!.AsObject()
        from method in path.Value!.AsObject()
        select (path.Key, method.Key, method.Value!);

    private static JsonNode Resolve(JsonNode document, JsonNode schema) =>
        (string?)schema["$ref"] is { } reference ? document["components"]!["schemas"]![reference.Split('/')[^1]]! : schema;

    private async Task<JsonNode> DocumentAsync()
    {
        var answer = await api.SendAsync(HttpMethod.Get, "/openapi/v1.json", key: null);
        Assert.Equal(200, (int)answer.Status);
        return answer.Json;
    }
}
