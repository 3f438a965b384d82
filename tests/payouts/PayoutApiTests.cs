using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Payments.Client;
using Payments.Tests.Support;

namespace Payments.Tests.Payouts;

/// <summary>Payouts over HTTP, on real nodes, with the simulator as the bank; and the audit of it all, the bank's record included.</summary>
public sealed class PayoutApiTests(PayingSystem fixture) : IClassFixture<PayingSystem>, IDisposable
{
    private readonly RunningSystem system = fixture.System;
    private readonly HttpClient merchant = fixture.System.Client(0);
    private readonly HttpClient @operator = fixture.System.OperatorClient(0);

    // Each test has a currency of its own, and so a balance.
    private string currency = "";

    public void Dispose()
    {
        merchant.Dispose();
        @operator.Dispose();
    }

    [Fact]
    public async Task A_payout_is_asked_for_carried_out_and_shown()
    {
        await SellAsync("EUR");
        Assert.Equal("payout_settings_missing", (await PayAsync("early", 1_000)).Body.GetProperty("code").GetString());
        await SetAsync(delayDays: 2, reserve: 5_000);
        Assert.Equal((0, 100_000), await PayableAsync());
        Assert.Equal((HttpStatusCode.UnprocessableEntity, "payout_exceeds_available"), await CodeAsync("young", 1_000));
        await SetAsync(delayDays: 0, reserve: 5_000);
        Assert.Equal((95_000, 0), await PayableAsync());
        Assert.Equal((HttpStatusCode.UnprocessableEntity, "payout_exceeds_available"), await CodeAsync("much", 95_001));

        var (status, made, response) = await PayAsync("a", 40_000);
        Assert.Equal((HttpStatusCode.Created, "payout", "DE89…3000"), (status, Text(made, "object"), Text(made, "destination")));
        Assert.Equal($"/v1/payouts/{Text(made, "id")}", response.Headers.Location?.ToString());
        await BecomesAsync(made, "paid");
        var (_, again, replay) = await PayAsync("a", 40_000);
        Assert.Equal((Text(made, "id"), true), (Text(again, "id"), replay.Headers.Contains("Idempotent-Replayed")));
        Assert.Equal((HttpStatusCode.UnprocessableEntity, "idempotency_key_reused"), await CodeAsync("a", 40_001));
        Assert.Equal((55_000, 0), await PayableAsync());

        // What comes back, what the bank declines, and what it takes a while for.
        var cases = new[] { (1_075, "returned"), (1_079, "failed"), (1_073, "paid") };
        foreach (var (amount, end) in cases)
        {
            await BecomesAsync((await PayAsync($"{amount}", amount)).Body, end);
        }

        Assert.Equal((55_000 - 1_073, 0), await PayableAsync());
        var list = await merchant.GetFromJsonAsync<JsonElement>("v1/payouts?limit=3");
        Assert.Equal([1_073, 1_079, 1_075], list.GetProperty("data").EnumerateArray().Select(one => one.GetProperty("amount").GetInt32()));
        Assert.True(list.GetProperty("has_more").GetBoolean());
        using var client = new PaymentsClient(new() { BaseAddress = system.Addresses[0], SecretKey = system.SecretKey });
        var small = await client.CreatePayoutAsync("client", new(100, currency, "By the client"));
        Assert.Equal((100, "DE89…3000", "By the client"), (small.Amount, small.Destination, small.Description));
        await Eventually.BecomesAsync("paid", async () => (await client.GetPayoutAsync(small.Id)).Status);
        Assert.Equal(small.Id, (await client.ListPayoutsAsync().FirstAsync()).Id);
        Assert.Equal(55_000 - 1_173, (await client.GetPayableBalanceAsync()).Balances.Single(balance => balance.Currency == currency).Available);
        Assert.Equal(HttpStatusCode.NotFound, (await merchant.GetAsync(new Uri("v1/payouts/po_00000000000000000000000000", UriKind.Relative))).StatusCode);
        await AuditAsync();
    }

    [Fact]
    public async Task Lost_answers_and_a_killed_node_make_no_second_transfer()
    {
        await SellAsync("GBP");
        await SetAsync(delayDays: 0, reserve: 0);
        await system.SetFaultsAsync(new { seed = 7, lost_before = 0.3, lost_after = 0.4, unavailable = 0.1 });
        var payouts = await Task.WhenAll(Enumerable.Range(0, 30).Select(i => PayAsync($"p{i}", 1_000 + i)));
        Assert.All(payouts, payout => Assert.Equal(HttpStatusCode.Created, payout.Status));
        await system.KillNodeAsync(0);
        await system.StartNodeAsync(0);
        await system.SetFaultsAsync(new { });
        await system.BecomesEmptyAsync("SELECT id FROM payouts WHERE status <> 'paid' AND currency = 'GBP'", TimeSpan.FromSeconds(40));
        var transfers = (await system.EffectsAsync()).Where(effect => Text(effect, "kind") == "transfer" && Text(effect, "currency") == currency).ToArray();
        Assert.Equal((30, 30), (transfers.Length, transfers.Select(effect => Text(effect, "reference")).Distinct().Count()));
        await AuditAsync();
    }

