using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Payments.Domain;
using Payments.Tests.Support;
using static Payments.Tests.Domain.StateMachineTable;
using Outcome = Payments.Domain.Outcome;

namespace Payments.Tests.Domain;

public sealed class PaymentStateMachineTests
{
    /// <summary>The whole product of states and commands against the reviewed table in docs. A change of the rules shows there as a diff.</summary>
    [Fact]
    public void Every_command_in_every_state_does_what_the_table_says()
    {
        var table = new StringBuilder("# What a payment does, in every state, about every command\n\n");
        table.Append("Generated from `domain/PaymentStateMachine.cs`; `UPDATE_TABLES=1 ./test --filter StateMachine` writes it anew, and the diff is reviewed.\n");
        foreach (var (stateName, state) in States)
        {
            table.Append($"\n## {stateName}\n\n| command | decision |\n|---|---|\n");
            foreach (var (commandName, command) in Commands)
            {
                var payment = state();
                table.Append($"| {commandName} | {Describe(payment, PaymentStateMachine.Decide(payment, command(payment)))} |\n");
            }
        }

        Golden.Check("docs/state-machine.md", table.ToString());
    }

    [Fact]
    public void Nothing_that_happens_in_any_order_breaks_an_invariant() =>
        Prop.ForAll(Gen.Choose(0, 1_000_000).ArrayOf().Resize(60).ToArbitrary(), dice =>
        {
            Payment? payment = null;
            var now = Start;
            var ledger = new Dictionary<string, long>();
            foreach (var die in dice)
            {
                now += TimeSpan.FromSeconds(die % 97);
                var command = Any(payment, die, now);
                if (PaymentStateMachine.Decide(payment, command) is Decision.Accept accept)
                {
                    CheckStep(payment, accept, now);
                    foreach (var posting in accept.Entry?.Postings ?? [])
                    {
                        var account = posting.Account.Code;
                        ledger[account] = ledger.GetValueOrDefault(account) + posting.Amount;
                    }

                    payment = accept.Next;
                    CheckLedger(payment, ledger);
                }
            }
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Time_alone_never_fails_what_may_have_been_sent()
    {
        foreach (var capabilities in new[] { Full, NoQuery, NoKeys, Nothing })
        {
            var payment = Run(null, Charge() with { Gateway = capabilities });
            for (var i = 0; i < 200; i++)
            {
                payment = Run(payment, Wake(payment.NextActionAt!.Value - Start) with { Gateway = capabilities });
                Assert.Equal((PaymentStatus.Processing, Outcome.Unknown), (payment.Status, payment.Charge.Outcome));
            }
        }
    }

    [Fact]
    public void Without_keys_and_queries_nothing_is_ever_sent_again()
    {
        var payment = Run(Run(null, Charge() with { Gateway = Nothing }), Answer(GatewayAnswerKind.Unknown) with { Gateway = Nothing });
        for (var i = 0; i < 50; i++)
        {
            var decision = (Decision.Accept)PaymentStateMachine.Decide(payment, Wake(payment.NextActionAt!.Value - Start) with { Gateway = Nothing });
            Assert.Null(decision.Call);
            payment = decision.Next;
        }

        Assert.Equal(1, payment.Charge.Sends);
    }

    [Fact]
    public void A_send_that_would_arrive_when_its_key_is_dead_is_not_made()
    {
        var gateway = NoQuery with { IdempotencyKeyLife = TimeSpan.FromSeconds(100) };
        var payment = Run(Run(null, Charge() with { Gateway = gateway }), Answer(GatewayAnswerKind.Unknown) with { Gateway = gateway });
        PaymentCommand At(int seconds) => Wake(TimeSpan.FromSeconds(seconds)) with { Gateway = gateway };
        Assert.NotNull(((Decision.Accept)PaymentStateMachine.Decide(payment, At(64))).Call); // 90 less 5 to leave and 20 to arrive
        Assert.Null(((Decision.Accept)PaymentStateMachine.Decide(payment, At(65))).Call);
    }

    [Fact]
    public void Who_can_only_ask_asks_less_and_less_often()
    {
        var payment = Run(null, Charge() with { Gateway = NoKeys });
        var waits = new List<TimeSpan>();
        for (var i = 0; i < 6; i++)
        {
            var asked = payment.NextActionAt!.Value - Start;
            payment = Run(payment, Wake(asked) with { Gateway = NoKeys });
            payment = Run(payment, Answer(GatewayAnswerKind.NotFound, payment.Charge.Attempt) with { Gateway = NoKeys with { AbsenceFinalAfter = TimeSpan.FromDays(1) }, Now = Start + asked });
            waits.Add(payment.NextActionAt!.Value - (Start + asked));
        }

        Assert.Equal(waits.Order(), waits);
        Assert.InRange(waits[^1] / waits[0], 10, double.MaxValue);
    }

    [Fact]
    public void A_key_is_not_used_again_once_its_life_is_nearly_over()
    {
        var payment = Run(Run(null, Charge() with { Gateway = NoQuery }), Answer(GatewayAnswerKind.Unknown) with { Gateway = NoQuery });
        PaymentCommand At(TimeSpan later) => Wake(later) with { Gateway = NoQuery };
        Assert.NotNull(((Decision.Accept)PaymentStateMachine.Decide(payment, At(TimeSpan.FromHours(21.5)))).Call);
        Assert.Null(((Decision.Accept)PaymentStateMachine.Decide(payment, At(TimeSpan.FromHours(21.7)))).Call);
    }

    [Fact]
    public void Not_found_proves_nothing_while_the_send_may_still_be_travelling()
    {
        // Five seconds in which the send may leave, twenty in which it may be under way.
        var early = NotFoundAfter(TimeSpan.FromSeconds(24));
        Assert.Equal(Outcome.Unknown, early.Charge.Outcome);
        var late = NotFoundAfter(TimeSpan.FromSeconds(25));
        Assert.Equal(Outcome.NotSent, late.Charge.Outcome);

        static Payment NotFoundAfter(TimeSpan wait)
        {
            var payment = Run(Run(null, Charge()), Answer(GatewayAnswerKind.Unknown));
            payment = Run(payment, Wake(wait));
            Assert.Equal(AttemptKind.Query, payment.Charge.AttemptKind);
            return Run(payment, Answer(GatewayAnswerKind.NotFound, 2) with { Now = Start + wait });
        }
    }

    [Fact]
    public void A_charge_fails_only_when_every_single_send_is_proven_unsent()
    {
        var payment = States["failed"]()!;
        Assert.Equal((PaymentStatus.Failed, Outcome.NotSent), (payment.Status, payment.Charge.Outcome));
        Assert.Equal(RetrySchedule.Default.MaxUnsentAttempts, payment.Charge.Sends);
        Assert.Equal(payment.Charge.Sends, payment.Charge.ProvenUnsent);
    }

    [Fact]
    public void A_doubled_answer_counts_once()
    {
        var payment = States["succeeded"]()!;
        Assert.Equal(
            new Decision.Ignore(IgnoreReason.AlreadyFinal), PaymentStateMachine.Decide(payment, Answer(GatewayAnswerKind.Approved)));
        var unsent = Run(Run(null, Charge()), Answer(GatewayAnswerKind.NotSent));
        Assert.Equal(new Decision.Ignore(IgnoreReason.Superseded), PaymentStateMachine.Decide(unsent, Answer(GatewayAnswerKind.NotSent)));
        Assert.Equal(1, unsent.Charge.ProvenUnsent);
    }

    [Fact]
    public void A_payment_has_a_most_of_refunds()
    {
        var payment = States["succeeded"]()!;
        for (var i = 0; i < Payment.MaxRefunds; i++)
        {
            payment = Run(payment, Refund(1) with { OperationId = new Guid(i, 0, 0, new byte[8]) });
        }

        Assert.Equal(new Decision.Refuse(Refusal.TooManyRefunds), PaymentStateMachine.Decide(payment, Refund(1)));
    }

    [Fact]
    public void Captures_and_voids_have_a_most_too()
    {
        var payment = Run(Run(null, Authorization()), Authorized);
        for (var i = 0; i < Payment.MaxCaptures; i++)
        {
            payment = Run(payment, Capture(1, isFinal: false) with { OperationId = new Guid(i, 0, 0, new byte[8]) });
        }

        Assert.Equal(new Decision.Refuse(Refusal.TooManyCaptures), PaymentStateMachine.Decide(payment, Capture(1, isFinal: false)));

        payment = Run(Run(null, Authorization()), Authorized);
        for (var i = 0; i < Payment.MaxVoids; i++)
        {
            payment = Run(payment, Cancel() with { OperationId = new Guid(i, 0, 0, new byte[8]) });
            payment = Run(payment, Latest(payment, GatewayAnswerKind.Declined));
        }

        Assert.Equal(new Decision.Refuse(Refusal.TooManyCancellations), PaymentStateMachine.Decide(payment, Cancel()));
    }

    [Fact]
    public void An_authorization_ends_by_the_processors_word_and_not_by_our_clock()
    {
        var payment = States["authorized"]()!;
        Assert.Equal(Start + TimeSpan.FromDays(7), payment.NextActionAt);
        var asked = (Decision.Accept)PaymentStateMachine.Decide(payment, Wake(TimeSpan.FromDays(7)));
        Assert.Equal((PaymentStatus.Authorized, OperationKind.Void), (asked.Next.Status, asked.Call!.Operation.Kind));
        Assert.Equal(PaymentStatus.Authorized, Run(asked.Next, Latest(asked.Next, GatewayAnswerKind.Unknown)).Status);
        foreach (var word in new[] { GatewayAnswerKind.Approved, GatewayAnswerKind.Expired })
        {
            Assert.Equal(PaymentStatus.Canceled, Run(asked.Next, Latest(asked.Next, word)).Status);
        }

        var refused = Run(asked.Next, Latest(asked.Next, GatewayAnswerKind.Declined));
        Assert.Equal((PaymentStatus.Authorized, null), (refused.Status, refused.NextActionAt));
    }

    [Fact]
    public void An_authorization_that_is_let_go_of_is_asked_about_until_somebody_answers()
    {
        var payment = States["letting go"]()!;
        for (var attempt = 1; attempt < 30; attempt++)
        {
            payment = Run(payment, Answer(GatewayAnswerKind.NotSent, attempt) with { OperationId = payment.Operations[^1].Id });
            payment = Run(payment, Wake(payment.NextActionAt!.Value - Start));
        }

        Assert.Equal(PaymentStatus.Authorized, payment.Status);
    }

    [Fact]
    public void Parts_never_cost_another_fee_than_the_whole() =>
        Prop.ForAll((from bp in Gen.Choose(0, 10_000) from fix in Gen.Choose(0, 50) from parts in Gen.Choose(1, 400).NonEmptyListOf() select (bp, fix, parts)).ToArbitrary(), sample =>
        {
            var terms = new FeeTerms(sample.bp, sample.fix, ReturnedOnRefund: true);
            long captured = 0, fee = 0;
            foreach (var part in sample.parts)
            {
                var step = terms.Kept(captured + part, 0) - terms.Kept(captured, 0);
                Assert.InRange(step, 0, part);
                (captured, fee) = (captured + part, fee + step);
            }

            Assert.Equal(terms.Of(captured), fee);
            Assert.Equal(0, terms.Kept(captured, captured));
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Waits_grow_and_never_end()
    {
        var schedule = RetrySchedule.Default;
        Assert.Equal(TimeSpan.FromDays(1), schedule.After(10_000, 0));
        Assert.True(Enumerable.Range(1, 20).Zip(Enumerable.Range(2, 20)).All(pair => schedule.After(pair.First, 0) <= schedule.After(pair.Second, 0)));
    }

    private static PaymentCommand Any(Payment? payment, int die, DateTimeOffset now)
    {
        var operation = payment?.Operations[die % payment.Operations.Length];
        var attempt = Math.Max(1, (operation?.Attempt ?? 1) - die / 7 % 3);
        AnswerCommand Say(GatewayAnswerKind kind) => Answer(kind, attempt) with { OperationId = operation?.Id ?? Guid.Empty, Now = now };
        return (die / 100 % 14) switch
        {
            // Half of all payments begin with an authorization: a payment's first command says which.
            0 or 1 => (payment?.Capture ?? (CaptureMode)(die % 2)) == CaptureMode.Manual ? Authorization() with { Now = now, Fee = Terms(die) } : Charge() with { Now = now, Fee = Terms(die) },
            10 or 11 => Capture(die % 500 + 1, isFinal: die % 5 == 0) with { OperationId = new Guid(die % 9, 1, 0, new byte[8]), Fingerprint = $"{die % 2}", Now = now },
            12 => Cancel() with { OperationId = new Guid(die % 3, 2, 0, new byte[8]), Now = now },
            13 => Say(GatewayAnswerKind.Expired),
            2 => Refund(die % 700 + 1) with { OperationId = new Guid(die % 5, 0, 0, new byte[8]), Fingerprint = $"{die % 2}", Now = now },
            3 or 4 => Wake(TimeSpan.Zero) with { Now = now },
            5 => Say(GatewayAnswerKind.Approved),
            6 => Say(GatewayAnswerKind.Declined),
            7 => Say(GatewayAnswerKind.NotSent),
            8 => Say(GatewayAnswerKind.NotFound),
            _ => Say(GatewayAnswerKind.Unknown),
        };
    }

    private static FeeTerms Terms(int die) => new(die % 3 * 290, die % 40, ReturnedOnRefund: die % 4 == 0);

    private static void CheckStep(Payment? before, Decision.Accept accept, DateTimeOffset now)
    {
        var after = accept.Next;
        Assert.Equal((before?.Version ?? 0) + 1, after.Version);
        Assert.True(before is null || before.Status is PaymentStatus.Processing or PaymentStatus.Authorized || before.Status == after.Status, "I3: a terminal state stays terminal");
        Assert.Equal(after.Status is PaymentStatus.Succeeded, after.Captured > 0 && after.Status != PaymentStatus.Authorized);
        Assert.InRange(after.Fee, 0, after.Captured);
        Assert.Equal(after.Captured == 0 ? 0 : after.FeeTerms.Kept(after.Captured, after.Refunded), after.Fee);
        Assert.Equal(after.Fee, after.Operations.Sum(operation => operation.Fee));
        Assert.True(after.CapturesInFlight == 0 || after.Status == PaymentStatus.Authorized);
        Assert.All(before?.Operations.Where(operation => operation.IsFinal) ?? [], operation => Assert.Equal(operation, after.Find(operation.Id)));
        Assert.InRange(after.Captured + after.CapturesInFlight, 0, after.Amount);
        Assert.InRange(after.Refunded + after.RefundsInFlight, 0, after.Captured);
        Assert.Equal(after.Operations.Any(operation => !operation.IsFinal) || after.AuthorizedUntil is not null, after.NextActionAt is not null);
        Assert.All(after.Operations, operation => Assert.Equal(operation.IsFinal, operation.NextActionAt is null));
        Assert.All(after.Operations, operation => Assert.True(operation.Status != OperationStatus.Failed || operation.ProvenUnsent == operation.Sends));
        Assert.True(accept.Call is null || accept.Call.Operation.NextActionAt > now, "a claim keeps others away");
    }

    private static void CheckLedger(Payment payment, Dictionary<string, long> ledger)
    {
        Assert.Equal(0, ledger.Values.Sum());
        Assert.Equal(payment.Captured - payment.Refunded, ledger.GetValueOrDefault("gateway:simulator:receivable"));
        Assert.Equal(-payment.RefundsInFlight, ledger.GetValueOrDefault("merchant:mer_x:refunds_in_transit"));
        Assert.Equal(-payment.Fee, ledger.GetValueOrDefault("platform:test_fees"));
    }

    private static string Describe(Payment? before, Decision decision) => decision switch
    {
        Decision.Accept accept =>
            $"**{accept.Audit.Name()}**: {accept.Next.Status.Name()}, {accept.Changed.Kind.Name()} {accept.Changed.Status.Name()}/{accept.Changed.Outcome.Name()}"
            + (accept.Call is { } call ? $", {call.Kind.Name()} attempt {call.Operation.Attempt}" : "")
            + (accept.Entry is { } entry ? $", posts {entry.Kind.Name()}" : "")
            + (accept.Next.AuthorizedUntil is not null ? ", held" : "")
            + string.Concat(accept.Events.Select(type => $", tells {type}")),
        Decision.Replay replay => $"replay {replay.Operation.Kind.Name()} {replay.Operation.Status.Name()}",
        Decision.Refuse refuse => $"refuse: {refuse.Reason.Code()}",
        Decision.Ignore ignore => $"ignore: {ignore.Reason}",
        _ => throw new InvalidOperationException($"{decision} in {before}"),
    };
}
