using Payments.Domain;
using Payments.Grains;

namespace Payments.Tests.Api;

/// <summary>Charges over HTTP: what a grain's reply becomes, waiting, and replays.</summary>
public sealed class PaymentTests(ApiHost api) : IClassFixture<ApiHost>
{
    [Fact]
    public async Task Charge_is_made_under_the_id_of_its_key()
    {
        api.Grains.Reset();
        var id = ApiHost.PaymentId("k-1");
        ChargeRequest? seen = null;
        api.Grains.Charge = request =>
        {
            seen = request;
            return Samples.Reply(ReplyKind.Accepted, Samples.Payment(id));
        };

        var answer = await api.ChargeAsync(Samples.GoodBody);

        Assert.Equal(201, (int)answer.Status);
        Assert.Equal([GrainKeys.Payment(ApiHost.Merchant, id)], api.Grains.Activated);
        Assert.Equal(
            new ChargeRequest { Amount = 1999, Currency = "EUR", PaymentMethod = "tok_approve", Reference = "order-1", Description = "Schöne Schuhe 👟" }, seen);
        Assert.Equal($"/v1/payments/{Ids.Format("pay", id)}", answer.Header("Location"));
        Assert.Equal("no-store", answer.Header("Cache-Control"));
        Assert.Null(answer.Header("Idempotent-Replayed"));
        Assert.Null(answer.Header("Server"));
        Assert.Equal(
            $$"""
            {"id":"{{Ids.Format("pay", id)}}","object":"payment","mode":"test","status":"succeeded","outcome":"done","amount":1999,"currency":"EUR","capture":"automatic",
            "fee":88,"captured":1999,"captures_in_flight":0,"capturable":0,"refunded":0,"refunds_reversed":0,"disputed":0,"refundable":1999,"refunds_in_flight":0,"payment_method":"tok_approve","gateway":"simulator",
            "reference":"order-1","description":null,"customer":null,"statement_descriptor":null,"metadata":{},"decline_code":null,"action_url":null,"return_url":null,"authorized_until":null,"created_at":"2026-03-01T12:00:00Z","updated_at":"2026-03-01T12:00:00Z","next_action_at":null}
            """.ReplaceLineEndings(""),
            answer.Body);
    }

    [Fact]
    public async Task Decline_is_a_result()
    {
        api.Grains.Charge = _ => Samples.Reply(ReplyKind.Accepted, Samples.Payment(ApiHost.PaymentId("k-1"), PaymentStatus.Declined, "insufficient_funds"));
        var answer = await api.ChargeAsync(Samples.GoodBody);
        Assert.Equal(201, (int)answer.Status);
        Assert.Equal("declined", (string?)answer.Json["status"]);
        Assert.Equal("declined", (string?)answer.Json["outcome"]);
        Assert.Equal("insufficient_funds", (string?)answer.Json["decline_code"]);
    }

    [Theory]
    [InlineData(PaymentStatus.Succeeded, 201)]
    [InlineData(PaymentStatus.Processing, 202)]
    public async Task Replay_says_so_and_shows_what_is_now(PaymentStatus status, int expected)
    {
        var payment = Samples.Payment(ApiHost.PaymentId("k-1"), status);
        api.Grains.Charge = _ => Samples.Reply(ReplyKind.Replayed, payment);
        api.Grains.Wait = (_, _) => Samples.Reply(ReplyKind.Accepted, payment);
        var answer = await api.ChargeAsync(Samples.GoodBody);
        Assert.Equal(expected, (int)answer.Status);
        Assert.Equal("true", answer.Header("Idempotent-Replayed"));
    }

