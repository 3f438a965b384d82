using Npgsql;
using Payments.Domain;
using Payments.Grains;
using Payments.Storage.Postgres;
using Payments.Tests.Grains;
using Payments.Tests.Support;

namespace Payments.Tests.Payouts;

/// <summary>Payouts on real nodes and a real database, with a bank that does what a test says. Each ends with an audit of the books.</summary>
public sealed class PayoutGrainTests
{
    private const string Iban = "DE89370400440532013000";

    // Retries within milliseconds, claims that end after a second: so that a test sees every retry without waiting for it.
    private static readonly PaymentPolicy Quick = PaymentPolicy.Default with
    {
        Retries = new([TimeSpan.FromMilliseconds(20)], Margin: TimeSpan.FromSeconds(1), MaxUnsentAttempts: 3),
    };

    [Fact]
    public async Task A_payout_is_sent_once_and_paid_and_the_books_say_so()
    {
        await using var cluster = await StartAsync(nodes: 1, balance: 10_000);
        Assert.Equal(ReplyKind.Accepted, (await RequestAsync(cluster, "a", 4_000)).Kind);
        Assert.Equal(PayoutStatus.Paid, await EndAsync(cluster, "a"));
        Assert.Equal(ReplyKind.Replayed, (await RequestAsync(cluster, "a", 4_000)).Kind);
        Assert.Equal("idempotency_key_reused", (await RequestAsync(cluster, "a", 4_001)).Code);
        var order = Assert.Single(cluster.Bank.Orders);
        Assert.Equal((Reference("a"), new Money(4_000, Currency.Of("EUR")), Iban, "Corner Shop GmbH"), (order.Reference, order.Amount, order.Destination, order.Holder));
        Assert.Equal((6_000, 0, -4_000), await BalancesAsync(cluster));
        await AuditAsync(cluster);
    }

    [Theory]
    [InlineData(GatewayAnswerKind.Declined)]
    [InlineData(GatewayAnswerKind.NotSent)]
    public async Task What_the_bank_does_not_pay_or_never_got_is_the_merchants_again(GatewayAnswerKind answer)
    {
        await using var cluster = await StartAsync(nodes: 1, balance: 10_000);
        cluster.Bank.OnSend = _ => Task.FromResult(new GatewayAnswer(answer, Code: "account_closed"));
        await RequestAsync(cluster, "a", 4_000);
        Assert.Equal(PayoutStatus.Failed, await EndAsync(cluster, "a"));
        Assert.Equal(answer == GatewayAnswerKind.NotSent ? 3 : 1, cluster.Bank.Sends);
        Assert.Equal((10_000, 0, 0), await BalancesAsync(cluster));
        await AuditAsync(cluster);
    }

    [Fact]
    public async Task A_lost_answer_is_asked_for_and_never_taken_for_a_no()
    {
        await using var cluster = await StartAsync(nodes: 1, balance: 10_000);
        var asked = 0;
        cluster.Bank.OnSend = _ => Task.FromResult(new GatewayAnswer(GatewayAnswerKind.Unknown, Code: "timeout"));
        cluster.Bank.OnQuery = _ => Task.FromResult(new GatewayAnswer(++asked < 5 ? GatewayAnswerKind.Unknown : GatewayAnswerKind.Approved));
        await RequestAsync(cluster, "a", 4_000);
        Assert.Equal(PayoutStatus.Paid, await EndAsync(cluster, "a"));
        Assert.Equal((1, 5), (cluster.Bank.Sends, asked));
        await AuditAsync(cluster);
    }

    [Fact]
    public async Task What_the_bank_never_heard_of_is_sent_again_under_the_same_reference()
    {
        await using var cluster = await StartAsync(nodes: 1, balance: 10_000);
        cluster.Bank.OnSend = _ => Task.FromResult(new GatewayAnswer(cluster.Bank.Sends == 1 ? GatewayAnswerKind.Unknown : GatewayAnswerKind.Approved));
        await RequestAsync(cluster, "a", 4_000);
        Assert.Equal(PayoutStatus.Paid, await EndAsync(cluster, "a"));
        Assert.Equal([Reference("a"), Reference("a")], cluster.Bank.Orders.Select(order => order.Reference));
        Assert.Equal((6_000, 0, -4_000), await BalancesAsync(cluster));
        await AuditAsync(cluster);
    }

