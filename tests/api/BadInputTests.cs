using System.Net.Http.Headers;
using System.Text;

namespace Payments.Tests.Api;

/// <summary>Every way to ask wrongly: a clear 4xx that names field and rule, and no grain hears of it (I9).</summary>
public sealed class BadInputTests(ApiHost api) : IClassFixture<ApiHost>
{
    private const string Card = "4242424242424242";

    public static TheoryData<string, string, string?> Bodies => new()
    {
        // not JSON, or not this JSON
        { "", "invalid_json", null },
        { " ", "invalid_json", null },
        { "{", "invalid_json", null },
        { "[]", "invalid_json", null },
        { "null", "invalid_json", null },
        { "\"text\"", "invalid_json", null },
        { "\uFEFF{}", "invalid_json", null },
        { "{} {}", "invalid_json", null },
        { "{}x", "invalid_json", null },
        { "{/* comment */}", "invalid_json", null },
        { """{"amount":1,}""", "invalid_json", null },
        { """{"amount":01}""", "invalid_json", null },
        { """{"reference":"a""" + "\n" + "\"}", "invalid_json", null },
        { $$"""{"x":{{new string('[', 16)}}{{new string(']', 16)}}}""", "invalid_json", null },

        // fields
        { "{}", "field_missing", "amount" },
        { Body("amount", "null"), "field_missing", "amount" },
        { """{"amount":1,"payment_method":"tok"}""", "field_missing", "currency" },
        { """{"amount":1,"currency":"EUR"}""", "field_missing", "payment_method" },
        { Body("capture", "true"), "field_invalid", "capture" },
        { Body("capture", "\"Manual\""), "field_invalid", "capture" },
        { Body("captured", "1"), "field_unknown", "captured" },
        { Body("statement_descriptor", "\"shop\""), "field_invalid", "statement_descriptor" },
        { Body("statement_descriptor", "\"12345\""), "field_invalid", "statement_descriptor" },
        { Body("statement_descriptor", "\"shop*shoes\""), "field_invalid", "statement_descriptor" },
        { Body("statement_descriptor", "\"schöne schuhe\""), "field_invalid", "statement_descriptor" },
        { Body("customer", "\"\""), "field_invalid", "customer" },
        { Body("metadata", "[]"), "field_invalid", "metadata" },
        { Body("metadata", """{"a":1}"""), "field_invalid", "metadata" },
        { Body("metadata", """{"a":{"b":"c"}}"""), "field_invalid", "metadata" },
        { Body("metadata", """{"":"x"}"""), "field_invalid", "metadata" },
        { Body("metadata", """{"a b":"x"}"""), "field_invalid", "metadata" },
        { Body("metadata", """{"a":""}"""), "field_invalid", "metadata" },
        { Body("metadata", $$"""{"{{new string('n', 41)}}":"x"}"""), "field_invalid", "metadata" },
        { Body("metadata", $$"""{"a":"{{new string('v', 501)}}"}"""), "field_invalid", "metadata" },
        { Body("metadata", $"{{{string.Join(',', Enumerable.Range(0, 51).Select(i => $"\"n{i}\":\"v\""))}}}"), "field_invalid", "metadata" },
        { Body("metadata", $$"""{"note":"{{Card}}"}"""), "card_number_refused", "metadata.note" },
        { Body("Amount", "1"), "field_unknown", "Amount" },
        { Body("<iframe>", "1"), "field_unknown", null },
        { """{"amount":1,"amount":1,"currency":"EUR","payment_method":"tok"}""", "field_repeated", "amount" },
        { """{"amount":1,"\u0061mount":1,"currency":"EUR","payment_method":"tok"}""", "field_repeated", "amount" },
        { Body("metadata", """{"a":1,"a":2}"""), "field_repeated", "metadata.a" },

        // amount
        { Body("amount", "0"), "field_invalid", "amount" },
        { Body("amount", "-1"), "field_invalid", "amount" },
        { Body("amount", "-0"), "field_invalid", "amount" },
        { Body("amount", "1.0"), "field_invalid", "amount" },
        { Body("amount", "19.99"), "field_invalid", "amount" },
        { Body("amount", "1e2"), "field_invalid", "amount" },
        { Body("amount", "1E0"), "field_invalid", "amount" },
        { Body("amount", "\"1\""), "field_invalid", "amount" },
        { Body("amount", "true"), "field_invalid", "amount" },
        { Body("amount", "[1]"), "field_invalid", "amount" },
        { Body("amount", "1000000000001"), "field_invalid", "amount" },
        { Body("amount", "9223372036854775808"), "field_invalid", "amount" },
        { Body("amount", new string('9', 400)), "field_invalid", "amount" },

        // currency
        { Body("currency", "\"eur\""), "field_invalid", "currency" },
        { Body("currency", "\"Eur\""), "field_invalid", "currency" },
        { Body("currency", "\"XXX\""), "field_invalid", "currency" },
        { Body("currency", "\"EUR \""), "field_invalid", "currency" },
        { Body("currency", "\"\""), "field_invalid", "currency" },
        { Body("currency", "978"), "field_invalid", "currency" },

        // texts
        { Body("payment_method", "\"\""), "field_invalid", "payment_method" },
        { Body("payment_method", "\"tok approve\""), "field_invalid", "payment_method" },
        { Body("payment_method", "\"tök\""), "field_invalid", "payment_method" },
        { Body("payment_method", "7"), "field_invalid", "payment_method" },
        { Body("payment_method", $"\"{new string('t', 256)}\""), "field_invalid", "payment_method" },
        { Body("reference", "\"\""), "field_invalid", "reference" },
        { Body("reference", $"\"{new string('r', 256)}\""), "field_invalid", "reference" },
        { Body("reference", "{}"), "field_invalid", "reference" },
        { Body("reference", """ "a\u0000b" """), "field_invalid", "reference" },
        { Body("reference", """ "a\u001bb" """), "field_invalid", "reference" },
        { Body("reference", """ "a\u0085b" """), "field_invalid", "reference" },
        { Body("reference", """ "a\ud800b" """), "field_invalid", "reference" },
        { Body("reference", """ "a\udc00" """), "field_invalid", "reference" },
        { Body("""\ud800""", "1"), "invalid_json", null },
        { Body("""\u0000""", "1"), "invalid_json", null },
        { Body("description", $"\"{new string('d', 501)}\""), "field_invalid", "description" },

        // card numbers, wherever they hide
        { Body("payment_method", $"\"{Card}\""), "card_number_refused", "payment_method" },
        { Body("payment_method", """ "4242-4242-4242-4242" """), "card_number_refused", "payment_method" },
        { Body("reference", """ "card 4242 4242 4242 4242 ok" """), "card_number_refused", "reference" },
        { Body("description", """ "\u0034242424242424242" """), "card_number_refused", "description" },
        { Body("currency", $"\"{Card}\""), "card_number_refused", "currency" },
        { Body("amount", $"\"{Card}\""), "card_number_refused", "amount" },
        { Body("amount", Card), "field_invalid", "amount" },
        { Body("card", $$"""{"deep":["{{Card}}"]}"""), "card_number_refused", "card.deep" },
        { Body(Card, "1"), "card_number_refused", null },
    };

    [Theory]
    [MemberData(nameof(Bodies))]
    public async Task Wrong_body_is_named(string body, string code, string? field)
    {
        api.Grains.Reset();
        var answer = await api.ChargeAsync(body);
        answer.Problem(400, code, field);
        Assert.DoesNotContain("4242", answer.Body, StringComparison.Ordinal);
        Assert.DoesNotContain("iframe", answer.Body, StringComparison.Ordinal);
        Assert.Empty(api.Grains.Activated);
    }

    public static TheoryData<string, string, string?> RefundBodies => new()
    {
        { "", "invalid_json", null },
        { """{"amount":0}""", "field_invalid", "amount" },
        { """{"amount":"1"}""", "field_invalid", "amount" },
        { """{"amount":1.5}""", "field_invalid", "amount" },
        { """{"reason":7}""", "field_invalid", "reason" },
        { $$"""{"reason":"{{Card}}"}""", "card_number_refused", "reason" },
        { """{"currency":"EUR"}""", "field_unknown", "currency" },
    };

    [Theory]
    [MemberData(nameof(RefundBodies))]
    public async Task Wrong_refund_is_named(string body, string code, string? field)
    {
        api.Grains.Reset();
        var answer = await api.SendAsync(HttpMethod.Post, "/v1/payments/pay_00000000000000000000000000/refunds", body, idempotencyKey: "r");
        answer.Problem(400, code, field);
        Assert.Empty(api.Grains.Activated);
    }

    [Theory]
    [InlineData(new byte[] { (byte)'{', (byte)'"', 0xFF, (byte)'"', (byte)':', (byte)'1', (byte)'}' })]
    [InlineData(new byte[] { (byte)'"', 0xC0, 0x80, (byte)'"' })]
    [InlineData(new byte[] { (byte)'"', 0xED, 0xA0, 0x80, (byte)'"' })]
    [InlineData(new byte[] { 0xFF, 0xFE, (byte)'{', 0, (byte)'}', 0 })]
    public async Task Bytes_that_are_no_UTF8_are_refused(byte[] body)
    {
        using var content = new ByteArrayContent(body);
        content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        (await PostAsync(content)).Problem(400, "invalid_json");
    }

    [Theory]
    [InlineData(null)]
    [InlineData("text/plain")]
    [InlineData("application/x-www-form-urlencoded")]
    [InlineData("application/json; charset=iso-8859-1")]
    [InlineData("application/json-patch+json")]
    [InlineData("nonsense")]
    public async Task Another_content_type_is_refused(string? contentType)
    {
        using var content = new ByteArrayContent(Encoding.UTF8.GetBytes(Samples.GoodBody));
        if (contentType is not null)
        {
            content.Headers.TryAddWithoutValidation("Content-Type", contentType);
        }

        (await PostAsync(content)).Problem(415, "unsupported_media_type");
    }

    [Fact]
    public async Task Content_encoding_is_refused()
    {
        using var content = new ByteArrayContent(Encoding.UTF8.GetBytes(Samples.GoodBody));
        content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        content.Headers.ContentEncoding.Add("gzip");
        (await PostAsync(content)).Problem(415, "unsupported_media_type");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Body_over_64_KB_is_refused(bool chunked)
    {
        var body = Encoding.UTF8.GetBytes($$"""{"description":"{{new string('x', 64 * 1024)}}"}""");
        using HttpContent content = chunked ? new ChunkedContent(body) : new ByteArrayContent(body);
        content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        (await PostAsync(content)).Problem(413, "body_too_large");
    }

    public static TheoryData<string?, string, string> Keys => new()
    {
        { null, "idempotency_key_missing", "Idempotency-Key" },
        { "", "idempotency_key_invalid", "Idempotency-Key" },
        { new string('k', 256), "idempotency_key_invalid", "Idempotency-Key" },
        { "a\tb", "idempotency_key_invalid", "Idempotency-Key" },
        { Card, "card_number_refused", "Idempotency-Key" },
        { "order 4242 4242 4242 4242", "card_number_refused", "Idempotency-Key" },
    };

    [Theory]
    [MemberData(nameof(Keys))]
    public async Task Wrong_idempotency_key_is_named(string? key, string code, string field)
    {
        api.Grains.Reset();
        foreach (var path in new[] { "/v1/payments", "/v1/payments/pay_00000000000000000000000000/refunds" })
        {
            var answer = await api.SendAsync(HttpMethod.Post, path, Samples.GoodBody, idempotencyKey: key);
            answer.Problem(400, code, field);
            Assert.DoesNotContain("4242", answer.Body, StringComparison.Ordinal);
        }

        Assert.Empty(api.Grains.Activated);
    }

    [Theory]
    [InlineData("wait=31", "wait")]
    [InlineData("wait=-1", "wait")]
    [InlineData("wait=1.5", "wait")]
    [InlineData("wait=", "wait")]
    [InlineData("wait=1&wait=2", "wait")]
    public async Task Wrong_wait_is_named(string query, string field) =>
        (await api.SendAsync(HttpMethod.Get, $"/v1/payments/pay_00000000000000000000000000?{query}")).Problem(400, "parameter_invalid", field);

    [Theory]
    [InlineData("limit=0", "limit")]
    [InlineData("limit=101", "limit")]
    [InlineData("limit=10000", "limit")]
    [InlineData("limit=-5", "limit")]
    [InlineData("limit=ten", "limit")]
    [InlineData("limit=", "limit")]
    [InlineData("limit=99999999999", "limit")]
    public async Task Wrong_paging_is_named(string query, string field)
    {
        foreach (var list in new[] { "/v1/ledger/accounts", "/v1/payments" })
        {
            (await api.SendAsync(HttpMethod.Get, $"{list}?{query}")).Problem(400, "parameter_invalid", field);
        }
    }

    [Theory]
    [InlineData("status=paid", "parameter_invalid", "status")]
    [InlineData("status=", "parameter_invalid", "status")]
    [InlineData("status=succeeded&status=declined", "parameter_invalid", "status")]
    [InlineData("created_from=yesterday", "parameter_invalid", "created_from")]
    [InlineData("created_from=2026-03-01", "parameter_invalid", "created_from")]
    [InlineData("created_from=2026-03-01T12:00:00%2B01:00", "parameter_invalid", "created_from")]
    [InlineData("created_from=1026-03-01T12:00:00Z", "parameter_invalid", "created_from")]
    [InlineData("created_to=2026-02-30T12:00:00Z", "parameter_invalid", "created_to")]
    [InlineData("created_from=2026-03-02T00:00:00Z&created_to=2026-03-01T00:00:00Z", "parameter_invalid", "created_to")]
    [InlineData("amount=0", "parameter_invalid", "amount")]
    [InlineData("amount=1e3", "parameter_invalid", "amount")]
    [InlineData("amount=-5", "parameter_invalid", "amount")]
    [InlineData("reference=", "parameter_invalid", "reference")]
    [InlineData("customer=%00", "parameter_invalid", "customer")]
    [InlineData("stauts=succeeded", "parameter_unknown", "stauts")]
    [InlineData("starting_after=pay_1", "parameter_unknown", "starting_after")]
    [InlineData("cursor=", "cursor_invalid", "cursor")]
    [InlineData("cursor=%00", "cursor_invalid", "cursor")]
    [InlineData("cursor=a%27%3B--", "cursor_invalid", "cursor")]
    [InlineData("cursor=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "cursor_invalid", "cursor")]
    public async Task Wrong_filter_is_named(string query, string code, string field) =>
        (await api.SendAsync(HttpMethod.Get, $"/v1/payments?{query}")).Problem(400, code, field);

    [Fact]
    public async Task Unknown_address_and_method_are_problems()
    {
        (await api.SendAsync(HttpMethod.Get, "/v2/payments")).Problem(404, "route_not_found");
        (await api.SendAsync(HttpMethod.Post, "/")).Problem(405, "method_not_allowed");
        var answer = await api.SendAsync(HttpMethod.Delete, "/v1/payments");
        answer.Problem(405, "method_not_allowed");
        Assert.Equal(["GET", "POST"], answer.Header("Allow")!.Split(',', StringSplitOptions.TrimEntries).Order());
    }

    [Fact]
    public async Task Unforeseen_failure_tells_nothing_of_itself()
    {
        var answer = await api.SendAsync(HttpMethod.Get, "/boom");
        answer.Problem(500, "internal_error", safeToRetry: true);
        Assert.DoesNotContain("secret of ours", answer.Body, StringComparison.Ordinal);
    }

    private async Task<Answer> PostAsync(HttpContent content)
    {
        api.Grains.Reset();
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/payments") { Content = content };
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", api.FullKey);
        request.Headers.Add("Idempotency-Key", "k");
        var answer = await api.SendAsync(request);
        Assert.Empty(api.Grains.Activated);
        return answer;
    }

    // A good body with one field set, or added, as raw JSON.
    private static string Body(string name, string value)
    {
        var fields = new Dictionary<string, string> { ["amount"] = "1", ["currency"] = "\"EUR\"", ["payment_method"] = "\"tok\"" };
        fields[name] = value;
        return $"{{{string.Join(",", fields.Select(field => $"\"{field.Key}\":{field.Value}"))}}}";
    }

    private sealed class ChunkedContent(byte[] body) : HttpContent
    {
        protected override Task SerializeToStreamAsync(Stream stream, System.Net.TransportContext? context) => stream.WriteAsync(body).AsTask();

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }
}
