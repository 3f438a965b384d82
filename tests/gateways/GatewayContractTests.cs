using Payments.Domain;
using Payments.Gateways;
using Payments.Tests.Support;

namespace Payments.Tests.Gateways;

/// <summary>What every connector promises, whichever processor it speaks to (I1, I6). A connector's tests derive from this.</summary>
public abstract class GatewayContractTests : IDisposable
{
    private static readonly Money Ten = new(1_000, Currency.Of("EUR"));
    private static readonly DateTimeOffset Began = TimeProvider.System.GetUtcNow();
    private readonly List<IPaymentGateway> opened = [];

    protected abstract GatewayTokens Tokens { get; }

    /// <summary>A connector to the processor under test.</summary>
    protected abstract IPaymentGateway Gateway { get; }

    /// <summary>A connector to an address that the test chooses.</summary>
    protected abstract IPaymentGateway ConnectTo(Uri address, TimeSpan timeout);

    /// <summary>How many times money moved at the processor for a reference, counted at the processor itself.</summary>
    protected abstract Task<int> CountEffectsAsync(string reference);

    [Fact]
    public void The_name_fits_into_account_names() => Assert.Matches("^[a-z0-9-]+$", Gateway.Name);

    [Fact]
    public void Absence_is_not_final_while_a_call_may_still_travel() =>
        Assert.True(Gateway.Capabilities.AbsenceFinalAfter > Gateway.Capabilities.Timeout);

    [Fact]
    public async Task A_charge_is_approved_and_found_by_our_reference()
    {
        var order = Charge(Tokens.Approve);
        var answer = await ChargeAsync(order);
        Assert.Equal(GatewayAnswerKind.Approved, answer.Kind);
        Assert.False(string.IsNullOrEmpty(answer.Reference));
        Assert.Equal(answer, await QueryAsync(OperationKind.Charge, order.Reference));
        Assert.Equal(1, await CountEffectsAsync(order.Reference));
    }

    [Fact]
    public async Task A_decline_carries_its_code_is_repeated_and_moves_nothing()
    {
        var order = Charge(Tokens.Decline);
        var answer = await ChargeAsync(order);
        Assert.Equal((GatewayAnswerKind.Declined, Tokens.DeclineCode), (answer.Kind, answer.Code));
        Assert.Equal(answer, await ChargeAsync(order));
        Assert.Equal(GatewayAnswerKind.Declined, (await QueryAsync(OperationKind.Charge, order.Reference)).Kind);
        Assert.Equal(0, await CountEffectsAsync(order.Reference));
    }

    [Fact]
    public async Task An_unknown_token_is_declined_and_moves_nothing()
    {
        if (Tokens.Unknown is not { } token)
        {
            return;
        }

        var order = Charge(token);
        Assert.Equal(GatewayAnswerKind.Declined, (await ChargeAsync(order)).Kind);
        Assert.Equal(GatewayAnswerKind.NotFound, (await QueryAsync(OperationKind.Charge, order.Reference)).Kind);
        Assert.Equal(0, await CountEffectsAsync(order.Reference));
    }

    [Fact]
    public async Task An_authorization_is_held_and_released()
    {
        var order = Charge(Tokens.Approve);
        var authorized = await Gateway.AuthorizeAsync(order, default);
        var release = Void(authorized);
        var released = await Gateway.VoidAsync(release, default);
        Assert.Equal(GatewayAnswerKind.Approved, released.Kind);
        Assert.Equal(released, await Gateway.VoidAsync(release, default));
        Assert.Equal(released, await QueryAsync(OperationKind.Void, release.Reference, authorized.Reference));
        Assert.NotEqual(GatewayAnswerKind.Approved, (await Gateway.CaptureAsync(Capture(authorized, 100) with { IsFinal = true }, default)).Kind);
    }

