using Payments.Domain;

namespace Payments.Tests.Domain;

/// <summary>The table of a payout's rules: each state, each word of the bank.</summary>
public sealed class PayoutTests
{
    private static readonly DateTimeOffset T0 = new(2026, 10, 31, 12, 0, 0, TimeSpan.Zero);
    private static readonly GatewayCapabilities Bank = new(TimeSpan.FromHours(24), true, TimeSpan.FromSeconds(20), TimeSpan.FromSeconds(10));

    [Theory]
    [InlineData("pending", GatewayAnswerKind.Approved, "paid", "payout_paid")]
    [InlineData("pending", GatewayAnswerKind.Declined, "failed", "payout_failed")]
    [InlineData("pending", GatewayAnswerKind.Pending, "sent", null)]
    [InlineData("pending", GatewayAnswerKind.Unknown, "pending", null)]
    [InlineData("pending", GatewayAnswerKind.NotSent, "pending", null)]
    [InlineData("pending", GatewayAnswerKind.NotFound, "pending", null)]
    [InlineData("pending", GatewayAnswerKind.Reversed, "paid", "payout_paid")]
    [InlineData("pending", GatewayAnswerKind.RequiresAction, "pending", null)]
    [InlineData("sent", GatewayAnswerKind.Approved, "paid", "payout_paid")]
    [InlineData("sent", GatewayAnswerKind.Declined, "failed", "payout_failed")]
    [InlineData("sent", GatewayAnswerKind.Pending, "sent", null)]
    [InlineData("sent", GatewayAnswerKind.Unknown, "sent", null)]
    [InlineData("sent", GatewayAnswerKind.NotFound, "sent", null)]
    [InlineData("sent", GatewayAnswerKind.Reversed, "paid", "payout_paid")]
    [InlineData("paid", GatewayAnswerKind.Approved, "paid", null)]
    [InlineData("paid", GatewayAnswerKind.Unknown, "paid", null)]
    [InlineData("paid", GatewayAnswerKind.NotFound, "paid", null)]
    [InlineData("paid", GatewayAnswerKind.Declined, "contradicts_final", null)]
    [InlineData("paid", GatewayAnswerKind.Reversed, "returned", "payout_returned")]
    [InlineData("failed", GatewayAnswerKind.Declined, "already_final", null)]
    [InlineData("failed", GatewayAnswerKind.Approved, "contradicts_final", null)]
    [InlineData("failed", GatewayAnswerKind.Reversed, "contradicts_final", null)]
    [InlineData("returned", GatewayAnswerKind.Reversed, "already_final", null)]
    [InlineData("returned", GatewayAnswerKind.Declined, "contradicts_final", null)]
    public void What_the_bank_says_of_its_latest_attempt(string state, GatewayAnswerKind answer, string expected, string? entry)
    {
        var payout = In(state);
        switch (PayoutStateMachine.Decide(payout, Answer(payout.Attempt, answer, T0.AddSeconds(1))))
        {
            case PayoutDecision.Accept accept:
                Assert.Equal((expected, entry), (accept.Next.Status.Name(), accept.Entry?.Kind.Name()));
                Assert.Equal(payout.Version + 1, accept.Next.Version);
                Assert.Equal(answer == GatewayAnswerKind.Reversed && state != "paid", accept.SaysMore);
                Assert.True(accept.Next.IsInTransit ? accept.Next.NextActionAt is not null : accept.Next.Status == PayoutStatus.Paid || accept.Next.NextActionAt is null);
                break;
            case PayoutDecision.Ignore ignore:
                Assert.Equal(expected, ignore.Reason.Code());
                break;
            default:
                Assert.Fail("An answer is accepted or ignored.");
                break;
        }
    }

    [Fact]
    public void An_inconclusive_word_of_an_older_attempt_changes_nothing_and_a_conclusive_one_does()
    {
        var payout = In("pending") with { Attempt = 3, Answer = null };
        Assert.IsType<PayoutDecision.Ignore>(PayoutStateMachine.Decide(payout, Answer(2, GatewayAnswerKind.NotSent, T0.AddSeconds(1))));
        Assert.Equal(PayoutStatus.Paid, Assert.IsType<PayoutDecision.Accept>(PayoutStateMachine.Decide(payout, Answer(2, GatewayAnswerKind.Approved, T0.AddSeconds(1)))).Next.Status);
    }

    [Fact]
    public void Absence_proves_nothing_before_a_send_must_have_arrived_and_all_after()
    {
        var query = In("pending") with { Attempt = 2, AttemptKind = AttemptKind.Query, Answer = null };
        var early = Accept(query with { ClaimedAt = T0.AddSeconds(24) }, Answer(2, GatewayAnswerKind.NotFound, T0.AddSeconds(25)));
        Assert.Equal((Outcome.Unknown, AttemptKind.Send), (early.Next.Outcome, Accept(early.Next, Wake(early.Next.NextActionAt!.Value)).Call));
        var late = Accept(query with { ClaimedAt = T0.AddSeconds(25) }, Answer(2, GatewayAnswerKind.NotFound, T0.AddSeconds(26)));
        Assert.Equal(Outcome.NotSent, late.Next.Outcome);

        // A bank that once had it does not make it unsent by forgetting.
        var forgotten = Accept(query with { Status = PayoutStatus.Sent, ClaimedAt = T0.AddHours(2) }, Answer(2, GatewayAnswerKind.NotFound, T0.AddHours(2)));
        Assert.Equal((PayoutStatus.Sent, Outcome.Unknown, AttemptKind.Query), (forgotten.Next.Status, forgotten.Next.Outcome, Accept(forgotten.Next, Wake(T0.AddDays(9))).Call));
    }

