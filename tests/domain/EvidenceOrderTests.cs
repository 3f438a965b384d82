using Payments.Domain;
using static Payments.Tests.Domain.StateMachineTable;

namespace Payments.Tests.Domain;

/// <summary>An answer, a query and two webhooks about one operation, each of them twice, in every order: one end, one ledger.</summary>
public sealed class EvidenceOrderTests
{
    private static readonly (EvidenceSource Source, int Attempt, GatewayAnswerKind Kind)[] Evidence =
    [
        (EvidenceSource.Attempt, 1, GatewayAnswerKind.Approved), // the answer to the send, however late
        (EvidenceSource.Attempt, 2, GatewayAnswerKind.Approved), // the answer to the query
        (EvidenceSource.Webhook, 0, GatewayAnswerKind.Pending),
        (EvidenceSource.Webhook, 0, GatewayAnswerKind.Approved),
    ];

    public static TheoryData<string, bool> Operations => new()
    {
        { "charge", true }, { "authorize", true }, { "capture", true }, { "void", true }, { "refund", true },
        { "charge", false }, { "authorize", false }, { "capture", false }, { "void", false }, { "refund", false },
    };

    [Theory]
    [MemberData(nameof(Operations))]
    public void Every_order_of_doubled_evidence_ends_in_the_same_state_with_the_same_ledger(string operation, bool isApproved)
    {
        var begun = operation switch
        {
            "charge" => States["querying"]()!,
            "authorize" => Querying(States["authorizing"]()!),
            "capture" => Querying(States["capturing"]()!),
            "void" => Querying(States["canceling"]()!),
            _ => Querying(States["refunding"]()!),
        };
        var ends = new HashSet<string>();
        var orders = 0;
        foreach (var order in Orders(new int[Evidence.Length], []))
        {
            orders++;
            ends.Add(End(begun, order, isApproved));
        }

        Assert.Equal(2_520, orders); // 8! / 2!^4
        Assert.Single(ends);
    }

    [Fact]
    public void Late_news_never_moves_a_final_operation_and_news_that_contradict_are_told_from_news_that_repeat()
    {
        var succeeded = States["succeeded"]()!;
        var declined = Webhook(succeeded, GatewayAnswerKind.Declined);
        Assert.Equal(new Decision.Ignore(IgnoreReason.ContradictsFinal), PaymentStateMachine.Decide(succeeded, declined));
        Assert.Equal(new Decision.Ignore(IgnoreReason.AlreadyFinal), PaymentStateMachine.Decide(succeeded, Webhook(succeeded, GatewayAnswerKind.Pending)));
        Assert.Equal(new Decision.Ignore(IgnoreReason.AlreadyFinal), PaymentStateMachine.Decide(succeeded, Webhook(succeeded, GatewayAnswerKind.RequiresAction)));
    }

    [Theory]
    [InlineData(999, "EUR")]
    [InlineData(1000, "USD")]
    public void News_of_another_amount_or_currency_change_nothing(long amount, string currency)
    {
        var payment = States["unknown"]()!;
        var news = Webhook(payment, GatewayAnswerKind.Approved) with { Answer = new(GatewayAnswerKind.Approved, Told: new(amount, Currency.Of(currency))) };
        Assert.Equal(new Decision.Ignore(IgnoreReason.AmountMismatch), PaymentStateMachine.Decide(payment, news));
        // An attempt that brings the same is no answer at all.
        var answer = Answer(GatewayAnswerKind.Approved) with { Answer = news.Answer };
        var next = Run(States["sending"](), answer);
        Assert.Equal((PaymentStatus.Processing, Outcome.Unknown, "amount_mismatch"), (next.Status, next.Charge.Outcome, next.Charge.Code));
    }

    [Fact]
    public void Three_notices_of_one_dispute_in_every_order_and_doubled_end_alike()
    {
        foreach (var (end, fee) in new[] { (OperationKind.DisputeWon, -5L), (OperationKind.DisputeLost, -415L) })
        {
            var notices = new[] { OperationKind.Dispute, end, OperationKind.Dispute, end };
            foreach (var order in new[] { new[] { 0, 1, 2, 3 }, [1, 0, 3, 2], [1, 3, 0, 2], [0, 2, 1, 3], [1, 0, 2, 3], [0, 1, 3, 2] })
            {
                var (payment, ledger) = (States["succeeded"]()!, new Dictionary<string, long>());
                foreach (var notice in order.Select(i => notices[i]))
                {
                    while (PaymentStateMachine.Decide(payment, Notice(notice)) is Decision.Accept accept)
                    {
                        payment = accept.Next;
                        Post(accept, ledger);
                    }
                }

                Assert.Equal(end == OperationKind.DisputeWon ? 0 : 400, payment.Disputed);
                Assert.Equal(0, ledger["merchant:mer_x:disputes"]);
                Assert.Equal(fee, ledger["gateway:simulator:receivable"]);
                Assert.Equal(0, ledger.Values.Sum());
                Assert.Equal(
                    new Decision.Ignore(IgnoreReason.ContradictsFinal),
                    PaymentStateMachine.Decide(payment, Notice(end == OperationKind.DisputeWon ? OperationKind.DisputeLost : OperationKind.DisputeWon)));
            }
        }
    }

