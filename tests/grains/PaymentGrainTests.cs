using Payments.Domain;
using Payments.Grains;
using Payments.Tests.Support;

namespace Payments.Tests.Grains;

public sealed class PaymentGrainTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);
    private static readonly ChargeRequest Order = new() { Amount = 1000, Currency = "EUR", PaymentMethod = "tok_approve" };

    // Retries within milliseconds, claims that end after a second: so that a test sees every retry without waiting for it.
    private static readonly PaymentPolicy Quick = PaymentPolicy.Default with
    {
        Retries = new([TimeSpan.FromMilliseconds(20)], Margin: TimeSpan.FromSeconds(1), MaxUnsentAttempts: 4),
    };

    private static readonly GatewayCapabilities QuickGateway = new(TimeSpan.FromHours(24), true, TimeSpan.FromMilliseconds(300), TimeSpan.FromMilliseconds(200));

    [Fact]
    public async Task A_charge_is_two_commits_and_one_send()
    {
        await using var cluster = await GrainCluster.StartAsync(nodes: 1);
        var accepted = await cluster.Payment(0, "a").ChargeAsync(Order);
        Assert.Equal((ReplyKind.Accepted, "processing", "unknown"), (accepted.Kind, accepted.Payment!.Status, accepted.Operation!.Outcome));
        var final = await cluster.Payment(0, "a").WaitAsync(null, Patience);
        Assert.Equal(("succeeded", 1000, 59, "done"), (final.Payment!.Status, final.Payment.Captured, final.Payment.Fee, final.Payment.Outcome));
        Assert.Equal(2, final.Payment.Version);
        Assert.Equal(1, cluster.Gateway.Sends);
    }

    [Fact]
    public async Task A_payment_leaves_memory_with_its_last_answer_and_one_that_has_something_to_do_stays()
    {
        await using var cluster = await GrainCluster.StartAsync(nodes: 1);
        var answer = new TaskCompletionSource<GatewayAnswer>();
        cluster.Gateway.OnSend = send => send == 1 ? answer.Task : Task.FromResult(new GatewayAnswer(GatewayAnswerKind.Approved, "proc_1"));
        await cluster.Payment(0, "slow").ChargeAsync(Order);
        await cluster.Payment(0, "a").ChargeAsync(Order);
        Assert.Equal("succeeded", (await cluster.Payment(0, "a").WaitAsync(null, Patience)).Payment!.Status);
        await Eventually.BecomesAsync(1, () => Task.FromResult(InMemory()), Patience);

        Assert.Equal(ReplyKind.Replayed, (await cluster.Payment(0, "a").ChargeAsync(Order)).Kind);
        answer.SetResult(new(GatewayAnswerKind.Approved, "proc_2"));
        Assert.Equal("succeeded", (await cluster.Payment(0, "slow").WaitAsync(null, Patience)).Payment!.Status);
        Assert.Equal(2, cluster.Gateway.Sends);

        int InMemory() => cluster.Nodes[0].Snapshot().Grains.Single(grain => grain.Name == "payment").Activations;
    }

    [Fact]
    public async Task Who_stops_waiting_stops_nothing_else()
    {
        await using var cluster = await GrainCluster.StartAsync(nodes: 1);
        var answer = new TaskCompletionSource<GatewayAnswer>();
        cluster.Gateway.OnSend = _ => answer.Task;
        await cluster.Payment(0, "a").ChargeAsync(Order);
        using var impatience = new CancellationTokenSource();
        var wait = cluster.Payment(0, "a").WaitAsync(null, Patience, impatience.Token);
        var patient = cluster.Payment(0, "a").WaitAsync(null, Patience);
        await impatience.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => wait);

        answer.SetResult(new(GatewayAnswerKind.Approved, "proc_1"));
        Assert.Equal("succeeded", (await patient).Payment!.Status);
        Assert.Equal(1, cluster.Gateway.Sends);
    }

    [Fact]
    public async Task A_decline_is_a_result_that_replays()
    {
        await using var cluster = await GrainCluster.StartAsync(nodes: 1);
        cluster.Gateway.OnSend = _ => Task.FromResult(new GatewayAnswer(GatewayAnswerKind.Declined, "proc_1", "insufficient_funds"));
        await cluster.Payment(0, "a").ChargeAsync(Order);
        await cluster.Payment(0, "a").WaitAsync(null, Patience);
        var again = await cluster.Payment(0, "a").ChargeAsync(Order);
        Assert.Equal((ReplyKind.Replayed, "declined", "insufficient_funds"), (again.Kind, again.Payment!.Status, again.Payment.Code));
        Assert.Equal("idempotency_key_reused", (await cluster.Payment(0, "a").ChargeAsync(Order with { Amount = 1001 })).Code);
        Assert.Equal(1, cluster.Gateway.Sends);
    }

    [Fact]
    public async Task Two_activations_of_one_payment_on_two_nodes_both_told_to_send_make_one_send()
    {
        await using var cluster = await GrainCluster.StartAsync(nodes: 2, Quick);
        cluster.Gateway.Capabilities = QuickGateway;
        for (var round = 0; round < 20; round++)
        {
            var before = cluster.Gateway.Sends;
            var key = $"order {round}";
            await Task.WhenAll(Enumerable.Range(0, 40).Select(i => cluster.Payment(i % 2, key).ChargeAsync(Order)));
            await Task.WhenAll(Enumerable.Range(0, 40).Select(i => cluster.Payment(i % 2, key).WaitAsync(null, Patience)));
            Assert.Equal(before + 1, cluster.Gateway.Sends);
        }
    }

    [Fact]
    public async Task Two_activations_that_both_find_a_retry_due_make_one_attempt()
    {
        // Long claims: whoever wins keeps the other away for the whole test, so every further attempt would be a second one.
        var policy = Quick with { Retries = Quick.Retries with { Steps = [TimeSpan.FromMilliseconds(100)], Margin = TimeSpan.FromMinutes(1) } };
        await using var cluster = await GrainCluster.StartAsync(nodes: 2, policy);
        var never = new TaskCompletionSource<GatewayAnswer>();
        cluster.Gateway.OnSend = _ => Task.FromResult(new GatewayAnswer(GatewayAnswerKind.Unknown));
        cluster.Gateway.OnQuery = _ => never.Task;
        await cluster.Payment(0, "a").ChargeAsync(Order);
        await cluster.Payment(1, "a").WaitAsync(null, TimeSpan.FromMilliseconds(1)); // active on both nodes
        await Eventually.BecomesAsync(1, async () =>
        {
            await Task.WhenAll(Enumerable.Range(0, 20).Select(i => cluster.Payment(i % 2, "a").WakeAsync()));
            return cluster.Gateway.Queries;
        });
        await Task.WhenAll(Enumerable.Range(0, 200).Select(i => cluster.Payment(i % 2, "a").WakeAsync()));
        Assert.Equal((1, 1), (cluster.Gateway.Sends, cluster.Gateway.Queries));
        never.SetResult(new(GatewayAnswerKind.Approved, "proc_1"));
        Assert.Equal("succeeded", (await cluster.Payment(0, "a").WaitAsync(null, Patience)).Payment!.Status);
    }

    [Fact]
    public async Task A_lost_answer_is_asked_for_and_never_sent_under_another_key()
    {
        await using var cluster = await GrainCluster.StartAsync(nodes: 1, Quick);
        cluster.Gateway.Capabilities = QuickGateway;
        cluster.Gateway.OnSend = n => Task.FromResult(new GatewayAnswer(n < 3 ? GatewayAnswerKind.Unknown : GatewayAnswerKind.Approved, "proc_1"));
        await cluster.Payment(0, "a").ChargeAsync(Order);
        var final = await cluster.Payment(0, "a").WaitAsync(null, Patience);
        Assert.Equal("succeeded", final.Payment!.Status);
        Assert.Single(cluster.Gateway.Keys.Distinct());
        Assert.True(cluster.Gateway.Queries >= 2);
    }

    [Fact]
    public async Task What_was_never_sent_fails_and_says_so()
    {
        await using var cluster = await GrainCluster.StartAsync(nodes: 1, Quick);
        cluster.Gateway.OnSend = _ => Task.FromResult(new GatewayAnswer(GatewayAnswerKind.NotSent, Code: "connection_refused"));
        await cluster.Payment(0, "a").ChargeAsync(Order);
        var final = await cluster.Payment(0, "a").WaitAsync(null, Patience);
        Assert.Equal(("failed", "not_sent", 4), (final.Payment!.Status, final.Payment.Outcome, cluster.Gateway.Sends));
    }

    [Fact]
    public async Task A_node_that_slept_through_its_claim_sends_nothing()
    {
        // Claims that are over the moment they are made.
        var policy = Quick with { Retries = Quick.Retries with { Margin = -QuickGateway.Timeout } };
        await using var cluster = await GrainCluster.StartAsync(nodes: 1, policy);
        cluster.Gateway.Capabilities = QuickGateway;
        await cluster.Payment(0, "a").ChargeAsync(Order);
        var final = await cluster.Payment(0, "a").WaitAsync(null, Patience);
        Assert.Equal(("failed", "not_sent", "claim_expired", 0), (final.Payment!.Status, final.Payment.Outcome, final.Payment.Code, cluster.Gateway.Sends));
    }

    [Fact]
    public async Task A_processor_that_never_answers_leaves_its_payment_unknown()
    {
        await using var cluster = await GrainCluster.StartAsync(nodes: 1, Quick);
        cluster.Gateway.Capabilities = QuickGateway;
        cluster.Gateway.OnSend = cluster.Gateway.OnQuery = _ => Task.FromResult(new GatewayAnswer(GatewayAnswerKind.Unknown));
        await cluster.Payment(0, "a").ChargeAsync(Order);
        await Eventually.BecomesAsync(true, () => Task.FromResult(cluster.Gateway.Queries > 20));
        var reply = await cluster.Payment(0, "a").WaitAsync(null, TimeSpan.Zero);
        Assert.Equal(("processing", "unknown"), (reply.Payment!.Status, reply.Payment.Outcome));
        Assert.Equal(1, cluster.Gateway.Sends);
    }

    [Fact]
    public async Task A_refund_reserves_and_settles_and_a_declined_one_gives_back()
    {
        await using var cluster = await GrainCluster.StartAsync(nodes: 1);
        await cluster.Payment(0, "a").ChargeAsync(Order);
        await cluster.Payment(0, "a").WaitAsync(null, Patience);
        var refund = new RefundRequest { RefundId = cluster.RefundId("a", "r1"), Amount = 300 };
        var accepted = await cluster.Payment(0, "a").RefundAsync(refund);
        Assert.Equal((ReplyKind.Accepted, 300), (accepted.Kind, accepted.Payment!.RefundsInFlight));
        Assert.Equal("succeeded", (await cluster.Payment(0, "a").WaitAsync(refund.RefundId, Patience)).Operation!.Status);
        Assert.Equal(ReplyKind.Replayed, (await cluster.Payment(0, "a").RefundAsync(refund)).Kind);

        cluster.Gateway.OnSend = _ => Task.FromResult(new GatewayAnswer(GatewayAnswerKind.Declined, Code: "refund_refused"));
        var declined = new RefundRequest { RefundId = cluster.RefundId("a", "r2"), Amount = 700 };
        await cluster.Payment(0, "a").RefundAsync(declined);
        var final = await cluster.Payment(0, "a").WaitAsync(declined.RefundId, Patience);
        Assert.Equal(("declined", 300, 0), (final.Operation!.Status, final.Payment!.Refunded, final.Payment.RefundsInFlight));
        Assert.Equal("refund_exceeds_payment", (await cluster.Payment(0, "a").RefundAsync(new() { RefundId = cluster.RefundId("a", "r3"), Amount = 701 })).Code);
        Assert.Equal(-641, await cluster.Database.ScalarAsync<long>($"SELECT balance FROM accounts WHERE id = 'merchant:{cluster.Database.MerchantId}:balance:EUR'"));
    }

    [Fact]
    public async Task An_authorization_is_captured_in_parts_with_fees_that_follow_and_then_released()
    {
        await using var cluster = await GrainCluster.StartAsync(nodes: 1);
        var payment = cluster.Payment(0, "a");
        await payment.ChargeAsync(Order with { Capture = "manual" });
        Assert.Equal(("authorized", 1000, 0), (await payment.WaitAsync(null, Patience)).Payment is { } held ? (held.Status, held.Capturable, held.Fee) : default);

        var part = new CaptureRequest { CaptureId = cluster.CaptureId("a", "c1"), Amount = 400, IsFinal = false };
        Assert.Equal(ReplyKind.Accepted, (await payment.CaptureAsync(part)).Kind);
        var captured = await payment.WaitAsync(part.CaptureId, Patience);
        Assert.Equal(("authorized", 400, 600, 42), (captured.Payment!.Status, captured.Payment.Captured, captured.Payment.Capturable, captured.Payment.Fee));
        Assert.Equal(ReplyKind.Replayed, (await payment.CaptureAsync(part)).Kind);
        Assert.Equal("idempotency_key_reused", (await payment.CaptureAsync(part with { IsFinal = true })).Code);
        Assert.Equal("capture_exceeds_authorization", (await payment.CaptureAsync(part with { CaptureId = Guid.Empty, Amount = 601 })).Code);

        var release = new CancelRequest { CancellationId = cluster.CancellationId("a", "x") };
        await payment.CancelAsync(release);
        var released = await payment.WaitAsync(release.CancellationId, Patience);
        Assert.Equal(("succeeded", 600, "void"), (released.Payment!.Status, released.Operation!.Amount, released.Operation.Kind));
        Assert.Equal("payment_not_capturable", (await payment.CaptureAsync(part with { CaptureId = Guid.Empty })).Code);
        Assert.Equal(-358, await cluster.Database.ScalarAsync<long>($"SELECT balance FROM accounts WHERE id = 'merchant:{cluster.Database.MerchantId}:balance:EUR'"));
    }

    [Fact]
    public async Task A_refund_gives_its_share_of_the_fee_back_where_the_merchants_terms_say_so()
    {
        await using var cluster = await GrainCluster.StartAsync(nodes: 1);
        await cluster.Database.ExecuteAsync("UPDATE merchants SET fee_returned_on_refund = true");
        var payment = cluster.Payment(0, "a");
        await payment.ChargeAsync(Order);
        await payment.WaitAsync(null, Patience);
        foreach (var (key, amount) in new (string, long?)[] { ("r1", 333), ("r2", null) })
        {
            var refund = new RefundRequest { RefundId = cluster.RefundId("a", key), Amount = amount };
            await payment.RefundAsync(refund);
            await payment.WaitAsync(refund.RefundId, Patience);
        }

        Assert.Equal((1000, 0), ((await payment.GetAsync()).Payment!.Refunded, (await payment.GetAsync()).Payment!.Fee));
        Assert.Equal(0, await cluster.Database.ScalarAsync<long>("SELECT sum(abs(balance))::bigint FROM accounts"));
    }

    public static TheoryData<string, ChargeRequest> Mistakes => new()
    {
        { "amount", Order with { Amount = 0 } },
        { "amount", Order with { Amount = Money.MaxOperation + 1 } },
        { "currency", Order with { Currency = "eur" } },
        { "payment_method", Order with { PaymentMethod = "4242424242424242" } },
        { "payment_method", Order with { PaymentMethod = "tok approve" } },
        { "capture", Order with { Capture = "later" } },
        { "reference", Order with { Reference = "a\u0000b" } },
        { "reference", Order with { Reference = new string('x', 256) } },
        { "description", Order with { Description = "\ud800" } },
        { "statement_descriptor", Order with { StatementDescriptor = "1234567" } },
        { "metadata", Order with { Metadata = Metadata.Empty.Add("a b", "c") } },
        { "metadata.card", Order with { Metadata = Metadata.Empty.Add("card", "4242 4242 4242 4242") } },
    };

    [Theory]
    [MemberData(nameof(Mistakes))]
    public async Task A_grain_call_is_held_to_the_same_rules_as_a_request_over_HTTP(string field, ChargeRequest request)
    {
        await using var cluster = await GrainCluster.StartAsync(nodes: 1);
        var reply = await cluster.Payment(0, "a").ChargeAsync(request);
        Assert.Equal((ReplyKind.Refused, "field_invalid", field), (reply.Kind, reply.Code, reply.Field));
        Assert.Equal(0, await cluster.Database.ScalarAsync<long>("SELECT count(*) FROM payments"));
    }

    [Fact]
    public async Task A_node_that_knows_an_old_state_looks_again_before_it_refuses()
    {
        await using var cluster = await GrainCluster.StartAsync(nodes: 2);
        var answer = new TaskCompletionSource<GatewayAnswer>();
        cluster.Gateway.OnSend = _ => answer.Task;
        await cluster.Payment(0, "a").ChargeAsync(Order);
        Assert.Equal("processing", (await cluster.Payment(1, "a").WaitAsync(null, TimeSpan.Zero)).Payment!.Status);
        answer.SetResult(new(GatewayAnswerKind.Approved, "proc_1"));
        await cluster.Payment(0, "a").WaitAsync(null, Patience);
        var refund = await cluster.Payment(1, "a").RefundAsync(new() { RefundId = cluster.RefundId("a", "r"), Amount = 1 });
        Assert.Equal(ReplyKind.Accepted, refund.Kind);
    }

    [Fact]
    public async Task What_a_dead_node_left_behind_another_node_recovers()
    {
        var recovery = new RecoveryPolicy(Shards: 2, TimeSpan.FromMilliseconds(50), TimeSpan.Zero, Page: 3, Concurrency: 2);
        await using var cluster = await GrainCluster.StartAsync(nodes: 1, Quick);
        cluster.Gateway.Capabilities = QuickGateway;
        var never = new TaskCompletionSource<GatewayAnswer>();
        cluster.Gateway.OnSend = _ => never.Task;
        await Task.WhenAll(Enumerable.Range(0, 20).Select(i => cluster.Payment(0, $"{i}").ChargeAsync(Order)));
        cluster.Nodes[0].Kill();
        cluster.Gateway.OnQuery = _ => Task.FromResult(new GatewayAnswer(GatewayAnswerKind.Approved, "proc_1"));
        await cluster.AddNodeAsync(Quick, recovery);
        await Eventually.BecomesAsync(20L, () => cluster.Database.ScalarAsync<long>("SELECT count(*) FROM payments WHERE status = 'succeeded'"));
        Assert.Equal(20, cluster.Gateway.Sends);
    }

    [Fact]
    public async Task A_node_that_remembers_a_payment_as_done_still_recovers_the_refund_that_a_dead_node_left_behind()
    {
        var recovery = new RecoveryPolicy(Shards: 1, TimeSpan.FromMilliseconds(50), TimeSpan.Zero, Page: 10, Concurrency: 2);
        await using var cluster = await GrainCluster.StartAsync(nodes: 1, Quick);
        cluster.Gateway.Capabilities = QuickGateway;
        await cluster.AddNodeAsync(Quick, recovery);
        await cluster.Payment(0, "a").ChargeAsync(Order);
        await cluster.Payment(0, "a").WaitAsync(null, Patience);
        Assert.Equal("succeeded", (await cluster.Payment(1, "a").WaitAsync(null, TimeSpan.Zero)).Payment!.Status); // remembered: nothing is due
        var never = new TaskCompletionSource<GatewayAnswer>();
        cluster.Gateway.OnSend = _ => never.Task;
        cluster.Gateway.OnQuery = _ => Task.FromResult(new GatewayAnswer(GatewayAnswerKind.Approved, "proc_2"));
        await cluster.Payment(0, "a").RefundAsync(new() { RefundId = cluster.RefundId("a", "r"), Amount = 300 });
        cluster.Nodes[0].Kill();
        await Eventually.BecomesAsync(300L, () => cluster.Database.ScalarAsync<long>("SELECT refunded FROM payments"));
    }

    [Fact]
    public async Task A_node_that_remembers_a_payment_as_absent_looks_again_before_it_says_so()
    {
        await using var cluster = await GrainCluster.StartAsync(nodes: 2);
        Assert.Equal("payment_not_found", (await cluster.Payment(1, "a").WaitAsync(null, TimeSpan.Zero)).Code);
        await cluster.Payment(0, "a").ChargeAsync(Order);
        await cluster.Payment(0, "a").WaitAsync(null, Patience);
        Assert.Equal(ReplyKind.Accepted, (await cluster.Payment(1, "a").WaitAsync(null, Patience)).Kind);
        var refund = await cluster.Payment(1, "a").RefundAsync(new() { RefundId = cluster.RefundId("a", "r"), Amount = 1 });
        Assert.Equal(ReplyKind.Accepted, refund.Kind);
    }

    [Fact]
    public async Task A_payment_that_waits_long_registers_a_reminder_and_forgets_it_when_it_is_done()
    {
        var policy = Quick with { TimerHorizon = TimeSpan.FromMilliseconds(1), Retries = Quick.Retries with { Steps = [TimeSpan.FromSeconds(1)] } };
        await using var cluster = await GrainCluster.StartAsync(nodes: 1, policy);
        cluster.Gateway.OnSend = _ => Task.FromResult(new GatewayAnswer(GatewayAnswerKind.Unknown));
        cluster.Gateway.OnQuery = _ => Task.FromResult(new GatewayAnswer(GatewayAnswerKind.Approved, "proc_1"));
        await cluster.Payment(0, "a").ChargeAsync(Order);
        Task<long> Reminders() => cluster.Database.ScalarAsync<long>("SELECT count(*) FROM embedded_reminders WHERE name = 'wake'");
        await Eventually.BecomesAsync(1L, Reminders);
        Assert.Equal("succeeded", (await cluster.Payment(0, "a").WaitAsync(null, Patience)).Payment!.Status);
        await Eventually.BecomesAsync(0L, Reminders);
    }
}
