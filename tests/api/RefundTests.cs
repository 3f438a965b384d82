using Payments.Domain;
using Payments.Grains;

namespace Payments.Tests.Api;

/// <summary>Refunds over HTTP.</summary>
public sealed class RefundTests(ApiHost api) : IClassFixture<ApiHost>
{
    private static readonly Guid PaymentId = ApiHost.PaymentId("paid");
    private static readonly Guid RefundId = Ids.Refund(ApiHost.Salt.AsSpan(), Mode.Test, PaymentId, "r-1");

    [Theory]
    [InlineData("{}", null, null)]
    [InlineData("""{"amount":500,"reason":"came back"}""", 500L, "came back")]
    public async Task Refund_is_made_under_the_id_of_its_key(string body, long? amount, string? reason)
    {
        Stored();
        RefundRequest? seen = null;
        api.Grains.Refund = request =>
        {
            seen = request;
            return Reply(ReplyKind.Accepted, OperationStatus.Succeeded);
        };
        var answer = await RefundAsync(body);
        Assert.Equal(201, (int)answer.Status);
        Assert.Equal(new RefundRequest { RefundId = RefundId, Amount = amount, Reason = reason }, seen);
        Assert.Equal($"/v1/payments/{Ids.Format("pay", PaymentId)}/refunds/{Ids.Format("re", RefundId)}", answer.Header("Location"));
        Assert.Equal(
            $$"""
            {"id":"{{Ids.Format("re", RefundId)}}","object":"refund","payment":"{{Ids.Format("pay", PaymentId)}}","payment_status":"succeeded",
            "status":"succeeded","outcome":"done","amount":500,"currency":"EUR","fee":0,"final":null,"reason":null,"failure_code":null,"metadata":{},"created_at":"2026-03-01T12:00:00Z"}
            """.ReplaceLineEndings(""),
            answer.Body);
    }

    [Theory]
    [InlineData(OperationStatus.Pending, 202, "pending", "unknown", null)]
    [InlineData(OperationStatus.Declined, 201, "failed", "declined", "not_today")]
    [InlineData(OperationStatus.Failed, 201, "failed", "not_sent", "not_today")]
    public async Task Refund_has_three_states(OperationStatus status, int expected, string shown, string outcome, string? code)
    {
        Stored();
        api.Grains.Refund = _ => Reply(ReplyKind.Replayed, OperationStatus.Pending);
        var waited = TimeSpan.Zero;
        api.Grains.Wait = (operation, patience) =>
        {
            Assert.Equal(RefundId, operation);
            waited += patience;
            api.Time.Advance(patience);
            return Reply(ReplyKind.Accepted, waited < TimeSpan.FromSeconds(4) ? OperationStatus.Pending : status);
        };
        var answer = await RefundAsync("{}", "wait=4");
        Assert.Equal(expected, (int)answer.Status);
        Assert.Equal("true", answer.Header("Idempotent-Replayed"));
        Assert.Equal(shown, (string?)answer.Json["status"]);
        Assert.Equal(outcome, (string?)answer.Json["outcome"]);
        Assert.Equal(code, (string?)answer.Json["failure_code"]);
    }

    [Theory]
    [InlineData("idempotency_key_reused", 422, "Idempotency-Key")]
    [InlineData("refund_exceeds_payment", 422, "amount")]
    [InlineData("too_many_refunds", 422, null)]
    [InlineData("balance_insufficient", 422, null)]
    [InlineData("payment_not_found", 404, null)]
    public async Task Refusals_have_their_status(string code, int status, string? field)
    {
        Stored();
        api.Grains.Refund = _ => Samples.Refused(code);
        (await RefundAsync("{}")).Problem(status, code, field);
    }

    [Theory]
    [InlineData(PaymentStatus.Declined, false)]
    [InlineData(PaymentStatus.Failed, false)]
    [InlineData(PaymentStatus.Canceled, false)]
    [InlineData(PaymentStatus.Authorized, true)]
    [InlineData(PaymentStatus.Processing, true)]
    public async Task Refund_of_an_unpaid_payment_names_its_status(PaymentStatus status, bool safeToRetry)
    {
        Stored(status);
        foreach (var known in new[] { null, Samples.Payment(PaymentId, status) })
        {
            api.Grains.Refund = _ => Samples.Refused("payment_not_refundable", known);
            var problem = (await RefundAsync("{}")).Problem(409, "payment_not_refundable", safeToRetry: safeToRetry);
            Assert.Equal(status.Name(), (string?)problem["payment_status"]);
        }
    }