    [Theory]
    [InlineData(null, 10, null)]
    [InlineData("wait=3", 3, "wait=3")]
    [InlineData("WAIT=\"3\"", 3, "wait=3")]
    [InlineData("wait=3, wait=7", 3, "wait=3")]
    [InlineData("wait=99", 30, "wait=30")]
    [InlineData("wait=soon", 10, null)]
    [InlineData("wait=-1", 10, null)]
    [InlineData("handling=lenient", 10, null)]
    [InlineData("respond-async", 0, "respond-async")]
    [InlineData("respond-async; x=y, wait=5", 5, "respond-async, wait=5")]
    [InlineData("wait=0", 0, "wait=0")]
    public async Task Preference_is_kept(string? prefer, int seconds, string? applied)
    {
        var payment = Samples.Payment(ApiHost.PaymentId("k-1"), PaymentStatus.Processing);
        var waited = TimeSpan.Zero;
        api.Grains.Charge = _ => Samples.Reply(ReplyKind.Accepted, payment);
        api.Grains.Wait = (operation, patience) =>
        {
            Assert.Null(operation);
            Assert.InRange(patience, TimeSpan.Zero, TimeSpan.FromSeconds(1));
            waited += patience;
            api.Time.Advance(patience);
            return Samples.Reply(ReplyKind.Accepted, payment);
        };
        var answer = await api.ChargeAsync(Samples.GoodBody, prefer: prefer);
        Assert.Equal(202, (int)answer.Status);
        Assert.Equal(seconds, waited.TotalSeconds);
        Assert.Equal(applied, answer.Header("Preference-Applied"));
        Assert.Equal("unknown", (string?)answer.Json["outcome"]);
    }

    [Fact]
    public async Task Waiting_that_went_down_with_a_node_is_asked_for_again()
    {
        var id = ApiHost.PaymentId("k-1");
        var asked = 0;
        api.Grains.Charge = _ => Samples.Reply(ReplyKind.Accepted, Samples.Payment(id, PaymentStatus.Processing));
        api.Grains.Wait = (_, patience) =>
        {
            if (asked++ > 0)
            {
                return Samples.Reply(ReplyKind.Accepted, Samples.Payment(id));
            }

            api.Time.Advance(patience);
            return new TaskCompletionSource<PaymentReply>().Task;
        };
        var answer = await api.ChargeAsync(Samples.GoodBody);
        Assert.Equal(201, (int)answer.Status);
        Assert.Equal(2, asked);
    }