    [Fact]
    public async Task A_node_that_dies_between_claim_and_answer_leaves_a_payout_that_another_one_asks_about()
    {
        await using var cluster = await StartAsync(nodes: 1, balance: 10_000);
        var never = new TaskCompletionSource<GatewayAnswer>();
        cluster.Bank.OnSend = _ => never.Task;
        cluster.Bank.OnQuery = _ => Task.FromResult(new GatewayAnswer(GatewayAnswerKind.Approved, "bank_1"));
        await RequestAsync(cluster, "a", 4_000);
        await Eventually.BecomesAsync(1, () => Task.FromResult(cluster.Bank.Sends));
        await cluster.Nodes[0].DisposeAsync();

        await cluster.AddNodeAsync(Quick, null);
        await WatchAsync(cluster, 1);
        Assert.Equal(PayoutStatus.Paid, await EndAsync(cluster, "a"));
        Assert.Equal(1, cluster.Bank.Sends);
        await AuditAsync(cluster);
    }

    [Fact]
    public async Task A_payout_that_comes_back_is_the_merchants_again()
    {
        await using var cluster = await StartAsync(nodes: 1, balance: 10_000);
        cluster.Bank.ReturnsFor = TimeSpan.FromDays(1);
        var asked = 0;
        cluster.Bank.OnQuery = _ => Task.FromResult(new GatewayAnswer(++asked < 4 ? GatewayAnswerKind.Approved : GatewayAnswerKind.Reversed, Code: "account_closed"));
        await RequestAsync(cluster, "a", 4_000);
        await Eventually.BecomesAsync(PayoutStatus.Returned, () => StatusAsync(cluster, "a"));
        Assert.Equal((10_000, 0, 0), await BalancesAsync(cluster));
        await AuditAsync(cluster);
    }

    [Fact]
    public async Task What_an_operator_reads_in_the_statement_is_recorded_with_who_and_why()
    {
        await using var cluster = await StartAsync(nodes: 1, balance: 10_000);
        cluster.Bank.OnSend = _ => Task.FromResult(new GatewayAnswer(GatewayAnswerKind.Pending, "bank_1"));
        cluster.Bank.OnQuery = _ => Task.FromResult(new GatewayAnswer(GatewayAnswerKind.Pending, "bank_1"));
        await RequestAsync(cluster, "a", 4_000);
        await Eventually.BecomesAsync(PayoutStatus.Sent, () => StatusAsync(cluster, "a"));
        Assert.Equal((ReplyKind.Refused, "payout_not_found"), await RuleAsync("none", "paid"));
        // An attempt may be under way at that very moment.
        await Eventually.BecomesAsync((ReplyKind.Accepted, null), () => RuleAsync("a", "paid"));
        Assert.Equal((ReplyKind.Replayed, null), await RuleAsync("a", "paid"));
        Assert.Equal((ReplyKind.Refused, "payout_decided"), await RuleAsync("a", "failed"));
        Assert.Equal((ReplyKind.Accepted, null), await RuleAsync("a", "returned"));
        Assert.Equal((10_000, 0, 0), await BalancesAsync(cluster));
        Assert.Equal("decided_paid decided_returned", await cluster.Database.ScalarAsync<string>(
            "SELECT string_agg(action, ' ' ORDER BY version) FROM payout_audit WHERE decided_by IS NOT NULL AND reason = 'Statement 77'"));
        await AuditAsync(cluster);

        async Task<(ReplyKind, string?)> RuleAsync(string key, string outcome)
        {
            var operatorKey = await cluster.Database.ScalarAsync<Guid>("SELECT id FROM api_keys LIMIT 1");
            var reply = await Payout(cluster, 0, key).RuleAsync(new(outcome, "Statement 77", operatorKey));
            return (reply.Kind, reply.Code);
        }
    }

