using System.Net;

namespace Payments.Tests.Gateways;

/// <summary>The simulator's own promises: clear refusals, reproducible faults, a complete list of effects.</summary>
public sealed class SimulatorHttpTests : IAsyncLifetime
{
    private const string Order = """{"reference":"r","amount":1,"currency":"EUR","token":"tok_approve"}""";

    private readonly SimulatorFixture simulator = new();

    public Task InitializeAsync() => simulator.InitializeAsync();

    public Task DisposeAsync() => simulator.DisposeAsync();

    [Theory]
    [InlineData("", "invalid_json", null)]
    [InlineData("[]", "invalid_json", null)]
    [InlineData("null", "invalid_json", null)]
    [InlineData("""{"reference":"a","reference":"b"}""", "invalid_field", "reference")]
    [InlineData("{}", "missing_field", "reference")]
    [InlineData("""{"reference":"\ud800"}""", "invalid_field", "reference")]
    [InlineData("""{"reference":"a/b"}""", "invalid_field", "reference")]
    [InlineData("""{"reference":"r","amount":1.5}""", "invalid_field", "amount")]
    [InlineData("""{"reference":"r","amount":99999999999999999999}""", "invalid_field", "amount")]
    [InlineData("""{"reference":"r","amount":0}""", "invalid_field", "amount")]
    [InlineData("""{"reference":"r","amount":1,"currency":"eur"}""", "invalid_field", "currency")]
    [InlineData("""{"reference":"r","amount":1,"currency":"EUR","token":"x"}""", "unknown_token", "token")]
    public async Task Bad_input_is_a_refusal_with_code_and_field(string body, string code, string? field)
    {
        var (status, refusal) = await simulator.Client.PostAsync("v1/charges", body, "key");
        Assert.Equal(HttpStatusCode.BadRequest, status);
        Assert.Equal((code, field), ((string?)refusal["code"], (string?)refusal["field"]));
    }

    [Fact]
    public async Task What_the_server_itself_refuses_has_the_same_form()
    {
        Assert.Equal("missing_field", (string?)(await simulator.Client.PostAsync("v1/charges", Order)).Body["code"]);
        Assert.Equal("not_found", (string?)(await simulator.Client.GetAsync("nothing")).Body["code"]);
        Assert.Equal("method_not_allowed", (string?)(await simulator.Client.GetAsync("v1/charges")).Body["code"]);
        var large = new string(' ', 20_000);
        Assert.Equal("body_too_large", (string?)(await simulator.Client.PostAsync("v1/charges", large, "k")).Body["code"]);
        Assert.Equal("invalid_field", (string?)(await simulator.Client.PostAsync("admin/faults", """{"slow":1.1}""")).Body["code"]);
        Assert.Equal("invalid_field", (string?)(await simulator.Client.GetAsync("admin/effects?after=-1")).Body["code"]);
    }