    [Fact]
    public void After_its_keys_life_nothing_is_sent_again_and_time_never_makes_it_fail()
    {
        var payout = In("pending") with { Answer = GatewayAnswerKind.NotFound, AttemptKind = AttemptKind.Query, NextActionAt = T0.AddDays(2) };
        Assert.Equal(AttemptKind.Query, Accept(payout, Wake(T0.AddDays(2))).Call);
        var blind = Accept(payout, Wake(T0.AddDays(2)) with { Bank = Bank with { CanQuery = false } });
        Assert.Equal((null, PayoutAction.WaitingForEvidence, PayoutStatus.Pending), (blind.Call, blind.Action, blind.Next.Status));
    }

    [Fact]
    public void Another_amount_than_ours_is_nobodys_word()
    {
        var payout = In("pending");
        var answer = Answer(1, GatewayAnswerKind.Approved, T0.AddSeconds(1)) with { Answer = new(GatewayAnswerKind.Approved, Told: new Money(999, Currency.Of("EUR"))) };
        Assert.Equal((PayoutStatus.Pending, GatewayAnswer.Mismatch), Accept(payout, answer).Next is var next ? (next.Status, next.Code) : default);
    }

    [Fact]
    public void A_paid_payout_is_asked_about_until_it_can_no_longer_come_back()
    {
        var paid = In("paid") with { NextActionAt = T0.AddDays(9), Answer = GatewayAnswerKind.Approved };
        Assert.Equal(AttemptKind.Query, Accept(paid, Wake(T0.AddDays(9))).Call);
        Assert.Equal((PayoutAction.ReturnsOver, null), Accept(paid, Wake(T0.AddDays(11))) is var over ? (over.Action, over.Next.NextActionAt) : default);
    }

    [Theory]
    [InlineData("2026-11-26", "2026-11-26", "2026-11-23", "2026-11-01")]
    [InlineData("2026-11-23", "2026-11-23", "2026-11-23", "2026-11-01")]
    [InlineData("2026-11-22", "2026-11-22", "2026-11-16", "2026-11-01")]
    [InlineData("2027-01-01", "2027-01-01", "2026-12-28", "2027-01-01")]
    public void A_schedules_latest_day(string today, string daily, string weekly, string monthly)
    {
        var day = DateOnly.Parse(today, System.Globalization.CultureInfo.InvariantCulture);
        Assert.Equal(
            [null, daily, weekly, monthly],
            Enum.GetValues<PayoutSchedule>().Select(schedule => schedule.LatestDay(day)?.ToString("yyyy-MM-dd", System.Globalization.CultureInfo.InvariantCulture)));
    }

    [Theory]
    [InlineData("DE89370400440532013000", true)]
    [InlineData("GB29NWBK60161331926819", true)]
    [InlineData("MT84MALT011000012345MTLCAST001S", true)]
    [InlineData("NO9386011117947", true)]
    [InlineData("DE89370400440532013001", false)]
    [InlineData("DE8937040044053201300", false)]
    [InlineData("de89370400440532013000", false)]
    [InlineData("DE89 3704 0044 0532 0130 00", false)]
    [InlineData("ZZ89370400440532013000", false)]
    [InlineData("", false)]
    public void An_iban_is_held_to_its_country_and_its_check_digits(string text, bool isOne) => Assert.Equal(isOne, Iban.IsValid(text));

    private static Payout In(string state)
    {
        var pending = Accept(null, new RequestPayoutCommand
        {
            MerchantId = "mer_1",
            PayoutId = Guid.AllBitsSet,
            Mode = Mode.Test,
            Amount = new(1_000, Currency.Of("EUR")),
            BankName = "bank",
            Destination = "DE89370400440532013000",
            Holder = "Shop",
            Description = null,
            ScheduledFor = null,
            Fingerprint = "f",
            Floor = 0,
            Now = T0,
            Bank = Bank,
            ReturnsFor = TimeSpan.FromDays(10),
            Retries = RetrySchedule.Default,
            Jitter = 0,
        }).Next;
        return state switch
        {
            "pending" => pending,
            "sent" => pending with { Status = PayoutStatus.Sent },
            "paid" => pending with { Status = PayoutStatus.Paid, PaidAt = T0 },
            "failed" => pending with { Status = PayoutStatus.Failed, NextActionAt = null, Answer = GatewayAnswerKind.Declined },
            _ => pending with { Status = PayoutStatus.Returned, PaidAt = T0, NextActionAt = null, Answer = GatewayAnswerKind.Reversed },
        };
    }

    private static PayoutDecision.Accept Accept(Payout? payout, PayoutCommand command) =>
        Assert.IsType<PayoutDecision.Accept>(PayoutStateMachine.Decide(payout, command));

    private static WakePayoutCommand Wake(DateTimeOffset now) => new() { Now = now, Bank = Bank, ReturnsFor = TimeSpan.FromDays(10), Retries = RetrySchedule.Default, Jitter = 0 };

    private static AnswerPayoutCommand Answer(int attempt, GatewayAnswerKind kind, DateTimeOffset now) => new()
    {
        Source = EvidenceSource.Attempt,
        Attempt = attempt,
        Answer = new(kind),
        Now = now,
        Bank = Bank,
        ReturnsFor = TimeSpan.FromDays(10),
        Retries = RetrySchedule.Default,
        Jitter = 0,
    };
}
