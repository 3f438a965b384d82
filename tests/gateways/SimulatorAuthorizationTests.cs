using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Payments.GatewaySimulator.Record;
using Payments.Tests.Support;

namespace Payments.Tests.Gateways;

/// <summary>Authorizations, and what may be taken of them or given back.</summary>
public sealed class SimulatorAuthorizationTests : IAsyncLifetime
{
    private readonly SimulatorFixture simulator = new();

    public Task InitializeAsync() => simulator.InitializeAsync();

    public Task DisposeAsync() => simulator.DisposeAsync();

    [Theory]
    [InlineData("tok_approve", 7 * 24 * 3_600)]
    [InlineData("tok_authorization_expires", 2)]
    public async Task An_authorization_says_when_it_expires(string token, int seconds)
    {
        var (status, reply) = await simulator.Client.AuthorizeAsync("a", token);
        Assert.Equal(HttpStatusCode.OK, status);
        Assert.Equal(
            ("authorization", "ref-a", "approved", 1_000, "EUR"),
            ((string?)reply["kind"], (string?)reply["reference"], (string?)reply["status"], (long)reply["amount"]!, (string?)reply["currency"]));
        Assert.StartsWith("au_", (string?)reply["id"]);
        var effect = Assert.Single(await simulator.Client.EffectsAsync());
        var expiresAt = DateTimeOffset.Parse((string)reply["expires_at"]!);
        Assert.Equal(DateTimeOffset.Parse((string)effect["at"]!).AddSeconds(seconds), expiresAt);
        Assert.Equal(TimeSpan.Zero, expiresAt.Offset);
        Assert.Equal(reply.ToJsonString(), (await simulator.Client.GetAsync("v1/operations/ref-a")).Body.ToJsonString());
    }

    [Fact]
    public async Task A_declined_authorization_has_no_end_and_nothing_builds_on_it()
    {
        var declined = (await simulator.Client.AuthorizeAsync("a", "tok_decline_stolen_card")).Body;
        Assert.Equal("stolen_card", (string?)declined["decline_code"]);
        Assert.Null(declined["expires_at"]);
        var id = (string)declined["id"]!;
        Assert.Equal("unknown_authorization", Code(await simulator.Client.CaptureAsync("c", id, 1)));
        Assert.Equal("unknown_authorization", Code(await simulator.Client.VoidAsync("v", id)));
        Assert.Equal("unknown_charge", Code(await simulator.Client.RefundAsync("r", id, 1)));
    }

    [Fact]
    public async Task A_charge_does_not_expire()
    {
        var charge = (await simulator.Client.ChargeAsync("c", "tok_authorization_expires")).Body;
        Assert.Equal("approved", (string?)charge["status"]);
        Assert.Null(charge["expires_at"]);
    }