    [Fact]
    public async Task An_authorization_is_held_captured_in_parts_and_released()
    {
        if (!Gateway.Capabilities.CapturesInParts)
        {
            return;
        }

        var order = Charge(Tokens.Approve);
        var authorized = await Gateway.AuthorizeAsync(order, default);
        Assert.Equal(GatewayAnswerKind.Approved, authorized.Kind);
        Assert.True(authorized.AuthorizedUntil is null || authorized.AuthorizedUntil > TimeProvider.System.GetUtcNow());
        Assert.Equal(authorized, await QueryAsync(OperationKind.Authorize, order.Reference));

        var part = Capture(authorized, 400);
        var captured = await Gateway.CaptureAsync(part, default);
        Assert.Equal(GatewayAnswerKind.Approved, captured.Kind);
        Assert.Equal(captured, await Gateway.CaptureAsync(part, default));
        Assert.Equal(captured, await QueryAsync(OperationKind.Capture, part.Reference, authorized.Reference));
        Assert.Equal(1, await CountEffectsAsync(part.Reference));
        Assert.Equal(GatewayAnswerKind.Declined, (await Gateway.CaptureAsync(Capture(authorized, 601), default)).Kind);

        var release = Void(authorized);
        var released = await Gateway.VoidAsync(release, default);
        Assert.Equal(GatewayAnswerKind.Approved, released.Kind);
        Assert.Equal(released, await Gateway.VoidAsync(release, default));
        Assert.Equal(released, await QueryAsync(OperationKind.Void, release.Reference, authorized.Reference));
        Assert.Equal(GatewayAnswerKind.Declined, (await Gateway.CaptureAsync(Capture(authorized, 100), default)).Kind);

        Assert.Equal(GatewayAnswerKind.Approved, (await RefundAsync(Refund(order, authorized, 400))).Kind);
        Assert.Equal(GatewayAnswerKind.Declined, (await RefundAsync(Refund(order, authorized, 1))).Kind);
    }

    [Fact]
    public async Task A_final_capture_releases_the_rest()
    {
        var authorized = await Gateway.AuthorizeAsync(Charge(Tokens.Approve), default);
        var capture = Capture(authorized, 400) with { IsFinal = true };
        Assert.Equal(GatewayAnswerKind.NotFound, (await QueryAsync(OperationKind.Capture, capture.Reference, authorized.Reference)).Kind);
        var captured = await Gateway.CaptureAsync(capture, default);
        Assert.Equal((GatewayAnswerKind.Approved, capture.Amount), (captured.Kind, captured.Told ?? capture.Amount));
        Assert.Equal(captured, await Gateway.CaptureAsync(capture, default));
        Assert.Equal(captured, await QueryAsync(OperationKind.Capture, capture.Reference, authorized.Reference));
        Assert.Equal(GatewayAnswerKind.Declined, (await Gateway.CaptureAsync(Capture(authorized, 100), default)).Kind);
        Assert.Equal(GatewayAnswerKind.Declined, (await Gateway.VoidAsync(Void(authorized), default)).Kind);
    }

    [Fact]
    public async Task An_authorization_of_nobodys_is_declined()
    {
        var nobodys = new GatewayAnswer(GatewayAnswerKind.Approved, "nosuch");
        Assert.Equal(GatewayAnswerKind.Declined, (await Gateway.CaptureAsync(Capture(nobodys, 100), default)).Kind);
        Assert.Equal(GatewayAnswerKind.Declined, (await Gateway.VoidAsync(Void(nobodys), default)).Kind);
    }

    [Fact]
    public async Task The_same_key_in_parallel_has_one_answer_and_one_effect()
    {
        var order = Charge(Tokens.Approve);
        var answers = await Task.WhenAll(Enumerable.Range(0, 200).Select(_ => ChargeAsync(order)));
        Assert.Equal(GatewayAnswerKind.Approved, Assert.Single(answers.Distinct()).Kind);
        Assert.Equal(1, await CountEffectsAsync(order.Reference));
    }

    [Fact]
    public async Task A_key_with_other_content_is_never_guessed()
    {
        var order = Charge(Tokens.Approve);
        await ChargeAsync(order);
        var answer = await ChargeAsync(order with { Amount = Ten + Ten });
        Assert.Equal(GatewayAnswerKind.Unknown, answer.Kind);
        Assert.NotNull(answer.Code);
        Assert.Equal(1, await CountEffectsAsync(order.Reference));
    }

    [Fact]
    public async Task A_lost_answer_is_unknown_and_both_query_and_resend_reveal_the_one_effect()
    {
        if (Tokens.LostAnswerCharged is not { } token)
        {
            return;
        }

        var order = Charge(token);
        Assert.Equal(GatewayAnswerKind.Unknown, (await ChargeAsync(order)).Kind);
        var found = await QueryAsync(OperationKind.Charge, order.Reference);
        Assert.Equal(GatewayAnswerKind.Approved, found.Kind);
        Assert.Equal(found, await ChargeAsync(order));
        Assert.Equal(1, await CountEffectsAsync(order.Reference));
    }

    [Fact]
    public async Task A_lost_request_is_unknown_then_not_found_and_a_resend_charges_once()
    {
        if (Tokens.LostAnswerNotCharged is not { } token)
        {
            return;
        }

        var order = Charge(token);
        Assert.Equal(GatewayAnswerKind.Unknown, (await ChargeAsync(order)).Kind);
        Assert.Equal(GatewayAnswerKind.NotFound, (await QueryAsync(OperationKind.Charge, order.Reference)).Kind);
        Assert.Equal(0, await CountEffectsAsync(order.Reference));
        Assert.Equal(GatewayAnswerKind.Approved, (await ChargeAsync(order)).Kind);
        Assert.Equal(1, await CountEffectsAsync(order.Reference));
    }