    [Fact]
    public async Task A_schedule_pays_out_and_an_operator_says_what_the_statement_says()
    {
        await SellAsync("SEK");
        await SetAsync(delayDays: 0, reserve: 0, schedule: "daily");
        await system.ExecuteAsync("UPDATE payments.payout_settings SET scheduled_through = scheduled_through - 1 WHERE currency = 'SEK'");
        await system.BecomesEmptyAsync("SELECT 1 WHERE NOT EXISTS (SELECT FROM payouts WHERE status = 'paid' AND currency = 'SEK')", TimeSpan.FromSeconds(20));
        var payout = (await merchant.GetFromJsonAsync<JsonElement>("v1/payouts")).GetProperty("data")[0];
        Assert.Equal((100_000, JsonValueKind.String), (payout.GetProperty("amount").GetInt32(), payout.GetProperty("scheduled_for").ValueKind));

        var path = $"v1/admin/payouts/{Text(payout, "id")}/outcome";
        Assert.Equal("payout_decided", Text((await RunningSystem.PostAsync(@operator, path, "1", new { outcome = "failed", reason = "Statement 77" })).Body, "code"));
        Assert.Equal("returned", Text((await RunningSystem.PostAsync(@operator, path, "2", new { outcome = "returned", reason = "Statement 77" })).Body, "status"));
        Assert.Equal((100_000, 0), await PayableAsync());
        Assert.Equal(HttpStatusCode.Forbidden, (await RunningSystem.PostAsync(merchant, path, "3", new { outcome = "paid", reason = "x" })).Status);
        await AuditAsync();
    }

    private async Task SellAsync(string of)
    {
        currency = of;
        await RunningSystem.PostAsync(merchant, "v1/payments", $"sale {of}", new { amount = 100_000, currency, payment_method = "tok_approve" });
    }

    private async Task SetAsync(int delayDays, long reserve, string schedule = "manual")
    {
        using var answer = await @operator.PutAsJsonAsync(
            $"v1/admin/merchants/{RunningSystem.MerchantId}/payout-settings/{currency}",
            new { schedule, minimum = 100, delay_days = delayDays, reserve, destination = "DE89370400440532013000", holder = "Corner Shop GmbH" });
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync());
    }

    private Task<(HttpStatusCode Status, JsonElement Body, HttpResponseMessage Response)> PayAsync(string key, long amount) =>
        RunningSystem.PostAsync(merchant, "v1/payouts", key, new { amount, currency });

    private async Task<(HttpStatusCode, string?)> CodeAsync(string key, long amount) => await PayAsync(key, amount) is var (status, body, _) ? (status, Text(body, "code")) : default;

    private Task BecomesAsync(JsonElement payout, string status) => Eventually.BecomesAsync(
        status, async () => Text(await merchant.GetFromJsonAsync<JsonElement>($"v1/payouts/{Text(payout, "id")}"), "status")!);

    private async Task<(long Available, long Held)> PayableAsync()
    {
        var one = (await merchant.GetFromJsonAsync<JsonElement>("v1/balance/payable")).GetProperty("balances").EnumerateArray().Single(balance => Text(balance, "currency") == currency);
        return (one.GetProperty("available").GetInt64(), one.GetProperty("held").GetInt64());
    }

    private async Task AuditAsync() => Assert.Empty((await system.VerifyAsync()).Breaches);

    private static string? Text(JsonElement json, string name) => json.GetProperty(name).GetString();
}

/// <summary>One node with a bank that is asked again soon.</summary>
public sealed class PayingSystem : IAsyncLifetime
{
    private const string Gateways = """
        { "gateways": [{ "name": "simulator", "connector": "simulator", "mode": "test", "url": "SIMULATOR" }],
          "banks": [{ "name": "simulator", "connector": "simulator", "mode": "test", "url": "SIMULATOR", "timeout_ms": 1000, "retries_ms": [100, 300, 1000] }] }
        """;

    internal RunningSystem System { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        System = await RunningSystem.StartAsync(1, Gateways);
        await System.ExecuteAsync("UPDATE payments.merchants SET fee_basis_points = 0, fee_fixed = 0");
    }

    public Task DisposeAsync() => System.DisposeAsync().AsTask();
}