    [Fact]
    public async Task Tokens_play_the_same_faults_on_authorizations()
    {
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await simulator.Client.AuthorizeAsync("u", "tok_unavailable_then_ok")).Status);
        await Assert.ThrowsAsync<HttpRequestException>(() => simulator.Client.AuthorizeAsync("n", "tok_lost_answer_not_charged"));
        Assert.Empty(await simulator.Client.EffectsAsync());
        await Assert.ThrowsAsync<HttpRequestException>(() => simulator.Client.AuthorizeAsync("l", "tok_lost_answer_charged"));
        Assert.Equal("approved", Status(await simulator.Client.AuthorizeAsync("l", "tok_lost_answer_charged")));
        Assert.Single(await simulator.Client.EffectsAsync());
    }

    [Fact]
    public async Task A_capture_names_its_authorization_and_keeps_to_its_currency()
    {
        var id = await AuthorizeAsync("a");
        var charge = (string)(await simulator.Client.ChargeAsync("c", "tok_approve")).Body["id"]!;
        foreach (var unknown in new[] { charge, "nothing", id + "0", id.Replace("au_", "ch_", StringComparison.Ordinal) })
        {
            Assert.Equal("unknown_authorization", Code(await simulator.Client.CaptureAsync("x", unknown, 1)));
            Assert.Equal("unknown_authorization", Code(await simulator.Client.VoidAsync("y", unknown)));
        }

        Assert.Equal("currency_mismatch", Code(await simulator.Client.CaptureAsync("x", id, 1, currency: "USD")));
        Assert.Equal(HttpStatusCode.NotFound, (await simulator.Client.GetAsync("v1/operations/ref-x")).Status);

        var reply = (await simulator.Client.CaptureAsync("x", id, 300)).Body;
        Assert.StartsWith("cap_", (string?)reply["id"]);
        Assert.Equal(
            ("capture", "approved", 300, "EUR", id),
            ((string?)reply["kind"], (string?)reply["status"], (long)reply["amount"]!, (string?)reply["currency"],
                (string?)reply["authorization_id"]));
        Assert.Equal(reply.ToJsonString(), (await simulator.Client.GetAsync("v1/operations/ref-x")).Body.ToJsonString());
    }

    [Theory]
    [InlineData("v1/authorizations", """{"reference":"r","amount":1,"currency":"EUR"}""", "missing_field", "token")]
    [InlineData("v1/captures", """{"reference":"r","amount":0}""", "invalid_field", "amount")]
    [InlineData("v1/captures", """{"reference":"r","amount":1}""", "missing_field", "currency")]
    [InlineData("v1/captures", """{"reference":"r","amount":1,"currency":"EUR"}""", "missing_field", "authorization_id")]
    [InlineData("v1/captures", """{"final":"yes"}""", "invalid_field", "final")]
    [InlineData("v1/voids", """{"authorization_id":"au_1"}""", "missing_field", "reference")]
    [InlineData("v1/voids", """{"reference":"r"}""", "missing_field", "authorization_id")]
    [InlineData("v1/refunds", """{"reference":"r","amount":1,"currency":"EUR"}""", "missing_field", "charge_id")]
    public async Task Each_kind_asks_for_its_own_fields(string path, string body, string code, string field)
    {
        var (status, refusal) = await simulator.Client.PostAsync(path, body, "key");
        Assert.Equal((HttpStatusCode.BadRequest, code, field), (status, (string?)refusal["code"], (string?)refusal["field"]));
    }

    [Fact]
    public async Task Captures_in_parts_take_no_more_than_there_is()
    {
        var id = await AuthorizeAsync("a");
        Assert.Equal("approved", Status(await simulator.Client.CaptureAsync("c1", id, 600)));
        Assert.Equal("capture_exceeds_authorization", Decline(await simulator.Client.CaptureAsync("c2", id, 401)));
        Assert.Equal("capture_exceeds_authorization", Decline(await simulator.Client.CaptureAsync("c3", id, 478)));
        Assert.Equal("capture_refused", Decline(await simulator.Client.CaptureAsync("c4", id, 178)));
        Assert.Equal("declined", Status(await simulator.Client.GetAsync("v1/operations/ref-c4")));
        Assert.Equal("approved", Status(await simulator.Client.CaptureAsync("c5", id, 400)));
        // All is taken, and that closed it.
        Assert.Equal("authorization_closed", Decline(await simulator.Client.CaptureAsync("c6", id, 1)));
        Assert.Equal("authorization_closed", Decline(await simulator.Client.VoidAsync("v", id)));
    }

    [Fact]
    public async Task Captures_in_parallel_take_no_more_than_there_is()
    {
        var id = await AuthorizeAsync("a");
        var answers = await Task.WhenAll(Enumerable.Range(0, 50).Select(n => simulator.Client.CaptureAsync($"c{n}", id, 30)));
        Assert.Equal(33, answers.Count(answer => Status(answer) == "approved"));
        Assert.Equal(17, answers.Count(answer => Decline(answer) == "capture_exceeds_authorization"));
        Assert.Equal(10, (long)(await simulator.Client.VoidAsync("v", id)).Body["amount"]!);
    }

    [Fact]
    public async Task A_final_capture_closes_unless_it_is_declined()
    {
        var id = await AuthorizeAsync("a");
        Assert.Equal("capture_refused", Decline(await simulator.Client.CaptureAsync("c1", id, 78, final: true)));
        Assert.Equal("approved", Status(await simulator.Client.CaptureAsync("c2", id, 100, final: false)));
        Assert.Equal("approved", Status(await simulator.Client.CaptureAsync("c3", id, 100, final: true)));
        Assert.Equal("authorization_closed", Decline(await simulator.Client.CaptureAsync("c4", id, 100)));
        Assert.Equal("authorization_closed", Decline(await simulator.Client.VoidAsync("v", id)));
    }

    [Fact]
    public async Task A_void_releases_what_was_not_captured_and_closes()
    {
        var id = await AuthorizeAsync("a");
        await simulator.Client.CaptureAsync("c1", id, 300);
        var reply = (await simulator.Client.VoidAsync("v1", id)).Body;
        Assert.StartsWith("vo_", (string?)reply["id"]);
        Assert.Equal(
            ("void", "approved", 700, "EUR", id),
            ((string?)reply["kind"], (string?)reply["status"], (long)reply["amount"]!, (string?)reply["currency"],
                (string?)reply["authorization_id"]));
        Assert.Equal("authorization_closed", Decline(await simulator.Client.CaptureAsync("c2", id, 1)));
        var second = (await simulator.Client.VoidAsync("v2", id)).Body;
        Assert.Equal(
            ("authorization_closed", 0, "EUR"),
            ((string?)second["decline_code"], (long)second["amount"]!, (string?)second["currency"]));
        Assert.Equal(reply.ToJsonString(), (await simulator.Client.GetAsync("v1/operations/ref-v1")).Body.ToJsonString());
    }

    [Fact]
    public async Task Of_parallel_voids_one_is_approved()
    {
        var id = await AuthorizeAsync("a");
        var answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(n => simulator.Client.VoidAsync($"v{n}", id)));
        Assert.Equal(1_000, (long)Assert.Single(answers, answer => Status(answer) == "approved").Body["amount"]!);
    }

    [Fact]
    public async Task After_its_end_an_authorization_is_expired_also_when_it_was_closed()
    {
        var open = await AuthorizeAsync("a", "tok_authorization_expires");
        var closed = await AuthorizeAsync("b");
        await simulator.Client.VoidAsync("vb", closed);
        Assert.Equal("approved", Status(await simulator.Client.CaptureAsync("c1", closed = await AuthorizeAsync("c"), 1, final: true)));

        simulator.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal("authorization_expired", Decline(await simulator.Client.CaptureAsync("c2", open, 1)));
        Assert.Equal("authorization_expired", Decline(await simulator.Client.CaptureAsync("c3", open, 1_078)));
        Assert.Equal("authorization_expired", Decline(await simulator.Client.VoidAsync("v1", open)));
        Assert.Equal("currency_mismatch", Code(await simulator.Client.CaptureAsync("c4", open, 1, currency: "USD")));
        Assert.Equal("authorization_closed", Decline(await simulator.Client.CaptureAsync("c5", closed, 1)));

        simulator.Advance(TimeSpan.FromDays(7));
        Assert.Equal("authorization_expired", Decline(await simulator.Client.CaptureAsync("c6", closed, 1)));
        // What was decided stays.
        Assert.Equal("approved", Status(await simulator.Client.CaptureAsync("c1", closed, 1, final: true)));
        Assert.Equal("authorization_closed", Decline(await simulator.Client.CaptureAsync("c5", closed, 1)));
    }

    [Fact]
    public async Task A_key_stands_for_one_order_whatever_its_kind()
    {
        var id = await AuthorizeAsync("a");
        var other = await AuthorizeAsync("b");
        var released = (await simulator.Client.VoidAsync("v", id)).Body.ToJsonString();
        Assert.Equal(released, (await simulator.Client.VoidAsync("v", id)).Body.ToJsonString());
        Assert.Equal("idempotency_key_reused", Code(await simulator.Client.VoidAsync("v", other)));
        Assert.Equal("idempotency_key_reused", Code(await simulator.Client.ChargeAsync("a", "tok_approve")));
        await simulator.Client.CaptureAsync("c", other, 5);
        Assert.Equal("approved", Status(await simulator.Client.CaptureAsync("c", other, 5, final: false)));
        Assert.Equal("idempotency_key_reused", Code(await simulator.Client.CaptureAsync("c", other, 5, final: true)));
    }

    [Fact]
    public async Task Refunds_of_an_authorization_keep_to_its_captures()
    {
        var id = await AuthorizeAsync("a");
        Assert.Equal("refund_exceeds_charge", Decline(await simulator.Client.RefundAsync("r1", id, 1)));
        await simulator.Client.CaptureAsync("c1", id, 300);
        await simulator.Client.CaptureAsync("c2", id, 100);
        await simulator.Client.CaptureAsync("c3", id, 78);
        await simulator.Client.VoidAsync("v", id);
        Assert.Equal("refund_exceeds_charge", Decline(await simulator.Client.RefundAsync("r2", id, 401)));
        Assert.Equal("approved", Status(await simulator.Client.RefundAsync("r3", id, 350)));
        Assert.Equal("refund_exceeds_charge", Decline(await simulator.Client.RefundAsync("r4", id, 51)));
        Assert.Equal("currency_mismatch", Code(await simulator.Client.RefundAsync("r5", id, 50, "USD")));
        // Neither the end of the authorization nor its closing holds money back that was captured.
        simulator.Advance(TimeSpan.FromDays(8));
        Assert.Equal(id, (string?)(await simulator.Client.RefundAsync("r6", id, 50)).Body["charge_id"]);
        Assert.Equal("approved", Status(await simulator.Client.GetAsync("v1/operations/ref-r6")));
        var capture = (string)(await simulator.Client.GetAsync("v1/operations/ref-c1")).Body["id"]!;
        Assert.Equal("unknown_charge", Code(await simulator.Client.RefundAsync("r7", capture, 1)));
    }

    [Fact]
    public async Task What_is_at_work_is_pending_and_cannot_be_built_on()
    {
        var id = await AuthorizeAsync("a");
        await simulator.Client.PostAsync("admin/faults", """{"slow":1,"slow_ms":1000}""");
        var orders = new[]
        {
            simulator.Client.AuthorizeAsync("b"), simulator.Client.CaptureAsync("c", id, 1), simulator.Client.VoidAsync("v", id),
        };
        foreach (var key in new[] { "b", "c", "v" })
        {
            await Eventually.BecomesAsync(
                "pending", async () => Status(await simulator.Client.GetAsync($"v1/operations/ref-{key}")));
        }

        var pending = (await simulator.Client.GetAsync("v1/operations/ref-b")).Body;
        Assert.Null(pending["expires_at"]);
        var open = (await simulator.Client.GetAsync("v1/operations/ref-v")).Body;
        Assert.Equal((null, null, id), ((long?)open["amount"], (string?)open["currency"], (string?)open["authorization_id"]));
        await simulator.Client.PostAsync("admin/faults", "{}");
        Assert.Equal("unknown_authorization", Code(await simulator.Client.CaptureAsync("d", (string)pending["id"]!, 1)));
        await Task.WhenAll(orders);
        Assert.NotNull((await simulator.Client.GetAsync("v1/operations/ref-b")).Body["expires_at"]);
        Assert.Equal("approved", Status(await simulator.Client.CaptureAsync("d", (string)pending["id"]!, 1)));
    }

    [Fact]
    public async Task The_dial_meets_every_kind_of_order()
    {
        var id = await AuthorizeAsync("a");
        var orders = new Func<string, Task<(HttpStatusCode Status, JsonObject Body)>>[]
        {
            key => simulator.Client.ChargeAsync($"1{key}", "tok_approve"),
            key => simulator.Client.AuthorizeAsync($"2{key}"),
            key => simulator.Client.CaptureAsync($"3{key}", id, 1),
            key => simulator.Client.RefundAsync($"4{key}", id, 1),
            key => simulator.Client.VoidAsync($"5{key}", id),
        };
        await simulator.Client.PostAsync("admin/faults", """{"unavailable":1}""");
        foreach (var order in orders)
        {
            Assert.Equal("processor_unavailable", Code(await order("k")));
        }

        await simulator.Client.PostAsync("admin/faults", """{"lost_before":1}""");
        foreach (var order in orders)
        {
            await Assert.ThrowsAsync<HttpRequestException>(() => order("k"));
        }

        Assert.Single(await simulator.Client.EffectsAsync());
        await simulator.Client.PostAsync("admin/faults", """{"lost_after":1}""");
        foreach (var order in orders)
        {
            await Assert.ThrowsAsync<HttpRequestException>(() => order("k"));
        }

        await simulator.Client.PostAsync("admin/faults", "{}");
        foreach (var order in orders)
        {
            Assert.Equal("approved", Status(await order("k")));
        }

        Assert.Equal(6, (await simulator.Client.EffectsAsync()).Count);
    }

    [Fact]
    public async Task Effects_of_all_kinds_are_listed_in_order_and_summed()
    {
        var id = await AuthorizeAsync("a");
        await simulator.Client.CaptureAsync("c1", id, 300);
        await simulator.Client.CaptureAsync("c2", id, 978);
        await simulator.Client.VoidAsync("v", id);
        await simulator.Client.RefundAsync("r", id, 50);
        await simulator.Client.ChargeAsync("ch", "tok_approve");
        Assert.Equal(
            [
                ("authorization", "ref-a", 1_000, null, null),
                ("capture", "ref-c1", 300, null, "ref-a"),
                ("void", "ref-v", 700, null, "ref-a"),
                ("refund", "ref-r", 50, "ref-a", null),
                ("charge", "ref-ch", 1_000, null, null),
            ],
            (await simulator.Client.EffectsAsync()).Select(effect => (
                (string?)effect["kind"], (string?)effect["reference"], (long)effect["amount"]!, (string?)effect["charge_reference"],
                (string?)effect["authorization_reference"])));
        var summary = (await simulator.Client.GetAsync("admin/effects/summary")).Body;
        Assert.Equal(
            [(1, 1_000), (1, 1_000), (1, 300), (1, 700), (1, 50)],
            new[] { "charges", "authorizations", "captures", "voids", "refunds" }.Select(kind =>
                ((long)summary[kind]!["count"]!, (long)summary[kind]!["amounts"]!["EUR"]!)));
    }

    [Fact]
    public async Task A_restart_decides_alike()
    {
        var parts = await AuthorizeAsync("a");
        var closed = await AuthorizeAsync("b");
        var released = await AuthorizeAsync("c");
        var brief = await AuthorizeAsync("d", "tok_authorization_expires");
        await simulator.Client.CaptureAsync("ca", parts, 600);
        await simulator.Client.CaptureAsync("cb", closed, 100, final: true);
        await simulator.Client.VoidAsync("vc", released);
        await simulator.Client.RefundAsync("ra", parts, 400);
        var before = await EverythingAsync();

        await simulator.RestartAsync();
        simulator.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal(before, await EverythingAsync());
        Assert.Equal("capture_exceeds_authorization", Decline(await simulator.Client.CaptureAsync("ca2", parts, 401)));
        Assert.Equal("authorization_closed", Decline(await simulator.Client.CaptureAsync("cb2", closed, 1)));
        Assert.Equal("authorization_closed", Decline(await simulator.Client.CaptureAsync("cc2", released, 1)));
        Assert.Equal("authorization_expired", Decline(await simulator.Client.CaptureAsync("cd2", brief, 1)));
        Assert.Equal("refund_exceeds_charge", Decline(await simulator.Client.RefundAsync("ra2", parts, 201)));
        Assert.Equal("approved", Status(await simulator.Client.VoidAsync("vc", released)));
        Assert.Equal(400, (long)(await simulator.Client.VoidAsync("va", parts)).Body["amount"]!);
    }

    [Fact]
    public async Task A_record_of_charges_and_refunds_only_is_still_read()
    {
        // As it was written before there were authorizations.
        string[] lines =
        [
            """{"order":{"kind":"charge","idempotency_key":"c","reference":"ref-c","amount":1000,"currency":"EUR","source":"tok_approve","id":"ch_2e7d2c03a9507ae265ecf5b5356885a5"},"at":"2026-01-02T03:04:05.678+00:00","is_effect":true}""",
            """{"order":{"kind":"refund","idempotency_key":"r","reference":"ref-r","amount":300,"currency":"EUR","source":"ch_2e7d2c03a9507ae265ecf5b5356885a5","id":"re_454349e422f05297191ead13e21d3db5"},"charge_reference":"ref-c","at":"2026-01-02T03:04:06.678+00:00","is_effect":true}""",
            """{"order":{"kind":"charge","idempotency_key":"d","reference":"ref-d","amount":1000,"currency":"EUR","source":"tok_decline_stolen_card","id":"ch_18ac3e7343f016890c510e93f935261169d9e3f565436429830faf0934f4f8e4"},"decline_code":"stolen_card","at":"2026-01-02T03:04:07.678+00:00","is_effect":false}""",
        ];
        await simulator.RestartAsync(() =>
        {
            using var record = RecordFile.Open(simulator.RecordPath, (_, _) => { });
            Task.WaitAll([.. lines.Select(line => record.Append(Encoding.UTF8.GetBytes(line)).Durable)]);
        });
        var charge = (string)(await simulator.Client.ChargeAsync("c", "tok_approve")).Body["id"]!;
        Assert.Equal("stolen_card", Decline(await simulator.Client.ChargeAsync("d", "tok_decline_stolen_card")));
        Assert.Equal("approved", Status(await simulator.Client.RefundAsync("r", charge, 300)));
        Assert.Equal("refund_exceeds_charge", Decline(await simulator.Client.RefundAsync("r2", charge, 701)));
        var effects = await simulator.Client.EffectsAsync();
        Assert.Equal(["c", "r"], effects.Select(effect => (string?)effect["idempotency_key"]));
        Assert.Equal("ref-c", (string?)effects[1]["charge_reference"]);
    }

    private async Task<string> AuthorizeAsync(string key, string token = "tok_approve") =>
        (string)(await simulator.Client.AuthorizeAsync(key, token)).Body["id"]!;

    private async Task<List<string>> EverythingAsync()
    {
        var all = (await simulator.Client.EffectsAsync()).ToList();
        foreach (var reference in all.Select(effect => (string)effect["reference"]!).ToList())
        {
            all.Add((await simulator.Client.GetAsync($"v1/operations/{reference}")).Body);
        }

        return [.. all.Select(found => found.ToJsonString())];
    }

    private static string? Code((HttpStatusCode Status, JsonObject Body) answer) => (string?)answer.Body["code"];

    private static string? Status((HttpStatusCode Status, JsonObject Body) answer) => (string?)answer.Body["status"];

    private static string? Decline((HttpStatusCode Status, JsonObject Body) answer) => (string?)answer.Body["decline_code"];
}