    [Fact]
    public async Task Waiting_brings_the_final_state()
    {
        var id = ApiHost.PaymentId("k-1");
        api.Grains.Charge = _ => Samples.Reply(ReplyKind.Accepted, Samples.Payment(id, PaymentStatus.Processing));
        api.Grains.Wait = (_, _) => Samples.Reply(ReplyKind.Accepted, Samples.Payment(id));
        var answer = await api.ChargeAsync(Samples.GoodBody, prefer: "respond-async, wait=2");
        Assert.Equal(201, (int)answer.Status);
        Assert.Equal("wait=2", answer.Header("Preference-Applied"));
        Assert.Equal("succeeded", (string?)answer.Json["status"]);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task What_was_accepted_stays_accepted_when_waiting_fails(bool throws)
    {
        api.Grains.Charge = _ => Samples.Reply(ReplyKind.Accepted, Samples.Payment(ApiHost.PaymentId("k-1"), PaymentStatus.Processing));
        api.Grains.Wait = (_, _) => throws ? throw new TimeoutException() : Task.FromResult(new PaymentReply { Kind = ReplyKind.Unknown });
        var answer = await api.ChargeAsync(Samples.GoodBody);
        Assert.Equal(202, (int)answer.Status);
        Assert.Equal("processing", (string?)answer.Json["status"]);
    }

    [Fact]
    public async Task Refusals_have_their_status_and_their_outcome()
    {
        api.Grains.Charge = _ => Samples.Refused("idempotency_key_reused");
        (await api.ChargeAsync(Samples.GoodBody)).Problem(422, "idempotency_key_reused", "Idempotency-Key");

        api.Grains.Charge = _ => Samples.Refused("rule_of_tomorrow");
        (await api.ChargeAsync(Samples.GoodBody)).Problem(422, "rule_of_tomorrow");

        api.Grains.Charge = _ => Task.FromResult(new PaymentReply { Kind = ReplyKind.Busy });
        var busy = await api.ChargeAsync(Samples.GoodBody);
        busy.Problem(503, "busy", safeToRetry: true);
        Assert.Equal("1", busy.Header("Retry-After"));

        api.Grains.Charge = _ => Task.FromResult(new PaymentReply { Kind = ReplyKind.Unknown });
        (await api.ChargeAsync(Samples.GoodBody)).Problem(503, "outcome_unknown", outcome: "unknown", safeToRetry: true);
    }

    public static TheoryData<Exception> Failures => [new TimeoutException(), new InvalidOperationException("inner secret"), new OperationCanceledException()];

    [Theory]
    [MemberData(nameof(Failures))]
    public async Task Command_without_an_answer_is_unknown(Exception failure)
    {
        api.Grains.Charge = _ => Task.FromException<PaymentReply>(failure);
        var answer = await api.ChargeAsync(Samples.GoodBody);
        answer.Problem(503, "outcome_unknown", outcome: "unknown", safeToRetry: true);
        Assert.DoesNotContain("inner secret", answer.Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Failure_behind_an_accepted_command_is_unknown()
    {
        // A reply that breaks its contract: the command left, so nobody may be told that nothing was sent.
        api.Grains.Charge = _ => Task.FromResult(new PaymentReply { Kind = ReplyKind.Accepted });
        (await api.ChargeAsync(Samples.GoodBody)).Problem(500, "internal_error", outcome: "unknown", safeToRetry: true);
    }

    [Theory]
    [InlineData("k")]
    [InlineData("!~")]
    [InlineData("order 7, second part")]
    [InlineData("{\"a\":1}")]
    public async Task Idempotency_key_is_any_printable_text(string key)
    {
        api.Grains.Reset();
        api.Grains.Charge = _ => Samples.Reply(ReplyKind.Accepted, Samples.Payment(ApiHost.PaymentId(key)));
        Assert.Equal(201, (int)(await api.ChargeAsync(Samples.GoodBody, key)).Status);
        Assert.Equal([GrainKeys.Payment(ApiHost.Merchant, ApiHost.PaymentId(key))], api.Grains.Activated);
    }

    [Fact]
    public async Task Limits_of_fields_are_inclusive()
    {
        ChargeRequest? seen = null;
        api.Grains.Charge = request =>
        {
            seen = request;
            return Samples.Reply(ReplyKind.Accepted, Samples.Payment(ApiHost.PaymentId("k-1")));
        };
        var shoes = string.Concat(Enumerable.Repeat("👟", 255));
        var body = $$"""{"amount":1000000000000,"currency":"KWD","payment_method":"{{new string('t', 255)}}",""";
        var answer = await api.ChargeAsync($$"""{{body}}"reference":"{{shoes}}","description":null}""", new string('k', 255));
        Assert.Equal(201, (int)answer.Status);
        Assert.Equal(Money.MaxOperation, seen?.Amount);
        Assert.Equal(shoes, seen?.Reference);
        Assert.Null(seen?.Description);
    }

    [Fact]
    public async Task Nothing_of_a_request_is_logged()
    {
        api.Grains.Charge = _ => Task.FromException<PaymentReply>(new TimeoutException());
        await api.ChargeAsync("""{"amount":1999,"currency":"EUR","payment_method":"tok_hidden","reference":"hidden"}""", "hidden-key");
        await api.ChargeAsync("""{"amount":1,"currency":"EUR","payment_method":"4242424242424242"}""", "hidden-key");
        Assert.NotEmpty(api.Logs.Lines);
        Assert.DoesNotContain(api.Logs.Lines, line =>
            new[] { "hidden", "4242424242424242", api.FullKey }.Any(secret => line.Contains(secret, StringComparison.Ordinal)));
    }
}