    [Fact]
    public async Task Payouts_and_refunds_at_once_never_take_the_balance_below_the_reserve()
    {
        await using var cluster = await StartAsync(nodes: 2, balance: 10_000, reserve: 2_000);
        var wanted = Enumerable.Range(0, 30).Select(i => RequestAsync(cluster, $"p{i}", 700, node: i % 2));
        var refunds = Enumerable.Range(0, 10).Select(i => cluster.Payment(i % 2, "sale").RefundAsync(new() { RefundId = cluster.RefundId("sale", $"r{i}"), Amount = 300 }));
        var (replies, _) = (await Task.WhenAll(wanted), await Task.WhenAll(refunds));
        Assert.All(replies, reply => Assert.True(reply.Kind == ReplyKind.Accepted || reply.Code is "balance_insufficient" or "payout_exceeds_available", $"{reply}"));
        await Eventually.BecomesAsync(0, () => cluster.Database.ScalarAsync<long>("SELECT count(*) FROM payouts WHERE status <> 'paid'"));
        // No payout ever left less than the reserve; refunds are the merchant's own to make.
        Assert.Equal(0, await cluster.Database.ScalarAsync<long>(
            """
            SELECT count(*) FROM postings p JOIN accounts a ON a.no = p.account_no JOIN journal_entries e ON e.id = p.entry_id
            WHERE a.id LIKE '%:balance:EUR' AND e.kind = 'payout' AND -p.balance_after < 2000
            """));
        Assert.InRange(replies.Count(reply => reply.Kind == ReplyKind.Accepted), 7, 11);
        await AuditAsync(cluster);
    }

    [Fact]
    public async Task What_is_too_young_or_more_than_there_is_is_not_paid_out()
    {
        await using var cluster = await StartAsync(nodes: 1, balance: 10_000, delayDays: 2, reserve: 500);
        Assert.Equal("payout_exceeds_available", (await RequestAsync(cluster, "a", 1)).Code);
        await using var reading = Connections.ForReading(cluster.Database.App);
        var payable = Assert.Single(await new PayoutStore(reading).PayableAsync(cluster.Database.MerchantId, "EUR", TimeProvider.System.Now(), default));
        Assert.Equal((10_000, 10_000, 0), (payable.Posted, payable.Held, payable.Available));
        payable = Assert.Single(await new PayoutStore(reading).PayableAsync(cluster.Database.MerchantId, null, TimeProvider.System.Now().AddDays(2), default));
        Assert.Equal((0, 9_500), (payable.Held, payable.Available));
        Assert.Equal("payout_settings_missing", (await RequestAsync(cluster, "b", 1, currency: "USD")).Code);
        Assert.Equal(("field_invalid", "amount"), (await RequestAsync(cluster, "c", 0)) is var refused ? (refused.Code, refused.Field) : default);
        Assert.Equal(0, cluster.Bank.Sends);
    }

    [Fact]
    public async Task A_day_of_a_schedule_makes_one_payout_of_all_that_is_available_whoever_looks_and_however_often()
    {
        await using var cluster = await StartAsync(nodes: 2, balance: 10_000, reserve: 500, schedule: "daily");
        await cluster.Database.ExecuteAsync("UPDATE payout_settings SET scheduled_through = current_date - 1");
        await Task.WhenAll(WatchAsync(cluster, 0), WatchAsync(cluster, 1));
        await Eventually.BecomesAsync(1, () => cluster.Database.ScalarAsync<long>("SELECT count(*) FROM payouts WHERE status = 'paid'"));
        await Eventually.BecomesAsync(0, () => cluster.Database.ScalarAsync<long>("SELECT count(*) FROM payout_settings WHERE scheduled_through < (now() AT TIME ZONE 'UTC')::date"));
        Assert.Equal((500, 0, -9_500), await BalancesAsync(cluster));

        // Looked at once more, on the same day, with money there again.
        await ChargeAsync(cluster, "more", 1_000);
        await cluster.Database.ExecuteAsync("UPDATE payout_settings SET scheduled_through = current_date - 1");
        await Eventually.BecomesAsync(0, () => cluster.Database.ScalarAsync<long>("SELECT count(*) FROM payout_settings WHERE scheduled_through < (now() AT TIME ZONE 'UTC')::date"));
        Assert.Equal(1, await cluster.Database.ScalarAsync<long>("SELECT count(*) FROM payouts"));
        Assert.Equal(1, cluster.Bank.Sends);
        await AuditAsync(cluster);
    }