    [Fact]
    public async Task A_request_that_finds_its_key_at_work_waits_for_the_answer()
    {
        var answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => simulator.Client.ChargeAsync("k", "tok_slow")));
        Assert.All(answers, answer => Assert.Equal("approved", (string?)answer.Body["status"]));
        Assert.Single(await simulator.Client.EffectsAsync());
    }

    [Fact]
    public async Task Faults_are_the_same_for_the_same_seed()
    {
        var first = await FaultsOfAsync(seed: 7);
        await simulator.RestartAsync(() => File.Delete(simulator.RecordPath));
        Assert.Equal(first, await FaultsOfAsync(seed: 7));
        await simulator.RestartAsync(() => File.Delete(simulator.RecordPath));
        Assert.NotEqual(first, await FaultsOfAsync(seed: 8));
        Assert.Contains("lost", first);
        Assert.Contains("ServiceUnavailable", first);
        Assert.Contains("OK", first);
    }

    [Fact]
    public async Task Whatever_faults_there_are_each_key_has_one_effect_in_the_end()
    {
        await simulator.Client.PostAsync(
            "admin/faults", """{"seed":1,"lost_before":0.3,"lost_after":0.3,"unavailable":0.3,"slow":0.2,"slow_ms":2}""");
        await Task.WhenAll(Enumerable.Range(0, 50).Select(async n =>
        {
            while (await TryChargeAsync($"k{n}") != "OK")
            {
            }
        }));
        var effects = await simulator.Client.EffectsAsync();
        Assert.Equal(50, effects.Select(effect => (string?)effect["idempotency_key"]).Distinct().Count());
        Assert.Equal(50, effects.Count);
        var summary = (await simulator.Client.GetAsync("admin/effects/summary")).Body;
        Assert.Equal((50, 50_000), ((int)summary["charges"]!["count"]!, (int)summary["charges"]!["amounts"]!["EUR"]!));
        Assert.True((int)summary["lost_answers"]! > 0);
    }

    [Fact]
    public async Task Effects_are_listed_in_order_and_continued_after_a_number()
    {
        // More than lie between two places that the index remembers.
        await Parallel.ForEachAsync(
            Enumerable.Range(0, 2_100),
            new ParallelOptions { MaxDegreeOfParallelism = 64 },
            async (n, _) => await simulator.Client.ChargeAsync($"k{n}", n % 21 == 0 ? "tok_decline_stolen_card" : "tok_approve"));
        var all = await simulator.Client.EffectsAsync();
        Assert.Equal(Enumerable.Range(1, 2_000), all.Select(effect => (int)effect["n"]!));
        foreach (var after in new[] { 1, 1_023, 1_024, 1_025, 1_999, 2_000, 5_000 })
        {
            var rest = await simulator.Client.EffectsAsync(after);
            Assert.Equal(all.Skip(after).Select(effect => effect.ToJsonString()), rest.Select(effect => effect.ToJsonString()));
        }
    }

    [Fact]
    public async Task A_refund_names_its_charge_and_keeps_to_its_currency()
    {
        var charge = (string)(await simulator.Client.ChargeAsync("c", "tok_approve")).Body["id"]!;
        Assert.Equal("currency_mismatch", (string?)(await simulator.Client.RefundAsync("r1", charge, 5, "USD")).Body["code"]);
        Assert.Equal("approved", (string?)(await simulator.Client.RefundAsync("r2", charge, 5)).Body["status"]);
        Assert.Equal("ref-c", (string?)(await simulator.Client.EffectsAsync(after: 1)).Single()["charge_reference"]);
        var declined = (string)(await simulator.Client.ChargeAsync("d", "tok_decline_stolen_card")).Body["id"]!;
        Assert.Equal("unknown_charge", (string?)(await simulator.Client.RefundAsync("r3", declined, 5)).Body["code"]);
        Assert.Equal(HttpStatusCode.NotFound, (await simulator.Client.GetAsync("v1/operations/ref-r3")).Status);
    }

    [Fact]
    public async Task Money_that_moved_is_not_hidden_by_a_decline_under_the_same_reference()
    {
        await simulator.Client.ChargeAsync("a", "tok_decline_stolen_card", reference: "r");
        await simulator.Client.ChargeAsync("b", "tok_approve", reference: "r");
        await simulator.Client.ChargeAsync("c", "tok_decline_stolen_card", reference: "r");
        Assert.Equal("approved", (string?)(await simulator.Client.GetAsync("v1/operations/r")).Body["status"]);
    }

    private async Task<List<string>> FaultsOfAsync(int seed)
    {
        await simulator.Client.PostAsync("admin/faults", $$"""{"seed":{{seed}},"lost_before":0.2,"lost_after":0.2,"unavailable":0.2}""");
        var results = new List<string>();
        for (var n = 0; n < 40; n++)
        {
            // Each key twice: the attempt counts too.
            results.Add(await TryChargeAsync($"k{n / 2}"));
        }

        return results;
    }

    private async Task<string> TryChargeAsync(string key)
    {
        try
        {
            return (await simulator.Client.ChargeAsync(key, "tok_approve")).Status.ToString();
        }
        catch (HttpRequestException)
        {
            return "lost";
        }
    }
}