    [Fact]
    public async Task Busy_and_unknown_are_told_apart()
    {
        Stored();
        api.Grains.Refund = _ => Task.FromResult(new PaymentReply { Kind = ReplyKind.Busy });
        (await RefundAsync("{}")).Problem(503, "busy", safeToRetry: true);
        api.Grains.Refund = _ => throw new TimeoutException();
        (await RefundAsync("{}")).Problem(503, "outcome_unknown", outcome: "unknown", safeToRetry: true);
    }

    [Fact]
    public async Task Absent_and_foreign_payments_are_the_same_and_wake_nobody()
    {
        Stored();
        var foreign = ApiHost.PaymentId("foreign");
        api.Queries.Payments[(ApiHost.OtherMerchant, foreign)] = Samples.Payment(foreign, merchant: ApiHost.OtherMerchant);
        var absent = Ids.Format("pay", ApiHost.PaymentId("absent"));
        foreach (var (method, path) in new[]
        {
            (HttpMethod.Post, "/v1/payments/{0}/refunds"), (HttpMethod.Post, "/v1/payments/{0}/captures"), (HttpMethod.Post, "/v1/payments/{0}/cancel"),
            (HttpMethod.Get, "/v1/payments/{0}/refunds"), (HttpMethod.Get, "/v1/payments/{0}/captures"), (HttpMethod.Get, "/v1/payments/{0}/cancellations"), (HttpMethod.Get, "/v1/payments/{0}"), (HttpMethod.Get, "/v1/payments/{0}?wait=1"),
            (HttpMethod.Get, "/v1/payments/{0}/timeline"), (HttpMethod.Get, "/v1/payments/{0}/refunds/re_00000000000000000000000000"),
        })
        {
            var answers = new List<Answer>();
            foreach (var id in new[] { absent, Ids.Format("pay", foreign), "nonsense", "pay_4242424242424242", absent.ToUpperInvariant() })
            {
                answers.Add(await api.SendAsync(method, string.Format(path, id), method == HttpMethod.Post ? "{}" : null, idempotencyKey: "r-1"));
            }

            answers[0].Problem(404, "payment_not_found");
            Assert.All(answers, answer => Assert.Equal(answers[0].WithoutTrace(), answer.WithoutTrace()));
            Assert.All(answers, answer => Assert.Equal(HeaderNames(answers[0]), HeaderNames(answer)));
        }

        Assert.Empty(api.Grains.Activated);
    }

    [Fact]
    public async Task Refund_can_be_looked_at()
    {
        Stored(PaymentStatus.Succeeded, Samples.Operation(RefundId, OperationKind.Refund, OperationStatus.Pending, 500));
        var payment = Ids.Format("pay", PaymentId);
        var answer = await api.SendAsync(HttpMethod.Get, $"/v1/payments/{payment}/refunds/{Ids.Format("re", RefundId)}");
        Assert.Equal(200, (int)answer.Status);
        Assert.Equal("pending", (string?)answer.Json["status"]);
        foreach (var other in new[] { "re_00000000000000000000000000", Ids.Format("re", Ids.Charge(PaymentId)), "x" })
        {
            (await api.SendAsync(HttpMethod.Get, $"/v1/payments/{payment}/refunds/{other}")).Problem(404, "refund_not_found");
        }
    }

    [Fact]
    public async Task Database_that_is_away_before_the_command_means_not_sent()
    {
        Stored();
        api.Queries.Failure = new TimeoutException();
        (await RefundAsync("{}")).Problem(503, "unavailable", safeToRetry: true);
        api.Queries.Failure = new InvalidOperationException("bug");
        (await RefundAsync("{}")).Problem(500, "internal_error", safeToRetry: true);
        api.Queries.Failure = null;
        Assert.Empty(api.Grains.Activated);
    }

    private static IEnumerable<string> HeaderNames(Answer answer) => answer.Headers.Keys.Order();

    private static Task<PaymentReply> Reply(ReplyKind kind, OperationStatus status) => Samples.Reply(
        kind,
        Samples.Payment(
            PaymentId, refunds: Samples.Operation(RefundId, OperationKind.Refund, status, 500, status == OperationStatus.Succeeded ? null : "not_today")),
        RefundId);

    private void Stored(PaymentStatus status = PaymentStatus.Succeeded, params Operation[] refunds)
    {
        api.Grains.Reset();
        api.Queries.Payments[(ApiHost.Merchant, PaymentId)] = Samples.Payment(PaymentId, status, refunds: refunds);
    }

    private Task<Answer> RefundAsync(string body, string? prefer = null) => api.SendAsync(
        HttpMethod.Post, $"/v1/payments/{Ids.Format("pay", PaymentId)}/refunds", body, idempotencyKey: "r-1", prefer: prefer);
}
