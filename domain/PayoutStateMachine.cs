namespace Payments.Domain;

/// <summary>
/// The rules of a payout: state and command in, decision out, pure and total. As for payments, each send and each question is claimed by a version that
/// is stored before it is made, every send carries one key, and time is no evidence.
/// </summary>
/// <remarks>
/// <code>
///             Request     Wake                    Answer: approved   pending      declined   unsent, absent       reversed
/// (none)      claim, send -                       -                  -            -          -                    -
/// pending     replay      send | ask | wait       paid               sent         failed     failed when proven   paid, then returned
/// sent        replay      ask | wait              paid               look again   failed     look again           paid, then returned
/// paid        replay      ask, until it is over   look again         look again   (flag)     look again           returned
/// failed      replay      -                       (flag)             -            -          -                    (flag)
/// returned    replay      -                       -                  -            (flag)     -                    -
/// </code>
/// </remarks>
public static class PayoutStateMachine
{
    /// <summary>Decides a command. <paramref name="payout"/> is null when there is none yet.</summary>
    public static PayoutDecision Decide(Payout? payout, PayoutCommand command) => (payout, command) switch
    {
        (null, RequestPayoutCommand request) => Request(request),
        ({ } known, RequestPayoutCommand request) => known.Fingerprint == request.Fingerprint
            ? new PayoutDecision.Replay(known)
            : new PayoutDecision.Refuse(Refusal.IdempotencyKeyReused),
        (null, _) => new PayoutDecision.Ignore(IgnoreReason.UnknownOperation),
        ({ } known, WakePayoutCommand wake) => Wake(known, wake),
        ({ } known, AnswerPayoutCommand answer) => Answer(known, answer),
        _ => throw new InvalidOperationException($"{command.GetType().Name} is no command of a payout."),
    };

    private static PayoutDecision.Accept Request(RequestPayoutCommand command)
    {
        var payout = new Payout
        {
            MerchantId = command.MerchantId,
            Id = command.PayoutId,
            Mode = command.Mode,
            Version = 1,
            Status = PayoutStatus.Pending,
            Currency = command.Amount.Currency,
            Amount = command.Amount.Minor,
            Bank = command.BankName,
            Destination = command.Destination,
            Holder = command.Holder,
            Description = command.Description,
            ScheduledFor = command.ScheduledFor,
            Fingerprint = command.Fingerprint,
            CreatedAt = command.Now,
            UpdatedAt = command.Now,
            Attempt = 1,
            AttemptKind = AttemptKind.Send,
            ClaimedAt = command.Now,
            Sends = 1,
            FirstSentAt = command.Now,
            LastSentAt = command.Now,
            NextActionAt = ClaimEnds(command),
        };
        return new(payout, PayoutAction.Claimed, JournalEntries.PayoutRequested(payout, command.Floor), AttemptKind.Send);
    }

    private static PayoutDecision Wake(Payout payout, WakePayoutCommand command)
    {
        if (payout.NextActionAt is not { } due || due > command.Now)
        {
            return new PayoutDecision.Ignore(IgnoreReason.NotDue);
        }

        if (payout.Status == PayoutStatus.Paid && command.Now >= payout.PaidAt + command.ReturnsFor)
        {
            return Accept(payout with { NextActionAt = null }, PayoutAction.ReturnsOver, command);
        }

        return NextAttempt(payout, command) switch
        {
            AttemptKind.Send => Claim(payout, command, AttemptKind.Send, PayoutAction.RetryClaimed),
            AttemptKind.Query => Claim(payout, command, AttemptKind.Query, PayoutAction.QueryClaimed),
            AttemptKind.Notice => throw new InvalidOperationException("A notice is no attempt."),
            null => Reschedule(payout, command, null, PayoutAction.WaitingForEvidence),
        };
    }

    // Nothing at stake: send. Otherwise ask; when asking found nothing, or cannot be done, send again under the same key while the bank still
    // honours it, unless it said that it has it. Without either: wait for evidence, for ever if need be.
    private static AttemptKind? NextAttempt(Payout payout, PayoutCommand command)
    {
        if (payout.Outcome == Outcome.NotSent)
        {
            return AttemptKind.Send;
        }

        var mayResend = payout.Status == PayoutStatus.Pending && KeyIsHonoured(payout, command);
        var justAsked = payout is { AttemptKind: AttemptKind.Query, Answer: GatewayAnswerKind.NotFound };
        return (command.Bank.CanQuery, mayResend) switch
        {
            (true, true) => justAsked ? AttemptKind.Send : AttemptKind.Query,
            (true, false) => AttemptKind.Query,
            (false, true) => AttemptKind.Send,
            (false, false) => null,
        };
    }

