using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Payments.Tests.Gateways;
using Payments.Tests.Support;

namespace Payments.Tests.Faults;

/// <summary>Two processors with all that nodes need, for the tests of one class.</summary>
public sealed class TwoProcessors : IAsyncLifetime
{
    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("second");
    private SimulatorProcess? second;

    internal RunningSystem System { get; private set; } = null!;

    internal HttpClient Client { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        var address = FreePort.Address();
        second = await SimulatorProcess.StartReadyAsync(address, folder.FullName);
        System = await RunningSystem.StartAsync(
            nodes: 1,
            $$"""
            {
              "gateways": [
                { "name": "simulator", "connector": "simulator", "mode": "test", "url": "SIMULATOR", "timeout_ms": 2000,
                  "webhook_secrets": ["env:PAYMENTS_SIMULATOR_WEBHOOK_SECRET"], "retries_ms": [100, 200, 500], "break_ms": 500 },
                { "name": "second", "connector": "simulator", "mode": "test", "url": "{{address}}", "retries_ms": [100, 200, 500] }
              ],
              "routes": [ // large ones and yen go to the second one alone
                { "currencies": ["JPY"], "gateways": ["second"] },
                { "min_amount": 100000, "gateways": ["second"] },
                { "methods": ["tok_decline_*", "tok_unavailable_then_ok"], "gateways": ["simulator", "second"] },
                { "gateways": ["simulator"] }
              ]
            }
            """,
            ("PAYMENTS_TWO_OPERATORS_FROM", "5000"), ("PAYMENTS_UNKNOWN_SECONDS", "1"));
        Client = System.Client(0);
    }

    public async Task DisposeAsync()
    {
        Client.Dispose();
        await System.DisposeAsync();
        await second!.DisposeAsync();
        folder.Delete(recursive: true);
    }
}