    [Fact]
    public async Task A_schedule_waits_for_the_merchants_minimum()
    {
        await using var cluster = await StartAsync(nodes: 1, balance: 999, schedule: "daily");
        await cluster.Database.ExecuteAsync("UPDATE payout_settings SET scheduled_through = current_date - 1, minimum = 1000");
        await WatchAsync(cluster, 0);
        await Eventually.BecomesAsync(0, () => cluster.Database.ScalarAsync<long>("SELECT count(*) FROM payout_settings WHERE scheduled_through < (now() AT TIME ZONE 'UTC')::date"));
        Assert.Equal(0, await cluster.Database.ScalarAsync<long>("SELECT count(*) FROM payouts"));
    }

    private static async Task<GrainCluster> StartAsync(int nodes, long balance, long reserve = 0, int delayDays = 0, string schedule = "manual")
    {
        var cluster = await GrainCluster.StartAsync(nodes, Quick);
        await cluster.Database.ExecuteAsync("UPDATE merchants SET fee_basis_points = 0, fee_fixed = 0");
        await ChargeAsync(cluster, "sale", balance);
        await using var reading = Connections.ForReading(cluster.Database.App);
        var key = await new MerchantStore(reading, TimeProvider.System).CreateKeyAsync(MerchantStore.NewId(), null, "Ada", ["operator"], null, default);
        Assert.True(await new PayoutStore(reading).SetAsync(
            new(cluster.Database.MerchantId, "EUR", schedule, 1, delayDays, reserve, Iban, "Corner Shop GmbH", DateOnly.FromDateTime(TimeProvider.System.Now().UtcDateTime), TimeProvider.System.Now()),
            key!.Key.Id, default));
        return cluster;
    }

    private static async Task ChargeAsync(GrainCluster cluster, string key, long amount)
    {
        await cluster.Payment(0, key).ChargeAsync(new() { Amount = amount, Currency = "EUR", PaymentMethod = "tok_approve" });
        Assert.Equal("succeeded", (await cluster.Payment(0, key).WaitAsync(null, TimeSpan.FromSeconds(10))).Payment!.Status);
    }

    private static async Task WatchAsync(GrainCluster cluster, int node)
    {
        for (var shard = 0; shard < PayoutPolicy.Default.Shards; shard++)
        {
            await cluster.Nodes[node].Grains.GetGrain<IPayoutScheduleGrain>(GrainKeys.PayoutSchedule(shard)).StartAsync();
        }
    }

    private static Guid Id(string key) => Ids.Payout(new byte[32], Mode.Test, key);

    private static string Reference(string key) => Ids.Format(Ids.PayoutPrefix, Id(key));

    private static IPayoutGrain Payout(GrainCluster cluster, int node, string key) =>
        cluster.Nodes[node].Grains.GetGrain<IPayoutGrain>(GrainKeys.Payout(cluster.Database.MerchantId, Id(key)));

    private static Task<PayoutReply> RequestAsync(GrainCluster cluster, string key, long amount, int node = 0, string currency = "EUR") =>
        Payout(cluster, node, key).RequestAsync(new() { Amount = amount, Currency = currency });

    private static async Task<PayoutStatus> EndAsync(GrainCluster cluster, string key)
    {
        await Eventually.BecomesAsync(true, async () => await StatusAsync(cluster, key) is PayoutStatus.Paid or PayoutStatus.Failed);
        return (await StatusAsync(cluster, key))!.Value;
    }

    private static async Task<PayoutStatus?> StatusAsync(GrainCluster cluster, string key)
    {
        await using var reading = Connections.ForReading(cluster.Database.App);
        return (await new PayoutStore(reading).PayoutAsync(cluster.Database.MerchantId, Id(key), default))?.Status;
    }

    /// <summary>The merchant's balance, what is in transit, and our cash, as their owners read them.</summary>
    private static async Task<(long Balance, long InTransit, long Cash)> BalancesAsync(GrainCluster cluster)
    {
        async Task<long> Of(string account) => await cluster.Database.ScalarAsync<long>($"SELECT coalesce(sum(CASE WHEN grows_by_debit THEN balance ELSE -balance END), 0)::bigint FROM accounts WHERE id LIKE '{account}'");
        return (await Of("merchant:%:balance:EUR"), await Of("merchant:%:payouts_in_transit:EUR"), await Of("bank:test:cash:EUR"));
    }

    private static async Task AuditAsync(GrainCluster cluster)
    {
        await using var database = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(cluster.Database.App) { Pooling = false, SearchPath = "payments" });
        var report = await Audit.RunAsync(new AuditOptions { Database = database });
        Assert.Empty(report.Breaches);
    }
}
