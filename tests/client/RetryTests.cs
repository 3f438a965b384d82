using System.Net;
using System.Text;
using Payments.Client;

namespace Payments.Tests.Clients;

/// <summary>When the client sends again, and when it does not. What it talks to does what a test says.</summary>
public sealed class RetryTests
{
    private const string Paid = """
        {"id":"pay_1","object":"payment","mode":"test","status":"succeeded","outcome":"done","amount":1,"currency":"EUR","capture":"automatic","fee":0,"captured":1,
        "captures_in_flight":0,"capturable":0,"refunded":0,"refunds_in_flight":0,"payment_method":"t","gateway":"g","reference":null,"description":null,"customer":null,
        "statement_descriptor":null,"metadata":{},"decline_code":null,"authorized_until":null,"created_at":"2026-03-01T12:00:00Z","updated_at":"2026-03-01T12:00:00Z","next_action_at":null}
        """;

    private readonly Script script = new();

    [Fact]
    public async Task What_is_safe_is_sent_again_under_the_same_key_and_says_the_very_same()
    {
        script.Then(() => Problem(503, safeToRetry: true)).Then(() => throw new HttpRequestException("reset")).Then(() => Html(502)).Then(() => Ok(Paid));
        Assert.Equal("succeeded", (await ChargeAsync()).Status);
        Assert.Equal(4, script.Requests.Count);
        Assert.Single(script.Requests.Distinct());
        Assert.Contains("order-1", script.Requests[0], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(400)]
    [InlineData(409)]
    [InlineData(422)]
    [InlineData(500)]
    public async Task What_is_not_safe_is_sent_once(int status)
    {
        script.Then(() => Problem(status, safeToRetry: false));
        var failure = await Assert.ThrowsAsync<PaymentsException>(ChargeAsync);
        Assert.Equal((status, false), (failure.Status, failure.SafeToRetry));
        Assert.Single(script.Requests);
    }

    [Fact]
    public async Task What_the_api_did_not_answer_and_is_no_outage_is_sent_once()
    {
        script.Then(() => Html(403));
        Assert.Equal("not_the_api", (await Assert.ThrowsAsync<PaymentsException>(ChargeAsync)).Code);
        Assert.Single(script.Requests);
    }

    [Fact]
    public async Task An_answer_that_is_not_understood_is_not_asked_for_again()
    {
        script.Then(() => Ok("{}x"));
        Assert.Equal(("not_understood", "unknown"), await ChargeAsync().ContinueWith(charge => Code(charge.Exception!.InnerException!), TaskScheduler.Default));
        Assert.Single(script.Requests);

        static (string, string) Code(Exception failure) => (((PaymentsException)failure).Code, ((PaymentsException)failure).Outcome);
    }

    [Fact]
    public async Task In_the_end_it_says_that_the_outcome_is_unknown()
    {
        script.Otherwise = () => throw new HttpRequestException("refused");
        var failure = await Assert.ThrowsAsync<PaymentsException>(ChargeAsync);
        Assert.Equal(("no_answer", "unknown", true, 0), (failure.Code, failure.Outcome, failure.SafeToRetry, failure.Status));
        Assert.Equal(4, script.Requests.Count);
    }

    [Fact]
    public async Task A_try_that_takes_too_long_is_given_up_and_sent_again()
    {
        script.Then(async stop =>
        {
            await Task.Delay(Timeout.Infinite, stop);
            throw new InvalidOperationException("Infinity is over.");
        }).Then(() => Ok(Paid));
        using var client = Client(tryTimeout: TimeSpan.FromMilliseconds(50));
        Assert.Equal("succeeded", (await client.CreatePaymentAsync("order-1", new(1, "EUR", "t"))).Status);
        Assert.Equal(2, script.Requests.Count);
    }

    [Fact]
    public async Task A_caller_that_gives_up_is_let_go_at_once()
    {
        using var stop = new CancellationTokenSource();
        script.Otherwise = () =>
        {
            stop.Cancel();
            return Problem(503, safeToRetry: true);
        };
        using var client = Client(pause: TimeSpan.FromHours(1));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => client.CreatePaymentAsync("order-1", new(1, "EUR", "t"), null, stop.Token));
        Assert.Single(script.Requests);
    }

    [Fact]
    public async Task A_key_is_needed()
    {
        using var client = Client();
        await Assert.ThrowsAsync<ArgumentException>(() => client.CreatePaymentAsync("", new(1, "EUR", "t")));
        Assert.Empty(script.Requests);
    }

    [Fact]
    public async Task What_the_server_asks_to_wait_is_waited()
    {
        script.Then(() =>
        {
            var busy = Problem(503, safeToRetry: true);
            busy.Headers.RetryAfter = new(TimeSpan.Zero);
            return busy;
        }).Then(() => Ok(Paid));
        using var client = Client(pause: TimeSpan.FromHours(1));
        Assert.Equal("succeeded", (await client.CreatePaymentAsync("order-1", new(1, "EUR", "t"))).Status);
    }

    private async Task<Payments.Client.Payment> ChargeAsync()
    {
        using var client = Client();
        return await client.CreatePaymentAsync("order-1", new(1, "EUR", "t"));
    }

    private PaymentsClient Client(TimeSpan? tryTimeout = null, TimeSpan? pause = null) => new(new()
    {
        BaseAddress = new("http://payments.test"),
        SecretKey = "sk_test_x",
        MaxRetries = 3,
        FirstPause = pause ?? TimeSpan.FromMilliseconds(1),
        TryTimeout = tryTimeout ?? TimeSpan.FromSeconds(40),
        Handler = script,
    });

    private static HttpResponseMessage Ok(string json) => new(HttpStatusCode.Created) { Content = new StringContent(json, Encoding.UTF8, "application/json") };

    private static HttpResponseMessage Html(int status) => new((HttpStatusCode)status) { Content = new StringContent("<html>", Encoding.UTF8, "text/html") };

    private static HttpResponseMessage Problem(int status, bool safeToRetry) => new((HttpStatusCode)status)
    {
        Content = new StringContent(
            $$"""{"type":"urn:x","title":"t","status":{{status}},"detail":"d","code":"c","outcome":"not_sent","safe_to_retry":{{(safeToRetry ? "true" : "false")}}}""",
            Encoding.UTF8, "application/problem+json"),
    };

    private sealed class Script : HttpMessageHandler
    {
        private readonly Queue<Func<CancellationToken, Task<HttpResponseMessage>>> answers = new();

        public List<string> Requests { get; } = [];

        public Func<HttpResponseMessage>? Otherwise { get; set; }

        public Script Then(Func<HttpResponseMessage> answer) => Then(_ => Task.FromResult(answer()));

        public Script Then(Func<CancellationToken, Task<HttpResponseMessage>> answer)
        {
            answers.Enqueue(answer);
            return this;
        }

        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            Requests.Add($"{request.Method} {request.RequestUri} {request.Headers.GetValues("Idempotency-Key").Single()} {await request.Content!.ReadAsStringAsync(cancellationToken)}");
            return answers.TryDequeue(out var answer) ? await answer(cancellationToken) : Otherwise!();
        }
    }
}