/// <summary>Processors that answer by webhook, want something of the customer, change their mind, or never answer again; through real processes.</summary>
public sealed class EvidenceTests(TwoProcessors processors) : IClassFixture<TwoProcessors>
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private readonly RunningSystem system = processors.System;
    private readonly HttpClient client = processors.Client;

    [Theory]
    [InlineData("tok_pending_then_approve", "succeeded")]
    [InlineData("tok_pending_then_decline", "declined")]
    public async Task What_is_pending_is_decided_by_a_webhook(string token, string end)
    {
        // A question may be faster than the webhook: then another payment is.
        var tries = 0;
        await Eventually.BecomesAsync(true, async () =>
        {
            var made = await ChargeAsync($"pending {token} {++tries}", 1000, token, "respond-async");
            Assert.Equal(("processing", "unknown"), (Text(made, "status"), Text(made, "outcome")));
            await BecomesAsync(made, end);
            return (await TimelineAsync(made)).Contains("\"webhook\"", StringComparison.Ordinal);
        }, Patience);
    }

    [Theory]
    [InlineData("approve", "succeeded")]
    [InlineData("decline", "declined")]
    public async Task A_customer_who_must_act_is_sent_to_its_bank_and_comes_back(string decision, string end)
    {
        var made = await ChargeAsync($"act {decision}", 1000, "tok_requires_action", "wait=20", new { return_url = "https://shop.example/done" });
        Assert.Equal(("requires_action", "unknown"), (Text(made, "status"), Text(made, "outcome")));
        using var browser = new HttpClient(new HttpClientHandler { AllowAutoRedirect = false });
        Assert.Contains("Your bank asks", await browser.GetStringAsync(Text(made, "action_url")), StringComparison.Ordinal);
        using var back = await browser.PostAsync(Text(made, "action_url"), new FormUrlEncodedContent([new("decision", decision)]));
        Assert.Equal((HttpStatusCode.SeeOther, new Uri("https://shop.example/done")), (back.StatusCode, back.Headers.Location));
        // The shop asks at once; it does not wait for the webhook.
        using var asked = await client.PostAsync($"v1/payments/{Text(made, "id")}/refresh?wait=10", null);
        Assert.Contains(Text(await asked.Content.ReadFromJsonAsync<JsonElement>(), "status"), new[] { end, "requires_action" });
        await BecomesAsync(made, end);
        Assert.Equal(JsonValueKind.Null, (await GetAsync($"v1/payments/{Text(made, "id")}")).GetProperty("action_url").ValueKind);
    }

    [Fact]
    public async Task A_customer_who_never_acts_is_given_up_by_the_processor_and_not_by_us()
    {
        var made = await ChargeAsync("never acts", 1000, "tok_requires_action", "wait=20");
        Assert.Equal("requires_action", Text(made, "status"));
        await BecomesAsync(made, "declined");
        Assert.Equal("action_expired", Text(await GetAsync($"v1/payments/{Text(made, "id")}"), "decline_code"));
    }

    [Theory]
    [InlineData("won", 500)]
    [InlineData("lost", 11_500)]
    public async Task A_dispute_takes_amount_and_fee_off_the_balance_and_gives_them_back_or_not(string end, long lost)
    {
        var made = await ChargeAsync($"dispute {end}", 10_000, $"tok_disputed_{end}");
        Assert.Equal("succeeded", Text(made, "status"));
        await Eventually.BecomesAsync(
            $"{end} 10000", async () => (await GetAsync($"v1/payments/{Text(made, "id")}/disputes")).GetProperty("data").EnumerateArray()
                .Select(dispute => $"{Text(dispute, "status")} {dispute.GetProperty("amount").GetInt64()}").SingleOrDefault(), Patience);
        var payment = await GetAsync($"v1/payments/{Text(made, "id")}");
        Assert.Equal(("succeeded", end == "won" ? 10_000 : 0), (Text(payment, "status"), payment.GetProperty("refundable").GetInt64()));
        Assert.Equal(lost, await system.CountAsync(
            $"SELECT (10000 + sum(CASE WHEN a.id LIKE 'gateway:%' THEN -p.amount ELSE 0 END))::bigint FROM journal_entries e JOIN postings p ON p.entry_id = e.id JOIN accounts a ON a.no = p.account_no "
            + $"WHERE e.payment_id = (SELECT payment_id FROM operations WHERE kind = 'dispute_{end}' LIMIT 1)"));
        await VerifyAsync();
    }

    [Fact]
    public async Task A_refund_that_comes_back_after_it_succeeded_has_failed_and_its_amount_may_be_refunded_again()
    {
        var made = await ChargeAsync("comes back", 1000, "tok_approve");
        var refund = await PostAsync($"v1/payments/{Text(made, "id")}/refunds", "r", new { amount = 576 });
        var path = $"v1/payments/{Text(made, "id")}/refunds/{Text(refund, "id")}";
        Assert.Equal("succeeded", Text(refund, "status"));
        await Eventually.BecomesAsync(("failed", "account_closed"), async () => await GetAsync(path) is var now ? (Text(now, "status"), Text(now, "failure_code")) : default, Patience);
        var payment = await GetAsync($"v1/payments/{Text(made, "id")}");
        Assert.Equal((576, 576, 1000), (payment.GetProperty("refunded").GetInt64(), payment.GetProperty("refunds_reversed").GetInt64(), payment.GetProperty("refundable").GetInt64()));
        Assert.Equal("succeeded", Text(await PostAsync($"v1/payments/{Text(made, "id")}/refunds", "again", new { amount = 1000 }), "status"));
        await VerifyAsync();
    }

    [Theory]
    [InlineData(1000, "EUR", "tok_approve", "simulator")]
    [InlineData(1000, "JPY", "tok_approve", "second")]
    [InlineData(100_000, "EUR", "tok_approve", "second")]
    public async Task Rules_say_where_a_payment_goes(long amount, string currency, string token, string gateway) =>
        Assert.Equal(gateway, Text(await ChargeAsync($"route {amount} {currency}", amount, token, "wait=20", new { currency }), "gateway"));

    [Fact]
    public async Task A_retryable_decline_goes_on_to_the_next_processor_and_another_decline_does_not()
    {
        var retried = await ChargeAsync("fails over", 1000, "tok_decline_try_again");
        Assert.Equal(("declined", "second", "try_again_later"), (Text(retried, "status"), Text(retried, "gateway"), Text(retried, "decline_code")));
        var declined = await ChargeAsync("stays", 1000, "tok_decline_stolen_card");
        Assert.Equal(("declined", "simulator"), (Text(declined, "status"), Text(declined, "gateway")));
        Assert.Contains("It is proven that the charge did not happen here: the payment goes on to the next processor.", await TimelineAsync(retried), StringComparison.Ordinal);
        await VerifyAsync();
    }

    [Fact]
    public async Task A_processor_that_turns_payments_away_at_the_door_is_passed_over()
    {
        var made = await ChargeAsync("at the door", 1000, "tok_unavailable_then_ok", "wait=30");
        await BecomesAsync(made, "succeeded");
        Assert.Equal("second", Text(await GetAsync($"v1/payments/{Text(made, "id")}"), "gateway"));
    }

    [Fact]
    public async Task A_drained_processor_gets_no_new_payments_and_its_old_ones_go_on()
    {
        var made = await ChargeAsync("before the drain", 1000, "tok_approve");
        using var ann = system.OperatorClient(0);
        await DrainAsync(ann, true);
        await Eventually.BecomesAsync("no_processor", async () => Text(await ChargeAsync($"drained {Guid.NewGuid()}", 1000, "tok_approve"), "code"));
        Assert.Equal("succeeded", Text(await PostAsync($"v1/payments/{Text(made, "id")}/refunds", "r", new { amount = 100 }), "status"));
        await DrainAsync(ann, false);
        await Eventually.BecomesAsync("succeeded", async () => Text(await ChargeAsync($"open {Guid.NewGuid()}", 1000, "tok_approve"), "status"));
    }

    [Fact]
    public async Task A_processor_that_never_answers_again_leaves_its_payments_unknown_and_visible_until_two_operators_decide()
    {
        using var ann = system.OperatorClient(0);
        using var bob = system.OperatorClient(1);
        await system.SetFaultsAsync(new { lost_before = 1 });
        await system.TakeProcessorDownAsync(TimeSpan.FromMinutes(5));
        try
        {
            var small = await ChargeAsync("never small", 4999, "tok_approve", "respond-async");
            var large = await ChargeAsync("never large", 5000, "tok_approve", "respond-async");
            var ids = new[] { Text(small, "id"), Text(large, "id") };
            foreach (var reader in new[] { client, ann })
            {
                await Eventually.BecomesAsync(2, async () => (await UnknownAsync(reader)).Count(operation => ids.Contains(Text(operation, "payment")) && operation.GetProperty("attempts").GetInt32() > 8), Patience);
            }

            // Many tries later: not failed, and nothing that depends on it is taken.
            Assert.All(await UnknownAsync(ann), operation => Assert.Equal("pending", Text(operation, "status")));
            var refused = await PostAsync($"v1/payments/{ids[0]}/refunds", "too early", new { amount = 1 });
            Assert.Equal(("payment_not_refundable", "not_sent", true), (Text(refused, "code"), Text(refused, "outcome"), refused.GetProperty("safe_to_retry").GetBoolean()));

            var one = await DecidableAsync(ann, ids[0]);
            await DecidesAsync(ann, one, "k1");
            await BecomesAsync(small, "declined");

            var two = await DecidableAsync(ann, ids[1]);
            Assert.Equal("pending", Text(await DecideAsync(ann, two, "k2", "declined"), "status"));
            Assert.Equal("decision_made_before", Text(await DecideAsync(ann, await DecidableAsync(ann, ids[1]), "k3", "declined"), "code"));
            Assert.Equal("decisions_differ", Text(await DecideAsync(bob, await DecidableAsync(ann, ids[1]), "k4", "done"), "code"));
            var decided = await DecidesAsync(bob, await DecidableAsync(ann, ids[1]), "k5");
            Assert.Equal(2, decided.GetProperty("decisions").GetArrayLength());
            Assert.Equal("operation_decided", Text(await DecideAsync(bob, two, "k6", "declined"), "code"));
            Assert.Contains("Operators decided", await TimelineAsync(large), StringComparison.Ordinal);
        }
        finally
        {
            await system.TakeProcessorDownAsync(TimeSpan.Zero);
            await system.SetFaultsAsync(new { });
        }

        await VerifyAsync();
    }

    [Fact]
    public async Task The_breaker_opens_before_a_processor_that_is_away_and_closes_behind_it()
    {
        using var ann = system.OperatorClient(0);
        await system.TakeProcessorDownAsync(TimeSpan.FromMinutes(5));
        try
        {
            await Task.WhenAll(Enumerable.Range(0, 30).Select(i => ChargeAsync($"away {i}", 1000, "tok_approve", "respond-async")));
            await Eventually.BecomesAsync(true, async () => (await GatewayAsync(ann)).GetProperty("turned_away").GetInt64() > 0, Patience);
        }
        finally
        {
            await system.TakeProcessorDownAsync(TimeSpan.Zero);
        }

        await Eventually.BecomesAsync("closed", async () =>
        {
            await ChargeAsync($"back {Guid.NewGuid()}", 1000, "tok_approve", "wait=5");
            return Text(await GatewayAsync(ann), "breaker");
        }, Patience);
        await Eventually.BecomesAsync(0L, () => system.CountAsync("SELECT count(*) FROM operations WHERE status = 'pending'"), Patience);
        await VerifyAsync();
    }

    private async Task VerifyAsync()
    {
        var report = await system.VerifyAsync();
        Assert.True(report.Passed, string.Join('\n', report.Breaches));
    }

    private static async Task DrainAsync(HttpClient ann, bool drained)
    {
        using var answer = await ann.PatchAsJsonAsync("v1/admin/gateways/simulator", new { drained, reason = "maintenance" });
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
    }

    private static async Task<JsonElement> GatewayAsync(HttpClient ann) =>
        (await ann.GetFromJsonAsync<JsonElement>("v1/admin/gateways")).GetProperty("data").EnumerateArray().Single(gateway => Text(gateway, "name") == "simulator");

    private static async Task<JsonElement[]> UnknownAsync(HttpClient reader) =>
        [.. (await reader.GetFromJsonAsync<JsonElement>("v1/operations?outcome=unknown&limit=100")).GetProperty("data").EnumerateArray()];

    // An operator decides when no attempt is under way.
    private static async Task<string> DecidableAsync(HttpClient ann, string payment)
    {
        var id = "";
        await Eventually.BecomesAsync(true, async () =>
        {
            var operation = (await UnknownAsync(ann)).Single(one => Text(one, "payment") == payment);
            id = Text(operation, "id");
            return operation.GetProperty("answer").ValueKind != JsonValueKind.Null;
        });
        return id;
    }

    // An attempt may begin between the endpoint's look and the payment's. The decision waits for its end, and the same key asks what became of it.
    private static async Task<JsonElement> DecidesAsync(HttpClient by, string operation, string key)
    {
        JsonElement answer = default;
        await Eventually.BecomesAsync("declined", async () => Text(answer = await DecideAsync(by, operation, key, "declined"), "status"), Patience);
        return answer;
    }

    private static async Task<JsonElement> DecideAsync(HttpClient by, string operation, string key, string outcome)
    {
        while (true)
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, $"v1/operations/{operation}/decisions")
            {
                Content = JsonContent.Create(new { outcome, reason = "The processor's support looked, and found nothing." }),
            };
            request.Headers.Add("Idempotency-Key", key);
            using var response = await by.SendAsync(request);
            var body = await response.Content.ReadFromJsonAsync<JsonElement>();
            if (!(response.StatusCode == HttpStatusCode.Conflict && Text(body, "code") == "operation_under_way"))
            {
                return body;
            }
        }
    }

    private Task BecomesAsync(JsonElement payment, string status) =>
        Eventually.BecomesAsync(status, async () => Text(await GetAsync($"v1/payments/{Text(payment, "id")}"), "status"), Patience);

    private async Task<string> TimelineAsync(JsonElement payment) => await client.GetStringAsync($"v1/payments/{Text(payment, "id")}/timeline");

    private Task<JsonElement> GetAsync(string path) => client.GetFromJsonAsync<JsonElement>(path);

    private Task<JsonElement> ChargeAsync(string key, long amount, string token, string prefer = "wait=20", object? more = null)
    {
        var body = JsonSerializer.SerializeToNode(new { amount, currency = "EUR", payment_method = token })!.AsObject();
        foreach (var (name, value) in more is null ? [] : JsonSerializer.SerializeToNode(more)!.AsObject())
        {
            body[name] = value?.DeepClone();
        }

        return PostAsync("v1/payments", key, body, prefer);
    }

    private async Task<JsonElement> PostAsync(string path, string key, object body, string prefer = "wait=20")
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = JsonContent.Create(body) };
        request.Headers.Add("Idempotency-Key", key);
        request.Headers.Add("Prefer", prefer);
        using var response = await client.SendAsync(request);
        return await response.Content.ReadFromJsonAsync<JsonElement>();
    }

    private static string Text(JsonElement body, string name) => body.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString()! : "";
}
