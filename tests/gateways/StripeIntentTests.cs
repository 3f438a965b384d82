using System.Text;
using Payments.Domain;
using Payments.Gateways;
using Payments.Gateways.Connectors.Stripe;

namespace Payments.Tests.Gateways;

/// <summary>Payment intents, against answers in the shape of Stripe's documentation: what no server that we could run speaks.</summary>
public sealed class StripeIntentTests
{
    private const string Reference = "op_0000000000000000000000000c";
    private static readonly Money Ten = new(1_000, Currency.Of("EUR"));
    private static readonly ChargeOrder Order = new(Reference, "key", Ten, "pm_card_visa", ReturnUrl: "https://shop.example/done");

    [Theory]
    [InlineData("""{"id":"pi_1","status":"succeeded","amount":1000,"currency":"eur"}""", GatewayAnswerKind.Approved, null)]
    [InlineData("""{"id":"pi_1","status":"processing","amount":1000,"currency":"eur"}""", GatewayAnswerKind.Pending, null)]
    [InlineData("""{"id":"pi_1","status":"requires_action","amount":1000,"currency":"eur","next_action":{"type":"redirect_to_url","redirect_to_url":{"url":"https://hooks.stripe.com/3ds"}}}""", GatewayAnswerKind.RequiresAction, null)]
    [InlineData("""{"id":"pi_1","status":"canceled","amount":1000,"currency":"eur","cancellation_reason":"abandoned"}""", GatewayAnswerKind.Declined, "abandoned")]
    [InlineData("""{"id":"pi_1","status":"requires_payment_method","last_payment_error":{"code":"payment_intent_authentication_failure","type":"invalid_request_error"}}""", GatewayAnswerKind.Declined, "payment_intent_authentication_failure")]
    [InlineData("""{"id":"pi_1","status":"requires_capture","amount":1000,"currency":"eur"}""", GatewayAnswerKind.Unknown, "requires_capture")]
    [InlineData("""{"id":"pi_1","status":"something_new"}""", GatewayAnswerKind.Unknown, "something_new")]
    public async Task A_charge_is_what_its_intent_says(string intent, GatewayAnswerKind kind, string? code)
    {
        var answer = await AskAsync(200, intent, gateway => gateway.ChargeAsync(Order, default));
        Assert.Equal((kind, "pi_1", code), (answer.Kind, answer.Reference, answer.Code));
        Assert.Equal(kind == GatewayAnswerKind.RequiresAction ? "https://hooks.stripe.com/3ds" : null, answer.ActionUrl);
        Assert.Equal(kind == GatewayAnswerKind.Approved ? Ten : null, answer.Told);
    }

    [Theory]
    [InlineData(402, """{"error":{"type":"card_error","code":"card_declined","decline_code":"insufficient_funds","payment_intent":{"id":"pi_1"}}}""", GatewayAnswerKind.Declined, "insufficient_funds", false)]
    [InlineData(402, """{"error":{"type":"card_error","code":"card_declined","decline_code":"try_again_later"}}""", GatewayAnswerKind.Declined, "try_again_later", true)]
    [InlineData(402, """{"error":{"type":"card_error","code":"processing_error"}}""", GatewayAnswerKind.Declined, "processing_error", true)]
    [InlineData(400, """{"error":{"type":"invalid_request_error","code":"amount_too_small"}}""", GatewayAnswerKind.Declined, "amount_too_small", false)]
    [InlineData(400, """{"error":{"type":"invalid_request_error","code":"resource_missing","param":"payment_method"}}""", GatewayAnswerKind.Declined, "resource_missing", false)]
    [InlineData(400, """{"error":{"type":"idempotency_error"}}""", GatewayAnswerKind.Unknown, "idempotency_error", false)]
    [InlineData(409, """{"error":{"type":"idempotency_error","code":"idempotency_key_in_use"}}""", GatewayAnswerKind.Unknown, "idempotency_key_in_use", false)]
    [InlineData(409, """{"error":{"type":"invalid_request_error","code":"lock_timeout"}}""", GatewayAnswerKind.Unknown, "lock_timeout", false)]
    [InlineData(429, """{"error":{"type":"invalid_request_error","code":"rate_limit"}}""", GatewayAnswerKind.NotSent, "rate_limit", false)]
    [InlineData(401, """{"error":{"type":"invalid_request_error"}}""", GatewayAnswerKind.NotSent, "key_refused", false)]
    [InlineData(500, """{"error":{"type":"api_error"}}""", GatewayAnswerKind.Unknown, "http_500", false)]
    [InlineData(402, "<html>Payment Required</html>", GatewayAnswerKind.Unknown, "http_402", false)]
    public async Task An_error_says_no_only_where_stripe_says_so(int status, string body, GatewayAnswerKind kind, string code, bool isRetryable)
    {
        var answer = await AskAsync(status, body, gateway => gateway.ChargeAsync(Order, default));
        Assert.Equal((kind, code, isRetryable), (answer.Kind, answer.Code, answer.IsRetryable));
    }