    [Fact]
    public async Task Turned_away_at_the_door_is_not_sent()
    {
        if (Tokens.UnavailableThenOk is not { } token)
        {
            return;
        }

        var order = Charge(token);
        Assert.Equal(GatewayAnswerKind.NotSent, (await ChargeAsync(order)).Kind);
        Assert.Equal(GatewayAnswerKind.NotSent, (await ChargeAsync(order)).Kind);
        Assert.Equal(0, await CountEffectsAsync(order.Reference));
        Assert.Equal(GatewayAnswerKind.Approved, (await ChargeAsync(order)).Kind);
    }

    [Fact]
    public async Task A_refund_is_approved_once_for_its_key_and_found()
    {
        var charge = Charge(Tokens.Approve);
        var refund = Refund(charge, await ChargeAsync(charge), 400);
        var answer = await RefundAsync(refund);
        Assert.Equal(GatewayAnswerKind.Approved, answer.Kind);
        Assert.Equal(answer, await RefundAsync(refund));
        Assert.Equal(answer, await QueryAsync(OperationKind.Refund, refund.Reference));
        Assert.Equal(1, await CountEffectsAsync(refund.Reference));
    }

    [Fact]
    public async Task Refunds_in_parallel_never_give_back_more_than_the_charge()
    {
        var charge = Charge(Tokens.Approve);
        var charged = await ChargeAsync(charge);
        var refunds = Enumerable.Range(0, 20).Select(_ => Refund(charge, charged, 300)).ToList();
        var answers = await Task.WhenAll(refunds.Select(RefundAsync));
        Assert.Equal(3, answers.Count(answer => answer.Kind == GatewayAnswerKind.Approved));
        Assert.Equal(17, answers.Count(answer => answer.Kind == GatewayAnswerKind.Declined));
    }

    [Fact]
    public async Task A_refund_of_a_charge_that_is_not_there_is_declined()
    {
        var charge = Charge(Tokens.Approve);
        var answer = await RefundAsync(Refund(charge, new GatewayAnswer(GatewayAnswerKind.Approved, "nosuch"), 100));
        Assert.Equal(GatewayAnswerKind.Declined, answer.Kind);
    }

    [Fact]
    public async Task An_operation_of_another_kind_is_not_taken_for_the_one_asked_about()
    {
        var charge = Charge(Tokens.Approve);
        await ChargeAsync(charge);
        var answer = await QueryAsync(OperationKind.Refund, charge.Reference);
        Assert.True(answer.Kind is GatewayAnswerKind.Unknown or GatewayAnswerKind.NotFound);
    }

    [Fact]
    public async Task Cancelled_before_anything_was_written_is_not_sent()
    {
        var order = Charge(Tokens.Approve);
        var answer = await Gateway.ChargeAsync(order, new CancellationToken(canceled: true));
        Assert.Equal(GatewayAnswerKind.NotSent, answer.Kind);
        Assert.Equal(0, await CountEffectsAsync(order.Reference));
    }

    [Fact]
    public async Task Cancelled_while_the_processor_works_is_unknown_and_the_work_goes_on()
    {
        if (Tokens.Slow is not { } token)
        {
            return;
        }

        var order = Charge(token);
        using var cancellation = new CancellationTokenSource();
        var call = Gateway.ChargeAsync(order, cancellation.Token);
        await Eventually.BecomesAsync(
            GatewayAnswerKind.Pending, async () => (await QueryAsync(OperationKind.Charge, order.Reference)).Kind);
        await cancellation.CancelAsync();
        Assert.Equal(GatewayAnswerKind.Unknown, (await call).Kind);
        await Eventually.BecomesAsync(
            GatewayAnswerKind.Approved, async () => (await QueryAsync(OperationKind.Charge, order.Reference)).Kind);
        Assert.Equal(1, await CountEffectsAsync(order.Reference));
    }

    [Fact]
    public async Task A_refused_connection_is_not_sent()
    {
        var gateway = Open(FreePort.Address(), TimeSpan.FromSeconds(5));
        Assert.Equal(GatewayAnswerKind.NotSent, (await gateway.ChargeAsync(Charge(Tokens.Approve), default)).Kind);
        Assert.Equal(GatewayAnswerKind.NotSent, (await gateway.QueryAsync(new(OperationKind.Charge, "x", Began), default)).Kind);
    }