    private static bool KeyIsHonoured(Payout payout, PayoutCommand command) =>
        command.Bank.SafeKeyLife is { } life && LatestDeparture(command.Now, command) + command.Bank.AbsenceFinalAfter < payout.FirstSentAt + life;

    private static PayoutDecision Answer(Payout payout, AnswerPayoutCommand command)
    {
        var answer = command.Answer;
        var isLatest = command.Source == EvidenceSource.Attempt && payout.Attempt == command.Attempt && payout.Answer is null;
        if (answer.Told is { } told && told != new Money(payout.Amount, payout.Currency))
        {
            return isLatest && payout.IsInTransit
                ? Reschedule(payout, command, new(GatewayAnswerKind.Unknown, Code: GatewayAnswer.Mismatch), PayoutAction.AnswerUnknown)
                : new PayoutDecision.Ignore(IgnoreReason.AmountMismatch);
        }

        // Operators decide about what nothing is under way for: else it might be decided otherwise a moment later.
        if (command.Source == EvidenceSource.Operator && payout.IsInTransit && payout.Answer is null && payout.NextActionAt > command.Now)
        {
            return new PayoutDecision.Ignore(IgnoreReason.NotYet);
        }

        return payout.Status switch
        {
            PayoutStatus.Pending or PayoutStatus.Sent => AnswerInTransit(payout, command, isLatest),
            PayoutStatus.Paid => answer.Kind switch
            {
                GatewayAnswerKind.Reversed => Return(payout, command),
                GatewayAnswerKind.Declined or GatewayAnswerKind.Expired => new PayoutDecision.Ignore(IgnoreReason.ContradictsFinal),
                _ when isLatest => Reschedule(payout, command, answer, PayoutAction.StillPaid),
                _ => new PayoutDecision.Ignore(IgnoreReason.AlreadyFinal),
            },
            PayoutStatus.Failed => new PayoutDecision.Ignore(
                answer.Kind is GatewayAnswerKind.Approved or GatewayAnswerKind.Reversed ? IgnoreReason.ContradictsFinal : IgnoreReason.AlreadyFinal),
            PayoutStatus.Returned => new PayoutDecision.Ignore(
                answer.Kind is GatewayAnswerKind.Declined or GatewayAnswerKind.Expired ? IgnoreReason.ContradictsFinal : IgnoreReason.AlreadyFinal),
        };
    }

    // What the bank decided is evidence whichever attempt brings it; what an attempt could not find out is only that attempt's word.
    private static PayoutDecision AnswerInTransit(Payout payout, AnswerPayoutCommand command, bool isLatest)
    {
        var answer = command.Answer;
        var isInconclusive = answer.Kind is not (GatewayAnswerKind.Approved or GatewayAnswerKind.Reversed or GatewayAnswerKind.Declined or GatewayAnswerKind.Expired);
        if (isInconclusive && !isLatest)
        {
            return new PayoutDecision.Ignore(IgnoreReason.Superseded);
        }

        return answer.Kind switch
        {
            GatewayAnswerKind.Approved => Pay(payout, command),
            // That it came back says that it had been paid: first the one, then the other.
            GatewayAnswerKind.Reversed => Pay(payout, command) with { SaysMore = true },
            GatewayAnswerKind.Declined or GatewayAnswerKind.Expired => Fail(
                payout, command, command.Source == EvidenceSource.Operator ? PayoutAction.DecidedFailed : PayoutAction.Declined),
            GatewayAnswerKind.Pending => Reschedule(payout with { Status = PayoutStatus.Sent }, command, answer, PayoutAction.Sent),
            GatewayAnswerKind.NotSent => payout.AttemptKind == AttemptKind.Send
                ? Unsent(payout with { ProvenUnsent = checked(payout.ProvenUnsent + 1) }, command)
                : Reschedule(payout, command, answer, PayoutAction.AnswerUnknown),
            GatewayAnswerKind.NotFound => payout.Status == PayoutStatus.Pending && IsAbsent(payout, command)
                ? Unsent(payout with { ProvenUnsent = payout.Sends }, command)
                : Reschedule(payout, command, answer, PayoutAction.AnswerUnknown),
            GatewayAnswerKind.Unknown or GatewayAnswerKind.RequiresAction => Reschedule(payout, command, answer, PayoutAction.AnswerUnknown),
        };
    }

    // The question may have been asked before a send that is still travelling arrived: absence counts only when it was asked late enough.
    private static bool IsAbsent(Payout payout, PayoutCommand command) =>
        payout.ClaimedAt >= LatestDeparture(payout.LastSentAt, command) + command.Bank.AbsenceFinalAfter;