    [Theory]
    [InlineData("capture", """{"id":"pi_1","status":"succeeded","amount":1000,"amount_received":400,"currency":"eur","metadata":{"capture_operation":"REF"}}""", GatewayAnswerKind.Approved)]
    [InlineData("capture", """{"id":"pi_1","status":"succeeded","amount":1000,"amount_received":400,"currency":"eur","metadata":{"capture_operation":"another"}}""", GatewayAnswerKind.Declined)]
    [InlineData("capture", """{"id":"pi_1","status":"requires_capture"}""", GatewayAnswerKind.NotFound)]
    [InlineData("capture", """{"id":"pi_1","status":"canceled"}""", GatewayAnswerKind.Expired)]
    [InlineData("void", """{"id":"pi_1","status":"canceled","cancellation_reason":"requested_by_customer"}""", GatewayAnswerKind.Approved)]
    [InlineData("void", """{"id":"pi_1","status":"canceled","cancellation_reason":"automatic"}""", GatewayAnswerKind.Expired)]
    [InlineData("void", """{"id":"pi_1","status":"requires_capture"}""", GatewayAnswerKind.NotFound)]
    [InlineData("void", """{"id":"pi_1","status":"succeeded"}""", GatewayAnswerKind.Declined)]
    public async Task A_capture_or_void_is_found_by_what_became_of_its_intent(string kind, string intent, GatewayAnswerKind expected)
    {
        var order = new QueryOrder(kind == "void" ? OperationKind.Void : OperationKind.Capture, Reference, default, ProcessorBegunId: "pi_1");
        var answer = await AskAsync(200, intent.Replace("REF", Reference, StringComparison.Ordinal), gateway => gateway.QueryAsync(order, default));
        Assert.Equal(expected, answer.Kind);
        Assert.Equal(expected == GatewayAnswerKind.Approved && kind == "capture" ? Ten with { Minor = 400 } : null, answer.Told);
    }

    [Theory]
    [InlineData("""{"id":"re_1","status":"succeeded","amount":1000,"currency":"eur"}""", GatewayAnswerKind.Approved, null)]
    [InlineData("""{"id":"re_1","status":"pending","amount":1000,"currency":"eur"}""", GatewayAnswerKind.Pending, null)]
    [InlineData("""{"id":"re_1","status":"canceled"}""", GatewayAnswerKind.Declined, "canceled")]
    [InlineData("""{"id":"re_1","status":"failed","failure_reason":"expired_or_canceled_card"}""", GatewayAnswerKind.Declined, "expired_or_canceled_card")]
    [InlineData("""{"id":"re_1","status":"failed","failure_reason":"lost_or_stolen_card","failure_balance_transaction":"txn_1","amount":1000,"currency":"eur"}""", GatewayAnswerKind.Reversed, "lost_or_stolen_card")]
    public async Task A_refund_that_had_moved_money_came_back_and_one_that_had_not_was_declined(string refund, GatewayAnswerKind kind, string? code)
    {
        var answer = await AskAsync(200, refund, gateway => gateway.RefundAsync(new(Reference, "key", Ten, "op_x", "pi_1"), default));
        Assert.Equal((kind, "re_1", code), (answer.Kind, answer.Reference, answer.Code));
    }

    [Theory]
    [InlineData(1000, "JPY", 1000L)] // and not a hundred times as much
    [InlineData(1000, "EUR", 1000L)]
    [InlineData(5, "ISK", 500L)]
    [InlineData(300, "MGA", 3L)]
    [InlineData(1230, "KWD", 1230L)]
    [InlineData(1234, "KWD", null)]
    [InlineData(350, "MGA", null)]
    public async Task Amounts_are_counted_as_stripe_counts_them_and_read_back_as_they_were(long minor, string currency, long? told)
    {
        var amount = new Money(minor, Currency.Of(currency));
        var body = $$"""{"id":"pi_1","status":"succeeded","amount":{{told}},"currency":"{{currency.ToLowerInvariant()}}"}""";
        var answer = await AskAsync(200, body, gateway => gateway.ChargeAsync(Order with { Amount = amount }, default));
        Assert.Equal(
            told is null ? (GatewayAnswerKind.Declined, "amount_not_representable", null) : (GatewayAnswerKind.Approved, null, amount),
            (answer.Kind, answer.Code, answer.Told));
    }

    private static async Task<GatewayAnswer> AskAsync(int status, string body, Func<StripeGateway, Task<GatewayAnswer>> ask)
    {
        await using var processor = new FakeProcessor($"HTTP/1.1 {status} X\r\nContent-Length: {Encoding.UTF8.GetByteCount(body)}\r\n\r\n{body}");
        using var gateway = new StripeGateway(
            new() { Name = "stripe", BaseAddress = processor.Address, SecretKey = "sk_test_payments", Timeout = TimeSpan.FromSeconds(10) }, TimeProvider.System);
        return await ask(gateway);
    }
}
