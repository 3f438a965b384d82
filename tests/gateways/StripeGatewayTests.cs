using System.Net.Http.Headers;
using System.Text.Json;
using Payments.Domain;
using Payments.Gateways;
using Payments.Gateways.Connectors.Stripe;

namespace Payments.Tests.Gateways;

/// <summary>The contract of every connector, kept by Stripe's against a server that speaks the older of its interfaces.</summary>
public sealed class StripeGatewayTests(StripeCounterparts stripe) : GatewayContractTests, IClassFixture<StripeCounterparts>
{
    private readonly StripeGateway gateway = Connect(stripe.Address, TimeSpan.FromSeconds(20));

    protected override GatewayTokens Tokens { get; } = new(
        "tok_visa", "tok_chargeDeclinedInsufficientFunds", "insufficient_funds", Unknown: null, LostAnswerCharged: null, LostAnswerNotCharged: null,
        UnavailableThenOk: null, Slow: null);

    protected override IPaymentGateway Gateway => gateway;

    [Theory]
    [InlineData("tok_429", GatewayAnswerKind.NotSent, "rate_limit")]
    [InlineData("tok_500", GatewayAnswerKind.Unknown, "http_500")]
    [InlineData("tok_chargeDeclined", GatewayAnswerKind.Declined, "generic_decline")]
    [InlineData("tok_chargeDeclinedFraudulent", GatewayAnswerKind.Declined, "fraudulent")]
    public async Task Errors_are_told_apart_by_what_is_known_then(string token, GatewayAnswerKind kind, string code)
    {
        var answer = await ChargeAsync(Charge(token));
        Assert.Equal((kind, code), (answer.Kind, answer.Code));
    }

    [Fact]
    public async Task A_wrong_key_is_proof_that_nothing_was_done()
    {
        using var other = Connect(stripe.Address, TimeSpan.FromSeconds(5), "rk_nobody");
        Assert.Equal(GatewayAnswerKind.NotSent, (await other.ChargeAsync(Charge(Tokens.Approve), default)).Kind);
    }

    [Fact]
    public async Task A_charge_that_the_processor_made_and_forgot_is_not_found_and_sent_again_under_its_key_once()
    {
        var order = Charge("tok_forget");
        Assert.Equal(GatewayAnswerKind.Approved, (await ChargeAsync(order)).Kind);
        Assert.Equal(GatewayAnswerKind.NotFound, (await QueryAsync(OperationKind.Charge, order.Reference)).Kind);
    }

    [Fact]
    public async Task An_operation_is_found_among_hundreds()
    {
        var order = Charge(Tokens.Approve);
        await ChargeAsync(order);
        await Task.WhenAll(Enumerable.Range(0, 150).Select(_ => ChargeAsync(Charge(Tokens.Approve))));
        Assert.Equal(GatewayAnswerKind.Approved, (await QueryAsync(OperationKind.Charge, order.Reference)).Kind);
    }

    protected override IPaymentGateway ConnectTo(Uri address, TimeSpan timeout) => Connect(address, timeout);

    protected override async Task<int> CountEffectsAsync(string reference)
    {
        using var http = new HttpClient { BaseAddress = stripe.Address };
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", "sk_test_payments");
        var count = 0;
        foreach (var what in new[] { "charges", "refunds" })
        {
            string? after = null;
            do
            {
                using var page = JsonDocument.Parse(await http.GetStringAsync(new Uri($"v1/{what}?limit=100{(after is null ? "" : $"&starting_after={after}")}", UriKind.Relative)));
                var data = page.RootElement.GetProperty("data").EnumerateArray().ToArray();
                count += data.Count(one => one.GetProperty("status").GetString() == "succeeded"
                    && one.GetProperty("metadata").TryGetProperty("operation", out var operation) && operation.GetString() == reference);
                after = page.RootElement.GetProperty("has_more").GetBoolean() ? data[^1].GetProperty("id").GetString() : null;
            }
            while (after is not null);
        }

        return count;
    }

    private static StripeGateway Connect(Uri address, TimeSpan timeout, string key = "sk_test_payments") =>
        new(new() { Name = "stripe", BaseAddress = address, SecretKey = key, Api = StripeApi.Charges, Timeout = timeout }, TimeProvider.System);
}