    [Fact]
    public void A_dispute_of_a_refunded_payment_is_recorded_and_leaves_nothing_to_refund()
    {
        var refunded = Run(Run(States["succeeded"](), Refund(null)), RefundAnswer(GatewayAnswerKind.Approved));
        var disputed = Run(refunded, Notice(OperationKind.Dispute));
        Assert.Equal((400, 0, PaymentStatus.Succeeded), (disputed.Disputed, disputed.Refundable, disputed.Status));
        var half = Run(States["succeeded"](), Notice(OperationKind.Dispute));
        Assert.Equal(600, half.Refundable);
    }

    [Fact]
    public void A_dispute_of_what_is_not_known_to_be_captured_waits()
    {
        Assert.Equal(new Decision.Ignore(IgnoreReason.NotYet), PaymentStateMachine.Decide(States["unknown"](), Notice(OperationKind.Dispute)));
        Assert.Equal(new Decision.Ignore(IgnoreReason.AmountMismatch), PaymentStateMachine.Decide(States["succeeded"](), Notice(OperationKind.Dispute) with { Amount = new(1001, Currency.Of("EUR")) }));
    }

    [Fact]
    public void A_refund_that_fails_after_it_succeeded_stays_made_and_its_amount_may_be_refunded_again()
    {
        var refunded = States["refunded"]()!;
        var reversed = RefundAnswer(GatewayAnswerKind.Reversed, 0) with { Source = EvidenceSource.Webhook };
        var decision = Assert.IsType<Decision.Accept>(PaymentStateMachine.Decide(refunded, reversed));
        Assert.Equal((400, 400, 1000), (decision.Next.Refunded, decision.Next.RefundsReversed, decision.Next.Refundable));
        Assert.Equal(400, decision.Entry!.Postings.Single(posting => posting.Account.Code == "gateway:simulator:receivable").Amount);
        Assert.Equal("refund.failed", Assert.Single(decision.Events));
        Assert.Equal(new Decision.Ignore(IgnoreReason.AlreadyFinal), PaymentStateMachine.Decide(decision.Next, reversed));
        // Told of its end before its success: both, one after the other.
        var early = Assert.IsType<Decision.Accept>(PaymentStateMachine.Decide(States["refunding"](), reversed));
        Assert.True(early.SaysMore);
        var both = Run(early.Next, reversed);
        Assert.Equal((400, 400, 0, 1000), (both.Refunded, both.RefundsReversed, both.RefundsInFlight, both.Refundable));
        Assert.Equal(new Decision.Ignore(IgnoreReason.AlreadyFinal), PaymentStateMachine.Decide(both, RefundAnswer(GatewayAnswerKind.Approved)));
    }

    private static Payment Querying(Payment payment)
    {
        var unknown = Run(payment, Latest(payment, GatewayAnswerKind.Unknown));
        return Run(unknown, Wake(TimeSpan.FromMinutes(1)));
    }

    // All orders in which each of the four comes twice.
    private static IEnumerable<int[]> Orders(int[] used, int[] sofar)
    {
        if (sofar.Length == 2 * Evidence.Length)
        {
            yield return sofar;
            yield break;
        }

        for (var i = 0; i < Evidence.Length; i++)
        {
            if (used[i] < 2)
            {
                var more = (int[])used.Clone();
                more[i]++;
                foreach (var order in Orders(more, [.. sofar, i]))
                {
                    yield return order;
                }
            }
        }
    }

    private static string End(Payment payment, int[] order, bool isApproved)
    {
        var ledger = new Dictionary<string, long>();
        var id = payment.Operations[^1].Id;
        foreach (var (source, attempt, kind) in order.Select(i => Evidence[i]))
        {
            var said = kind == GatewayAnswerKind.Approved && !isApproved ? GatewayAnswerKind.Declined : kind;
            var command = Answer(said, attempt) with { Source = source, OperationId = id };
            if (PaymentStateMachine.Decide(payment, command) is Decision.Accept accept)
            {
                payment = accept.Next;
                Post(accept, ledger);
            }
        }

        return $"{payment.Status} {payment.Captured} {payment.Refunded} {payment.RefundsInFlight} {payment.CapturesInFlight} {payment.Fee} {payment.Find(id)!.Status} "
            + $"{payment.Version} {string.Join(' ', ledger.OrderBy(account => account.Key))}";
    }

    private static void Post(Decision.Accept accept, Dictionary<string, long> ledger)
    {
        foreach (var posting in accept.Entry?.Postings ?? [])
        {
            ledger[posting.Account.Code] = ledger.GetValueOrDefault(posting.Account.Code) + posting.Amount;
        }
    }
}
