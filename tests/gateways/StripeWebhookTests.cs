using System.Text;
using Payments.Domain;
using Payments.Gateways;
using Payments.Gateways.Connectors.Stripe;

namespace Payments.Tests.Gateways;

/// <summary>Stripe's webhooks, signed by Stripe's own library, in the shapes of its documentation.</summary>
public sealed class StripeWebhookTests
{
    private const string Secret = "whsec_5f4dcc3b5aa765d61d8327deb882cf99";
    private const string Reference = "op_0000000000000000000000000c";
    private static readonly DateTimeOffset Now = TimeProvider.System.GetUtcNow();
    private static readonly StripeWebhooks Reader = new([Secret], StripeApi.PaymentIntents);

    [Theory]
    [InlineData("payment_intent.succeeded", "pi", "succeeded", GatewayAnswerKind.Approved)]
    [InlineData("payment_intent.processing", "pi", "processing", GatewayAnswerKind.Pending)]
    [InlineData("payment_intent.requires_action", "pi", "requires_action", GatewayAnswerKind.RequiresAction)]
    [InlineData("payment_intent.canceled", "pi", "canceled", GatewayAnswerKind.Declined)]
    [InlineData("refund.updated", "re", "succeeded", GatewayAnswerKind.Approved)]
    [InlineData("refund.failed", "re", "failed", GatewayAnswerKind.Declined)]
    public async Task An_event_says_where_its_operation_stands(string type, string prefix, string status, GatewayAnswerKind kind)
    {
        var body = Event(type, $$$"""{"id":"{{{prefix}}}_1","status":"{{{status}}}","amount":1000,"currency":"jpy","metadata":{"operation":"{{{Reference}}}","operation_kind":"charge"}}""");
        var accepted = Assert.IsType<WebhookReading.Accepted>(Read(body, await StripeCounterparts.SignAsync(body, Secret, Now)));
        Assert.Equal(("evt_1", Reference, kind), (accepted.EventId, accepted.News!.OperationReference, accepted.News.Answer!.Kind));
        Assert.Equal(kind == GatewayAnswerKind.Approved ? new Money(1000, Currency.Of("JPY")) : null, accepted.News.Answer.Told);
    }

    [Theory]
    [InlineData("charge.dispute.created", "needs_response", OperationKind.Dispute, 15, 15)]
    [InlineData("charge.dispute.closed", "lost", OperationKind.DisputeLost, 15, 15)]
    [InlineData("charge.dispute.closed", "won", OperationKind.DisputeWon, 15, 0)]
    public void A_dispute_is_matched_by_what_the_payment_began_with(string type, string status, OperationKind notice, long fee, long kept)
    {
        var transactions = status == "won" ? """[{"fee":15},{"fee":-15}]""" : """[{"fee":15}]""";
        var body = Event(type, $$"""{"id":"dp_1","status":"{{status}}","amount":400,"currency":"eur","reason":"fraudulent","payment_intent":"pi_1","charge":"ch_1","balance_transactions":{{transactions}} }""");
        var news = Assert.IsType<WebhookReading.Accepted>(Read(body, Sign(body))).News!;
        Assert.Equal(new GatewayNews(null, "pi_1", null, new(notice, "dp_1", new(400, Currency.Of("EUR")), fee, kept, "fraudulent")), news);
    }

    [Theory]
    [InlineData("charge.dispute.created", """{"id":"dp_1","status":"warning_needs_response","amount":400,"currency":"eur","payment_intent":"pi_1"}""")] // an inquiry moves no money
    [InlineData("customer.created", """{"id":"cus_1"}""")]
    [InlineData("payment_intent.succeeded", """{"id":"pi_1","status":"succeeded"}""")] // somebody else's, on the same account
    public void What_is_not_about_our_payments_is_taken_and_says_nothing(string type, string about)
    {
        var body = Event(type, about);
        Assert.Null(Assert.IsType<WebhookReading.Accepted>(Read(body, Sign(body))).News);
    }

    [Fact]
    public void What_captured_an_authorization_is_told_from_what_authorized_it()
    {
        var body = Event("payment_intent.succeeded",
            """{"id":"pi_1","status":"succeeded","amount":1000,"amount_received":400,"currency":"eur","metadata":{"operation":"op_a","operation_kind":"authorize","capture_operation":"op_c"}}""");
        var news = Assert.IsType<WebhookReading.Accepted>(Read(body, Sign(body))).News!;
        Assert.Equal(("op_c", new Money(400, Currency.Of("EUR"))), (news.OperationReference, news.Answer!.Told));
    }

    [Theory]
    [InlineData(null, "signature_missing")]
    [InlineData("", "signature_missing")]
    [InlineData("t=TIME", "signature_missing")]
    [InlineData("v1=00", "signature_missing")]
    [InlineData("t=TIME,v0=SIGNATURE", "signature_missing")]
    [InlineData("t=TIME,v1=00ff", "signature_invalid")]
    [InlineData("t=TIME,v1=not hex", "signature_missing")]
    [InlineData("t=1,v1=SIGNATURE", "signature_invalid")]
    public void A_signature_is_not_only_looked_for(string? header, string reason)
    {
        var body = Event("customer.created", "{}");
        var right = Sign(body).Split(',');
        header = header?.Replace("TIME", right[0][2..], StringComparison.Ordinal).Replace("SIGNATURE", right[1][3..], StringComparison.Ordinal);
        Assert.Equal(new WebhookReading.Refused(reason), Read(body, header));
        Assert.Equal(new WebhookReading.Refused("signature_invalid"), Read(body + " ", Sign(body)));
    }

    [Theory]
    [InlineData(299, true)]
    [InlineData(301, false)]
    public async Task Stripes_own_signatures_are_good_for_five_minutes(int seconds, bool isGood)
    {
        var body = Event("customer.created", "{}");
        var reading = Read(body, await StripeCounterparts.SignAsync(body, Secret, Now - TimeSpan.FromSeconds(seconds)));
        Assert.Equal(isGood, reading is WebhookReading.Accepted);
    }

    [Fact]
    public void One_of_several_signatures_and_one_of_two_secrets_will_do()
    {
        var body = Event("customer.created", "{}");
        var right = Sign(body);
        Assert.IsType<WebhookReading.Accepted>(Read(body, right.Replace(",v1=", ",v1=00ff,v1=", StringComparison.Ordinal)));
        Assert.IsType<WebhookReading.Accepted>(new StripeWebhooks(["whsec_old", Secret], StripeApi.PaymentIntents).Read(_ => right, Encoding.UTF8.GetBytes(body), Now));
        Assert.IsType<WebhookReading.Refused>(new StripeWebhooks(["whsec_old", "whsec_new"], StripeApi.PaymentIntents).Read(_ => right, Encoding.UTF8.GetBytes(body), Now));
    }

    private static WebhookReading Read(string body, string? signature) =>
        Reader.Read(name => name == "Stripe-Signature" ? signature : null, Encoding.UTF8.GetBytes(body), Now);

    private static string Sign(string body)
    {
        var timestamp = Now.ToUnixTimeSeconds();
        var signature = System.Security.Cryptography.HMACSHA256.HashData(Encoding.UTF8.GetBytes(Secret), Encoding.UTF8.GetBytes($"{timestamp}.{body}"));
        return $"t={timestamp},v1={Convert.ToHexStringLower(signature)}";
    }

    private static string Event(string type, string about) => $$$"""{"id":"evt_1","object":"event","type":"{{{type}}}","data":{"object":{{{about}}}}}""";
}
