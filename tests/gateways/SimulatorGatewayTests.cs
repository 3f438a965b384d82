using Payments.Domain;
using Payments.Gateways;
using Payments.Gateways.Connectors.Simulator;
using Payments.Tests.Support;

namespace Payments.Tests.Gateways;

/// <summary>The contract of every connector, kept by the simulator's; and what is the simulator's alone.</summary>
public sealed class SimulatorGatewayTests(SimulatorFixture simulator) : GatewayContractTests, IClassFixture<SimulatorFixture>
{
    protected override GatewayTokens Tokens { get; } = new(
        "tok_approve",
        "tok_decline_insufficient_funds",
        "insufficient_funds",
        "tok_nobody",
        "tok_lost_answer_charged",
        "tok_lost_answer_not_charged",
        "tok_unavailable_then_ok",
        "tok_slow");

    protected override IPaymentGateway Gateway => simulator.Gateway;

    [Fact]
    public async Task Another_decline_keeps_its_own_code() =>
        Assert.Equal("stolen_card", (await ChargeAsync(Charge("tok_decline_stolen_card"))).Code);

    [Fact]
    public async Task Refund_declines_carry_the_processors_code()
    {
        var charge = Charge(Tokens.Approve);
        var charged = await ChargeAsync(charge);
        Assert.Equal("refund_refused", (await RefundAsync(Refund(charge, charged, 177))).Code);
        Assert.Equal("refund_exceeds_charge", (await RefundAsync(Refund(charge, charged, 1_001))).Code);
        Assert.Equal("unknown_charge", (await RefundAsync(Refund(charge, charged with { Reference = "ch_0" }, 1))).Code);
        Assert.Equal(GatewayAnswerKind.Approved, (await RefundAsync(Refund(charge, charged, 1_000))).Kind);
    }

    [Fact]
    public async Task An_expired_authorization_is_the_processors_word()
    {
        var authorized = await Gateway.AuthorizeAsync(Charge("tok_authorization_expires"), default);
        await Eventually.BecomesAsync(true, () => Task.FromResult(TimeProvider.System.GetUtcNow() > authorized.AuthorizedUntil));
        var expired = new GatewayAnswer(GatewayAnswerKind.Expired, Code: "authorization_expired");
        Assert.Equal(expired, await Gateway.CaptureAsync(Capture(authorized, 100), default) with { Reference = null });
        Assert.Equal(expired, await Gateway.VoidAsync(Void(authorized), default) with { Reference = null });
    }

    [Fact]
    public async Task A_reused_key_is_named()
    {
        var order = Charge(Tokens.Approve);
        await ChargeAsync(order);
        Assert.Equal("idempotency_key_reused", (await ChargeAsync(order with { Token = "tok_slow" })).Code);
    }

    [Theory]
    [InlineData("somebody-else", "charge")]
    [InlineData("mine", "refund")]
    public async Task An_answer_about_another_operation_is_unknown(string reference, string kind)
    {
        var body = $$"""{"id":"x","reference":"{{reference}}","kind":"{{kind}}","status":"approved"}""";
        await using var processor = new FakeProcessor($"HTTP/1.1 200 OK\r\nContent-Length: {body.Length}\r\n\r\n{body}");
        var gateway = Open(processor.Address, TimeSpan.FromSeconds(5));
        var answer = await gateway.ChargeAsync(Charge(Tokens.Approve) with { Reference = "mine" }, default);
        Assert.Equal(new GatewayAnswer(GatewayAnswerKind.Unknown, Code: "answer_mismatch"), answer);
    }

    [Fact]
    public async Task A_call_that_ends_while_it_waits_for_a_connection_is_not_sent()
    {
        await using var processor = new FakeProcessor(answer: null);
        var options = new SimulatorGatewayOptions { BaseAddress = processor.Address, MaxConnections = 1 };
        using var gateway = new SimulatorGateway(options, TimeProvider.System);
        using var cancellation = new CancellationTokenSource();
        var holder = gateway.ChargeAsync(Charge(Tokens.Approve), cancellation.Token);
        await Eventually.BecomesAsync(1, () => Task.FromResult(processor.Requests));
        var late = gateway.ChargeAsync(Charge(Tokens.Approve), cancellation.Token);
        await cancellation.CancelAsync();
        Assert.Equal(GatewayAnswerKind.Unknown, (await holder).Kind);
        Assert.Equal(new GatewayAnswer(GatewayAnswerKind.NotSent, Code: "canceled"), await late);
        Assert.Equal(1, processor.Requests);
    }

    [Fact]
    public void Absence_that_would_be_final_too_early_is_refused()
    {
        var options = new SimulatorGatewayOptions { BaseAddress = simulator.Address };
        Assert.Throws<ArgumentOutOfRangeException>(
            () => new SimulatorGateway(options with { AbsenceFinalAfter = options.Timeout }, TimeProvider.System));
    }

    protected override IPaymentGateway ConnectTo(Uri address, TimeSpan timeout) =>
        new SimulatorGateway(new SimulatorGatewayOptions { BaseAddress = address, Timeout = timeout }, TimeProvider.System);

    protected override async Task<int> CountEffectsAsync(string reference) =>
        (await simulator.Client.EffectsAsync()).Count(effect => (string?)effect["reference"] == reference);
}