    private static PayoutDecision.Accept Unsent(Payout payout, AnswerPayoutCommand command) =>
        payout.Outcome == Outcome.NotSent && payout.Sends >= command.Retries.MaxUnsentAttempts
            ? Fail(payout, command, PayoutAction.GivenUpUnsent)
            : Reschedule(payout, command, command.Answer, PayoutAction.ProvenUnsent);

    private static PayoutDecision.Accept Pay(Payout payout, AnswerPayoutCommand command)
    {
        var watches = command.Bank.CanQuery && command.ReturnsFor > TimeSpan.Zero;
        var paid = Heard(payout, command.Answer) with
        {
            Status = PayoutStatus.Paid,
            PaidAt = command.Now,
            NextActionAt = watches ? Clock.Cut(command.Now + command.Retries.After(1, command.Jitter)) : null,
        };
        return Accept(paid, command.Source == EvidenceSource.Operator ? PayoutAction.DecidedPaid : PayoutAction.Paid, command, JournalEntries.PayoutPaid(paid));
    }

    private static PayoutDecision.Accept Fail(Payout payout, AnswerPayoutCommand command, PayoutAction action)
    {
        var failed = Heard(payout, command.Answer) with { Status = PayoutStatus.Failed, NextActionAt = null };
        return Accept(failed, action, command, JournalEntries.PayoutFailed(failed));
    }

    private static PayoutDecision.Accept Return(Payout payout, AnswerPayoutCommand command)
    {
        var returned = Heard(payout, command.Answer) with { Status = PayoutStatus.Returned, NextActionAt = null };
        return Accept(
            returned, command.Source == EvidenceSource.Operator ? PayoutAction.DecidedReturned : PayoutAction.Returned, command, JournalEntries.PayoutReturned(returned));
    }

    private static PayoutDecision.Accept Claim(Payout payout, PayoutCommand command, AttemptKind kind, PayoutAction action)
    {
        var claimed = payout with
        {
            Attempt = checked(payout.Attempt + 1),
            AttemptKind = kind,
            ClaimedAt = command.Now,
            Answer = null,
            Sends = kind == AttemptKind.Send ? checked(payout.Sends + 1) : payout.Sends,
            LastSentAt = kind == AttemptKind.Send ? command.Now : payout.LastSentAt,
            NextActionAt = ClaimEnds(command),
        };
        return Accept(claimed, action, command) with { Call = kind };
    }

    private static PayoutDecision.Accept Reschedule(Payout payout, PayoutCommand command, GatewayAnswer? answer, PayoutAction action)
    {
        // What the bank has takes days: it is asked less and less often. Who asked and found nothing sends again soon: asking was the wait.
        var sendsNext = answer?.Kind == GatewayAnswerKind.NotFound && payout.Status == PayoutStatus.Pending && KeyIsHonoured(payout, command);
        var wait = answer is null || payout.Status != PayoutStatus.Pending
            ? command.Retries.Waiting(command.Now - (payout.PaidAt ?? payout.LastSentAt), command.Jitter)
            : command.Retries.After(sendsNext ? 1 : payout.Attempt, command.Jitter);
        var waiting = payout with
        {
            Answer = answer?.Kind ?? payout.Answer ?? GatewayAnswerKind.Unknown,
            Code = answer?.Code ?? payout.Code,
            BankReference = answer?.Reference ?? payout.BankReference,
            NextActionAt = Clock.Cut(command.Now + wait),
        };
        return Accept(waiting, action, command);
    }

    private static Payout Heard(Payout payout, GatewayAnswer answer) => payout with
    {
        Answer = answer.Kind,
        Code = answer.Code,
        BankReference = answer.Reference ?? payout.BankReference,
    };

    // A claim is decided, then stored, then sent. A send that would leave later than that is not made: its answer could outlive the claim.
    private static DateTimeOffset LatestDeparture(DateTimeOffset claimed, PayoutCommand command) => claimed + command.Retries.Margin;

    // Until then nobody else may claim: the bank's timeout, and a margin for the answer's own way home.
    private static DateTimeOffset ClaimEnds(PayoutCommand command) => Clock.Cut(command.Now + command.Bank.Timeout + command.Retries.Margin);

    private static PayoutDecision.Accept Accept(Payout next, PayoutAction action, PayoutCommand command, JournalEntry? entry = null) =>
        new(next with { Version = checked(next.Version + 1), UpdatedAt = command.Now }, action, entry, null);
}