    [Fact]
    public async Task A_connection_closed_after_the_request_was_read_is_unknown_and_the_request_is_not_resent()
    {
        await using var processor = new FakeProcessor(answer: "");
        var gateway = Open(processor.Address, TimeSpan.FromSeconds(5));
        Assert.Equal(GatewayAnswerKind.Unknown, (await gateway.ChargeAsync(Charge(Tokens.Approve), default)).Kind);
        Assert.Equal(1, processor.Requests);
    }

    [Fact]
    public async Task A_pooled_connection_that_breaks_does_not_resend_the_request()
    {
        // The first answer leaves the connection open for the second request, which then gets none.
        await using var processor = new FakeProcessor(answer: "HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n", answersPerConnection: 1);
        var gateway = Open(processor.Address, TimeSpan.FromSeconds(5));
        Assert.Equal(GatewayAnswerKind.Unknown, (await gateway.ChargeAsync(Charge(Tokens.Approve), default)).Kind);
        Assert.Equal(GatewayAnswerKind.Unknown, (await gateway.ChargeAsync(Charge(Tokens.Approve), default)).Kind);
        Assert.Equal(2, processor.Requests);
        Assert.Equal(1, processor.Connections);
    }

    [Fact]
    public async Task No_answer_within_the_timeout_is_unknown()
    {
        await using var processor = new FakeProcessor(answer: null);
        var gateway = Open(processor.Address, TimeSpan.FromMilliseconds(200));
        Assert.Equal(GatewayAnswerKind.Unknown, (await gateway.ChargeAsync(Charge(Tokens.Approve), default)).Kind);
        Assert.Equal(1, processor.Requests);
    }

    [Theory]
    [InlineData("garbage\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\ngarbage")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nnull")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\n{\"status\":\"approved\"")]
    [InlineData("HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n")]
    [InlineData("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")]
    [InlineData("HTTP/1.1 429 Too Many Requests\r\nContent-Length: 0\r\n\r\n")]
    [InlineData("HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n")]
    [InlineData("HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n")]
    public async Task An_answer_that_the_contract_does_not_know_is_unknown(string answer)
    {
        await using var processor = new FakeProcessor(answer, hangsUp: true);
        var gateway = Open(processor.Address, TimeSpan.FromSeconds(5));
        var charged = await gateway.ChargeAsync(Charge(Tokens.Approve), default);
        Assert.Equal(GatewayAnswerKind.Unknown, charged.Kind);
        Assert.NotNull(charged.Code);
        Assert.Equal(GatewayAnswerKind.Unknown, (await gateway.QueryAsync(new(OperationKind.Charge, "x", Began), default)).Kind);
    }

    public void Dispose()
    {
        foreach (var gateway in opened.OfType<IDisposable>())
        {
            gateway.Dispose();
        }
    }

    /// <summary><see cref="ConnectTo"/>, disposed with the test.</summary>
    protected IPaymentGateway Open(Uri address, TimeSpan timeout)
    {
        opened.Add(ConnectTo(address, timeout));
        return opened[^1];
    }

    protected Task<GatewayAnswer> ChargeAsync(ChargeOrder order) => Gateway.ChargeAsync(order, default);

    protected Task<GatewayAnswer> RefundAsync(RefundOrder order) => Gateway.RefundAsync(order, default);

    protected Task<GatewayAnswer> QueryAsync(OperationKind kind, string reference, string? begunId = null) =>
        Gateway.QueryAsync(new(kind, reference, Began, ProcessorBegunId: begunId), default);

    protected static ChargeOrder Charge(string token)
    {
        var reference = NextReference();
        return new ChargeOrder(reference, $"key {reference}", Ten, token);
    }

    protected static CaptureOrder Capture(GatewayAnswer authorized, long minor)
    {
        var reference = NextReference();
        return new CaptureOrder(reference, $"key {reference}", Ten with { Minor = minor }, IsFinal: false, authorized.Reference!);
    }

    protected static VoidOrder Void(GatewayAnswer authorized)
    {
        var reference = NextReference();
        return new VoidOrder(reference, $"key {reference}", authorized.Reference!);
    }

    protected static RefundOrder Refund(ChargeOrder charge, GatewayAnswer charged, long minor)
    {
        var reference = NextReference();
        return new RefundOrder(reference, $"key {reference}", Ten with { Minor = minor }, charge.Reference, charged.Reference!);
    }

    // The processor may be shared by all tests of a class, each of which runs in an instance of its own.
    private static string NextReference() => $"op_{Guid.NewGuid():n}";
}
