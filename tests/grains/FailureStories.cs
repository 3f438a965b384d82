using Npgsql;
using Payments.Domain;
using Payments.Grains;
using Payments.Storage;
using Payments.Storage.Postgres;
using Payments.Tests.Support;
using static Payments.Tests.Domain.StateMachineTable;

namespace Payments.Tests.Grains;

/// <summary>
/// What went wrong in other systems, each named after what happened there, with their issue. Further ones: a client library that sends again by
/// itself (jetcd) is <c>GatewayContractTests.A_pooled_connection_that_breaks_does_not_resend_the_request</c>; a signature that is only looked for
/// (Azuriom#284) is <c>StripeWebhookTests.A_signature_is_not_only_looked_for</c>; yen counted a hundredfold (InvoicePlane#1677) is
/// <c>StripeIntentTests.Amounts_are_counted_as_stripe_counts_them_and_read_back_as_they_were</c>; a shutdown amid a payment that nobody repairs
/// (killbill#364) is <c>StopTests</c>.
/// </summary>
public sealed class FailureStories
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);
    private static readonly ChargeRequest Order = new() { Amount = 1000, Currency = "EUR", PaymentMethod = "tok_approve" };
    private static readonly GatewayAnswer Approved = new(GatewayAnswerKind.Approved, "proc_1");

    /// <summary>killbill#639</summary>
    [Fact]
    public void A_second_capture_succeeds_while_the_first_is_unknown()
    {
        var unknown = Run(Run(States["authorized"](), Capture(600)), Latest(States["capturing for good"](), GatewayAnswerKind.Unknown));
        var second = Capture(400) with { OperationId = Guid.NewGuid() };
        Assert.Equal(new Decision.Refuse(Refusal.OperationInFlight), PaymentStateMachine.Decide(unknown, second));
        var open = Run(Run(States["authorized"](), Capture(600, isFinal: false)), Latest(States["capturing"](), GatewayAnswerKind.Unknown));
        Assert.Equal(new Decision.Refuse(Refusal.CaptureExceedsAuthorization), PaymentStateMachine.Decide(open, second with { Amount = 401, IsFinal = false }));
    }

    /// <summary>medusa#13301</summary>
    [Fact]
    public async Task The_answer_and_its_webhook_both_process_the_payment()
    {
        await using var cluster = await GrainCluster.StartAsync(nodes: 2);
        var answer = new TaskCompletionSource<GatewayAnswer>();
        cluster.Gateway.OnSend = _ => answer.Task;
        await cluster.Payment(0, "a").ChargeAsync(Order);
        var inbox = await InboxAsync(cluster, "evt_1", cluster.PaymentId("a"), "approved");
        answer.SetResult(Approved);
        await Task.WhenAll(DeliverAsync(cluster, 0, "evt_1"), DeliverAsync(cluster, 1, "evt_1"), DeliverAsync(cluster, 1, "evt_1"));
        Assert.Equal("succeeded", (await cluster.Payment(0, "a").WaitAsync(null, Patience)).Payment!.Status);
        Assert.Equal(1, await cluster.Database.ScalarAsync<long>("SELECT count(*) FROM journal_entries"));
        Assert.Contains((await inbox.FindAsync(new("simulator", "evt_1"), default))!.State, new[] { InboxState.Applied, InboxState.NothingNew });
    }

    /// <summary>FormSG#8389</summary>
    [Fact]
    public async Task An_event_is_marked_as_seen_before_it_is_handled()
    {
        await using var cluster = await GrainCluster.StartAsync(nodes: 1);
        cluster.Gateway.OnSend = _ => new TaskCompletionSource<GatewayAnswer>().Task;
        await cluster.Payment(0, "a").ChargeAsync(Order);
        var inbox = await InboxAsync(cluster, "evt_1", cluster.PaymentId("a"), "approved");
        // The node that stored it has died since: nobody delivered it.
        Assert.Equal(InboxState.Received, (await inbox.FindAsync(new("simulator", "evt_1"), default))!.State);
        Assert.False(await inbox.ReceiveAsync(Event("evt_1", cluster.PaymentId("a"), "approved"), new byte[] { 1 }, default));
        await DeliverAsync(cluster, 0, "evt_1");
        Assert.Equal(InboxState.Applied, (await inbox.FindAsync(new("simulator", "evt_1"), default))!.State);
        Assert.Equal("succeeded", (await cluster.Payment(0, "a").GetAsync()).Payment!.Status);
    }

    /// <summary>cargo#190</summary>
    [Fact]
    public async Task A_webhook_that_comes_before_its_record_is_acknowledged_and_lost()
    {
        await using var cluster = await GrainCluster.StartAsync(nodes: 1);
        cluster.Gateway.OnSend = _ => new TaskCompletionSource<GatewayAnswer>().Task;
        var inbox = await InboxAsync(cluster, "evt_1", cluster.PaymentId("a"), "approved");
        await DeliverAsync(cluster, 0, "evt_1");
        var early = (await inbox.FindAsync(new("simulator", "evt_1"), default))!;
        Assert.Equal((InboxState.Received, "unmatched", 1), (early.State, early.Reason, early.Tries));
        await cluster.Payment(0, "a").ChargeAsync(Order);
        await DeliverAsync(cluster, 0, "evt_1");
        Assert.Equal("succeeded", (await cluster.Payment(0, "a").GetAsync()).Payment!.Status);
    }

    /// <summary>cashier#1201</summary>
    [Fact]
    public async Task A_late_webhook_moves_a_status_back()
    {
        await using var cluster = await GrainCluster.StartAsync(nodes: 1);
        await cluster.Payment(0, "a").ChargeAsync(Order);
        await cluster.Payment(0, "a").WaitAsync(null, Patience);
        var inbox = await InboxAsync(cluster, "evt_1", cluster.PaymentId("a"), "pending");
        await DeliverAsync(cluster, 0, "evt_1");
        await InboxAsync(cluster, "evt_2", cluster.PaymentId("a"), "declined");
        await DeliverAsync(cluster, 0, "evt_2");
        Assert.Equal("succeeded", (await cluster.Payment(0, "a").GetAsync()).Payment!.Status);
        Assert.Equal(InboxState.NothingNew, (await inbox.FindAsync(new("simulator", "evt_1"), default))!.State);
        var contradiction = (await inbox.FindAsync(new("simulator", "evt_2"), default))!;
        Assert.Equal((InboxState.Flagged, "contradicts_final"), (contradiction.State, contradiction.Reason));
    }

    /// <summary>hyperswitch#13182, eventyay#1405</summary>
    [Fact]
    public async Task Concurrent_refunds_exceed_the_payment()
    {
        await using var cluster = await GrainCluster.StartAsync(nodes: 2);
        await cluster.Payment(0, "a").ChargeAsync(Order);
        await cluster.Payment(0, "a").WaitAsync(null, Patience);
        var replies = await Task.WhenAll(Enumerable.Range(0, 30).Select(i =>
            cluster.Payment(i % 2, "a").RefundAsync(new() { RefundId = cluster.RefundId("a", $"r{i}"), Amount = 300 })));
        Assert.InRange(replies.Count(reply => reply.Kind == ReplyKind.Accepted), 1, 3);
        Assert.InRange(await cluster.Database.ScalarAsync<long>("SELECT refunded + refunds_in_flight FROM payments"), 300, 900);
    }

    /// <summary>hyperswitch: the last poll of a payment without the processor's id turned it into failed.</summary>
    [Fact]
    public void Time_turns_unknown_into_failed()
    {
        var payment = States["unknown"]()!;
        for (var years = 0; years < 10; years++)
        {
            payment = Run(payment, Wake(payment.NextActionAt!.Value - Start));
            payment = Run(payment, Latest(payment, GatewayAnswerKind.Unknown) with { Now = payment.NextActionAt!.Value });
            Assert.Equal((PaymentStatus.Processing, Outcome.Unknown), (payment.Status, payment.Charge.Outcome));
        }
    }

    /// <summary>runmyaccounts#649</summary>
    [Fact]
    public void Rounded_parts_do_not_add_up_to_the_whole()
    {
        for (var amount = 1L; amount < 400; amount++)
        {
            var (terms, taken) = (new FeeTerms(333, 0), 0L);
            for (var part = 1L; part <= amount; part++)
            {
                taken += terms.Kept(part, 0) - terms.Kept(part - 1, 0);
            }

            Assert.Equal(terms.Of(amount), taken);
        }
    }

    /// <summary>accounted#327</summary>
    [Fact]
    public async Task The_trigger_that_balances_the_books_overlooks_inserts()
    {
        await using var cluster = await GrainCluster.StartAsync(nodes: 1);
        await cluster.Payment(0, "a").ChargeAsync(Order);
        await cluster.Payment(0, "a").WaitAsync(null, Patience);
        var refused = await Assert.ThrowsAsync<PostgresException>(() => cluster.Database.ExecuteAsync(
            """
            UPDATE accounts SET seq = seq + 1, balance = balance + 1 WHERE no = 1;
            INSERT INTO postings SELECT no, seq, gen_random_uuid(), 0, currency, 1, balance, last_posted_at FROM accounts WHERE no = 1
            """));
        Assert.Contains("does not balance", refused.MessageText, StringComparison.Ordinal);
    }

    /// <summary>suna#5267</summary>
    [Fact]
    public void The_same_key_of_two_merchants_is_one_thing()
    {
        Assert.NotEqual(Ids.Payment(new byte[32], Mode.Test, "order-1"), Ids.Payment([.. Enumerable.Repeat((byte)1, 32)], Mode.Test, "order-1"));
        Assert.NotEqual(Ids.Payment(new byte[32], Mode.Test, "order-1"), Ids.Payment(new byte[32], Mode.Live, "order-1"));
    }

    /// <summary>Outboxes that are read in the order of a sequence skip the rows of slower transactions.</summary>
    [Fact]
    public async Task A_reader_of_events_overtakes_a_slow_transaction_and_never_sees_what_it_wrote()
    {
        await using var cluster = await GrainCluster.StartAsync(nodes: 2);
        using var stop = new CancellationTokenSource();
        var (seen, gap) = (0L, false);
        var reader = Task.Run(async () =>
        {
            while (!stop.IsCancellationRequested)
            {
                // Whoever has read up to a number has read everything below it, whatever commits later.
                var (count, last) = (await cluster.Database.ScalarAsync<long>("SELECT count(*) FROM events"), await cluster.Database.ScalarAsync<long>("SELECT coalesce(max(seq), 0) FROM events"));
                gap |= await cluster.Database.ScalarAsync<long>($"SELECT count(*) FROM events WHERE seq <= {last}") != last || count > last;
                seen = last;
            }
        });
        await Task.WhenAll(Enumerable.Range(0, 200).Select(i => cluster.Payment(i % 2, $"p{i}").ChargeAsync(Order)));
        await Eventually.BecomesAsync(true, () => Task.FromResult(Volatile.Read(ref seen) >= 200));
        await stop.CancelAsync();
        await reader;
        Assert.False(gap);
    }

    private static InboxEvent Event(string id, Guid payment, string kind) => new(
        new("simulator", id), TimeProvider.System.Now(),
        new() { Kind = kind, Gateway = "simulator", OperationId = Ids.Charge(payment), Reference = "proc_1", Amount = 1000, Currency = "EUR" });

    private static async Task<Inbox> InboxAsync(GrainCluster cluster, string id, Guid payment, string kind)
    {
        var inbox = new Inbox(cluster.Database.OpenAsApp());
        Assert.True(await inbox.ReceiveAsync(Event(id, payment, kind), new byte[] { 1, 2, 3 }, CancellationToken.None));
        return inbox;
    }

    private static Task DeliverAsync(GrainCluster cluster, int node, string id) =>
        cluster.Nodes[node].Grains.GetGrain<IInboxGrain>(GrainKeys.InboxOf(id)).DeliverAsync("simulator", id);
}
