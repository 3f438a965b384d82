using System.Collections.Immutable;

namespace Payments.Domain;

/// <summary>
/// The rules of a payment: state and command in, decision out. Pure and total: no clock, no dice, no I/O, and an expected refusal is a
/// value. Whoever runs it stores the decision in one transaction, and only then calls the processor.
/// </summary>
/// <remarks>
/// <code>
///              Charge       Capture               Cancel        Refund                    Wake                 Answer
/// (none)       claim, send  refuse                refuse        refuse                    -                    -
/// processing   replay       refuse                refuse        refuse                    claim next attempt   approve | decline | fail over | reschedule | fail if proven unsent
/// req. action  replay       refuse                refuse        refuse                    claim a query        approve | decline | fail over | reschedule
/// authorized   replay       reserve, claim, send  claim, send   of what was captured      claim, or let go     capture | release | expire | reschedule
/// succeeded    replay       refuse                refuse        reserve, claim, send      claim (refunds)      settle refund | return reserve | reschedule
/// declined     replay       refuse                refuse        refuse                    -                    - (late news changes nothing)
/// failed       replay       refuse                refuse        refuse                    -                    -
/// canceled     replay       refuse                refuse        refuse                    -                    -
/// </code>
/// An answer is whatever word there is about an operation: an attempt's, a webhook's, an operator's. Notices (disputes, and refunds that come back)
/// are operations that the processor made by itself: they are decided when we hear of them, and change no status.
/// </remarks>
public static class PaymentStateMachine
{
    // How long after an attempt somebody may ask for the next one.
    private static readonly TimeSpan ShortestHurry = TimeSpan.FromSeconds(5);

    /// <summary>Decides a command. <paramref name="payment"/> is null when there is none yet.</summary>
    public static Decision Decide(Payment? payment, PaymentCommand command) => command.Kind switch
    {
        CommandKind.Charge => Charge(payment, (ChargeCommand)command),
        CommandKind.Capture => Open(payment, (CaptureCommand)command, Capture),
        CommandKind.Cancel => Open(payment, (CancelCommand)command, Cancel),
        CommandKind.Refund => Open(payment, (RefundCommand)command, Refund),
        CommandKind.Wake => Wake(payment, (WakeCommand)command),
        CommandKind.Answer => Answer(payment, (AnswerCommand)command),
        CommandKind.Notice => Notice(payment, (NoticeCommand)command),
    };

    private static Decision Charge(Payment? payment, ChargeCommand command)
    {
        if (payment is not null)
        {
            return payment.Charge.Fingerprint == command.Fingerprint
                ? new Decision.Replay(payment, payment.Charge)
                : new Decision.Refuse(Refusal.IdempotencyKeyReused);
        }

        var (kind, action) = command.Capture switch
        {
            CaptureMode.Automatic => (OperationKind.Charge, AuditAction.ChargeClaimed),
            CaptureMode.Manual => (OperationKind.Authorize, AuditAction.AuthorizationClaimed),
        };
        var charge = NewOperation(Ids.Charge(command.PaymentId), kind, command.Amount.Minor, command.Fingerprint, command);
        var created = new Payment
        {
            MerchantId = command.MerchantId,
            Id = command.PaymentId,
            Mode = command.Mode,
            Version = 1,
            Status = PaymentStatus.Processing,
            Currency = command.Amount.Currency,
            Amount = command.Amount.Minor,
            Capture = command.Capture,
            FeeTerms = command.Fee,
            Gateway = command.Routes[0],
            Routes = command.Routes,
            ReturnUrl = command.ReturnUrl,
            PaymentMethod = command.PaymentMethod,
            Reference = command.Reference,
            Description = command.Description,
            Customer = command.Customer,
            StatementDescriptor = command.StatementDescriptor,
            Metadata = command.Metadata,
            CreatedAt = command.Now,
            UpdatedAt = command.Now,
            Operations = [charge],
        };
        return new Decision.Accept(created, charge, action, [], null, new(AttemptKind.Send, created, charge));
    }

    // What every further operation of a payment begins with: it must exist, and a key that was used before names what it named then.
    private static Decision Open<T>(Payment? payment, T command, Func<Payment, T, Decision> open) where T : OperationCommand
    {
        if (payment is null)
        {
            return new Decision.Refuse(Refusal.PaymentNotFound);
        }

        if (payment.Find(command.OperationId) is { } known)
        {
            return known.Fingerprint == command.Fingerprint
                ? new Decision.Replay(payment, known)
                : new Decision.Refuse(Refusal.IdempotencyKeyReused);
        }

        return open(payment, command);
    }

    private static Decision Capture(Payment payment, CaptureCommand command)
    {
        if (payment.Status != PaymentStatus.Authorized)
        {
            return new Decision.Refuse(Refusal.PaymentNotCapturable);
        }

        // Captures that leave the authorization open may overtake each other; one that closes it must meet no other on its way.
        if (payment.HasOpen(operation => operation.Kind == OperationKind.Void || operation.IsFinalCapture) || (command.IsFinal && payment.CapturesInFlight > 0))
        {
            return new Decision.Refuse(Refusal.OperationInFlight);
        }

        var amount = command.Amount ?? payment.Capturable;
        if (amount <= 0 || amount > payment.Capturable)
        {
            return new Decision.Refuse(Refusal.CaptureExceedsAuthorization);
        }

        if (!command.IsFinal && !command.Gateway.CapturesInParts)
        {
            return new Decision.Refuse(Refusal.CaptureMustBeFinal);
        }

        if (Count(payment, OperationKind.Capture) >= Payment.MaxCaptures)
        {
            return new Decision.Refuse(Refusal.TooManyCaptures);
        }

        var capture = NewOperation(command, OperationKind.Capture, amount) with { IsFinalCapture = command.IsFinal };
        var next = Next(payment, capture, command) with { CapturesInFlight = checked(payment.CapturesInFlight + amount) };
        return new Decision.Accept(next, capture, AuditAction.CaptureClaimed, ["capture.created"], null, new(AttemptKind.Send, next, capture));
    }

    private static Decision Cancel(Payment payment, CancelCommand command)
    {
        if (payment.Status != PaymentStatus.Authorized)
        {
            return new Decision.Refuse(Refusal.PaymentNotCancelable);
        }

        if (payment.HasOpen(IsOfAuthorization))
        {
            return new Decision.Refuse(Refusal.OperationInFlight);
        }

        return Count(payment, OperationKind.Void) >= Payment.MaxVoids
            ? new Decision.Refuse(Refusal.TooManyCancellations)
            : Release(payment, NewOperation(command, OperationKind.Void, payment.Capturable), command, AuditAction.VoidClaimed);
    }

    private static Decision.Accept Release(Payment payment, Operation release, PaymentCommand command, AuditAction action)
    {
        var next = Next(payment, release, command);
        return new Decision.Accept(next, release, action, ["cancellation.created"], null, new(AttemptKind.Send, next, release));
    }

    private static Decision Refund(Payment payment, RefundCommand command)
    {
        if (payment.Captured == 0)
        {
            return new Decision.Refuse(Refusal.PaymentNotRefundable);
        }

        var amount = command.Amount ?? payment.Refundable;
        if (amount <= 0 || amount > payment.Refundable)
        {
            return new Decision.Refuse(Refusal.RefundExceedsPayment);
        }

        if (Count(payment, OperationKind.Refund) >= Payment.MaxRefunds)
        {
            return new Decision.Refuse(Refusal.TooManyRefunds);
        }

        var refund = NewOperation(command, OperationKind.Refund, amount);
        var next = Next(payment, refund, command) with { RefundsInFlight = checked(payment.RefundsInFlight + amount) };
        return new Decision.Accept(
            next, refund, AuditAction.RefundClaimed, ["refund.created"], JournalEntries.RefundReserved(next, refund), new(AttemptKind.Send, next, refund));
    }

    private static Decision Wake(Payment? payment, WakeCommand command)
    {
        var due = payment?.Operations.Where(operation => operation.NextActionAt <= command.Now).MinBy(operation => operation.NextActionAt);
        due ??= command.IsHurried ? payment?.Operations.FirstOrDefault(operation => MayHurry(operation, command)) : null;
        if (payment is null || due is null)
        {
            // The processor said until when it holds the amount. Now it is asked to let go, and its answer, not our clock, ends the authorization.
            return payment is { Status: PaymentStatus.Authorized } && payment.NextActionAt <= command.Now
                ? Release(payment, Expiry(payment, command), command, AuditAction.ExpiryClaimed)
                : new Decision.Ignore(IgnoreReason.NotDue);
        }

        return NextAttempt(due, command) switch
        {
            AttemptKind.Send => Claim(payment, due, command, AttemptKind.Send, AuditAction.RetryClaimed),
            AttemptKind.Query => Claim(payment, due, command, AttemptKind.Query, AuditAction.QueryClaimed),
            AttemptKind.Notice => throw new InvalidOperationException("A notice is no attempt."),
            null when command.IsHurried => new Decision.Ignore(IgnoreReason.NotDue),
            null => Reschedule(payment, due, command, AuditAction.WaitingForEvidence),
        };
    }

    // Nothing is under way for it, and its last attempt is not just over: to be asked about often must not become a storm.
    private static bool MayHurry(Operation operation, PaymentCommand command) =>
        operation is { IsFinal: false, Answer: not null } && operation.ClaimedAt + ShortestHurry <= command.Now;

    /// <summary>
    /// Nothing at stake: send. Otherwise ask; when asking brought "not found", or cannot be done, send again under the same key while the
    /// processor still honours it. Without either: wait for evidence, for ever if need be.
    /// </summary>
    private static AttemptKind? NextAttempt(Operation operation, PaymentCommand command)
    {
        if (operation.Outcome == Outcome.NotSent)
        {
            return AttemptKind.Send;
        }

        var justAsked = operation is { AttemptKind: AttemptKind.Query, Answer: GatewayAnswerKind.NotFound };
        return (command.Gateway.CanQuery, KeyIsHonoured(operation, command)) switch
        {
            (true, true) => justAsked ? AttemptKind.Send : AttemptKind.Query,
            (true, false) => AttemptKind.Query,
            (false, true) => AttemptKind.Send,
            (false, false) => null,
        };
    }

    // What is sent now must arrive while the processor still knows the key, however late it leaves and however long it is under way.
    private static bool KeyIsHonoured(Operation operation, PaymentCommand command) =>
        command.Gateway.SafeKeyLife is { } life
        && LatestDeparture(command.Now, command) + command.Gateway.AbsenceFinalAfter < operation.FirstSentAt + life;

    private static Decision Answer(Payment? payment, AnswerCommand command)
    {
        if (payment?.Find(command.OperationId) is not { } operation)
        {
            return new Decision.Ignore(IgnoreReason.UnknownOperation);
        }

        // The payment went on to another processor because this one is proven to have done nothing.
        if (command.From != payment.Gateway)
        {
            return new Decision.Ignore(command.Answer.Kind == GatewayAnswerKind.Approved ? IgnoreReason.ContradictsFinal : IgnoreReason.Superseded);
        }

        // A void releases whatever is left; of everything else we know how much it must be.
        var isLatest = command.Source == EvidenceSource.Attempt && operation.Attempt == command.Attempt && operation.Answer is null;
        if (command.Answer.Told is { } told && told != new Money(operation.Amount, payment.Currency) && operation.Kind != OperationKind.Void)
        {
            return isLatest && !operation.IsFinal
                ? Reschedule(payment, operation, command with { Answer = new(GatewayAnswerKind.Unknown, Code: GatewayAnswer.Mismatch) }, AuditAction.AnswerUnknown)
                : new Decision.Ignore(IgnoreReason.AmountMismatch);
        }

        if (operation.IsFinal)
        {
            return command.Answer.Kind == GatewayAnswerKind.Reversed && operation is { Kind: OperationKind.Refund, Status: OperationStatus.Succeeded }
                ? Reverse(payment, operation, command)
                : new Decision.Ignore(Contradicts(operation, command.Answer.Kind) ? IgnoreReason.ContradictsFinal : IgnoreReason.AlreadyFinal);
        }

        // Operators decide about what nothing is under way for: else it might be decided otherwise a moment later.
        if (command.Source == EvidenceSource.Operator && operation.Answer is null && operation.NextActionAt > command.Now)
        {
            return new Decision.Ignore(IgnoreReason.NotYet);
        }

        // What the processor decided is evidence whichever attempt brings it; what an attempt could not find out is only that attempt's word.
        var inconclusive = command.Answer.Kind is GatewayAnswerKind.Pending or GatewayAnswerKind.Unknown or GatewayAnswerKind.NotSent or GatewayAnswerKind.NotFound;
        if (inconclusive && !isLatest)
        {
            return new Decision.Ignore(IgnoreReason.Superseded);
        }

        return command.Answer.Kind switch
        {
            GatewayAnswerKind.Approved => Approve(payment, operation, command),
            // That it came back says that it had been made: first the one, then the other, whoever is told of both at once.
            GatewayAnswerKind.Reversed when operation.Kind == OperationKind.Refund => Approve(payment, operation, command) with { SaysMore = true },
            GatewayAnswerKind.Declined or GatewayAnswerKind.Expired or GatewayAnswerKind.Reversed => Decline(payment, operation, command),
            GatewayAnswerKind.RequiresAction => RequireAction(payment, operation, command, isLatest),
            GatewayAnswerKind.Pending => Reschedule(WithoutAction(payment), operation, command, AuditAction.StillPending),
            GatewayAnswerKind.Unknown => Reschedule(payment, operation, command, AuditAction.AnswerUnknown),
            GatewayAnswerKind.NotSent => NotSent(payment, operation, command),
            GatewayAnswerKind.NotFound => NotFound(payment, operation, command),
        };
    }

    private static bool Contradicts(Operation operation, GatewayAnswerKind answer) => operation.Status switch
    {
        OperationStatus.Succeeded => answer is GatewayAnswerKind.Declined or GatewayAnswerKind.Expired,
        OperationStatus.Declined or OperationStatus.Failed => answer is GatewayAnswerKind.Approved or GatewayAnswerKind.Reversed,
        OperationStatus.Pending => false,
    };

    private static Decision RequireAction(Payment payment, Operation operation, AnswerCommand command, bool isLatest)
    {
        var isNews = payment.Status == PaymentStatus.Processing && operation.Id == payment.Charge.Id;
        if (!isNews)
        {
            return isLatest ? Reschedule(payment, operation, command, AuditAction.StillPending) : new Decision.Ignore(IgnoreReason.Superseded);
        }

        // An older attempt's word may be older than what is known by now; the processor's own is not about an attempt.
        if (!isLatest && command.Source == EvidenceSource.Attempt)
        {
            return new Decision.Ignore(IgnoreReason.Superseded);
        }

        var waits = payment with { Status = PaymentStatus.RequiresAction, ActionUrl = command.Answer.ActionUrl };
        var known = operation with { ProcessorReference = command.Answer.Reference ?? operation.ProcessorReference };
        return isLatest
            ? Reschedule(waits, operation, command, AuditAction.RequiresAction) with { Events = ["payment.requires_action"] }
            : Accept(Next(waits, known, command), known, AuditAction.RequiresAction, ["payment.requires_action"]);
    }

    // The customer did what was wanted of it, or nothing is wanted any more.
    private static Payment WithoutAction(Payment payment) => payment with
    {
        Status = payment.Status == PaymentStatus.RequiresAction ? PaymentStatus.Processing : payment.Status,
        ActionUrl = null,
    };

    // The refund was made, and came back. It stays made: that it came back is an operation of its own, and the amount may be refunded again.
    private static Decision Reverse(Payment payment, Operation refund, AnswerCommand command)
    {
        var id = Ids.RefundFailure(refund.Id);
        if (payment.Find(id) is not null)
        {
            return new Decision.Ignore(IgnoreReason.AlreadyFinal);
        }

        var reversed = checked(payment.RefundsReversed + refund.Amount);
        var fee = checked(payment.FeeTerms.Kept(payment.Captured, payment.Refunded - reversed) - payment.Fee);
        var failure = NewNotice(id, OperationKind.RefundFailure, refund.Amount, refund.Id, command.Answer.Reference, command.Answer.Code, command) with { Fee = fee };
        var next = Next(payment, failure, command) with { RefundsReversed = reversed, Fee = checked(payment.Fee + fee) };
        return Accept(next, failure, AuditAction.RefundReversed, ["refund.failed"], JournalEntries.RefundReversed);
    }

    // The three notices of one dispute may come in any order: its end, when it comes first, opens it before it closes it.
    private static Decision Notice(Payment? payment, NoticeCommand command)
    {
        if (payment?.Find(command.About) is null)
        {
            return new Decision.Ignore(IgnoreReason.UnknownOperation);
        }

        if (command.From != payment.Gateway)
        {
            return new Decision.Ignore(IgnoreReason.ContradictsFinal);
        }

        var id = Ids.Dispute(payment.Id, command.From, command.DisputeReference);
        if (payment.Find(id) is not { } dispute)
        {
            return OpenDispute(payment, id, command);
        }

        if (command.Notice == OperationKind.Dispute)
        {
            return new Decision.Ignore(IgnoreReason.AlreadyFinal);
        }

        if (payment.Find(Ids.DisputeEnd(id)) is { } known)
        {
            return new Decision.Ignore(known.Kind == command.Notice ? IgnoreReason.AlreadyFinal : IgnoreReason.ContradictsFinal);
        }

        var isWon = command.Notice == OperationKind.DisputeWon;
        var end = NewNotice(Ids.DisputeEnd(id), command.Notice, dispute.Amount, dispute.Id, command.DisputeReference, command.Code, command)
            with
        { ProcessorFee = isWon ? Math.Min(command.Kept, dispute.ProcessorFee) : dispute.ProcessorFee };
        var next = Next(payment, end, command) with { Disputed = isWon ? checked(payment.Disputed - dispute.Amount) : payment.Disputed };
        return new Decision.Accept(
            next, end, isWon ? AuditAction.DisputeWon : AuditAction.DisputeLost, [isWon ? "dispute.won" : "dispute.lost"],
            JournalEntries.DisputeClosed(next, dispute, end), null);
    }

    private static Decision OpenDispute(Payment payment, Guid id, NoticeCommand command)
    {
        if (command.Amount.Currency != payment.Currency || payment.Disputed + (Int128)command.Amount.Minor > payment.Captured)
        {
            // What was captured may not all be known yet.
            return new Decision.Ignore(payment.HasOpen(operation => operation.Kind != OperationKind.Refund) ? IgnoreReason.NotYet : IgnoreReason.AmountMismatch);
        }

        if (payment.Operations.Count(operation => operation.Kind.IsNotice()) >= Payment.MaxNotices)
        {
            return new Decision.Ignore(IgnoreReason.TooManyNotices);
        }

        var dispute = NewNotice(id, OperationKind.Dispute, command.Amount.Minor, command.About, command.DisputeReference, command.Code, command) with { ProcessorFee = command.Fee };
        var next = Next(payment, dispute, command) with { Disputed = checked(payment.Disputed + dispute.Amount) };
        return new Decision.Accept(next, dispute, AuditAction.DisputeOpened, ["dispute.opened"], JournalEntries.DisputeOpened(next, dispute), null)
        {
            SaysMore = command.Notice != OperationKind.Dispute,
        };
    }

    private static Decision.Accept Approve(Payment payment, Operation operation, AnswerCommand command)
    {
        var done = Finish(operation, OperationStatus.Succeeded, command.Answer);
        var approved = command.Source == EvidenceSource.Operator ? AuditAction.DecidedDone : AuditAction.Approved;
        switch (operation.Kind)
        {
            case OperationKind.Authorize:
                var authorized = Next(payment, done, command) with
                {
                    Status = PaymentStatus.Authorized,
                    ActionUrl = null,
                    AuthorizedUntil = command.Answer.AuthorizedUntil is { } until ? Clock.Cut(until) : null,
                };
                return Accept(authorized, done, approved, ["payment.authorized"]);

            case OperationKind.Charge:
                return Take(payment, done, payment with { ActionUrl = null }, command, closes: true, ["payment.succeeded"], approved);

            case OperationKind.Capture:
                var arrived = payment with { CapturesInFlight = checked(payment.CapturesInFlight - done.Amount) };
                var closes = done.IsFinalCapture || payment.Captured + done.Amount == payment.Amount;
                return Take(payment, done, arrived, command, closes, closes ? ["capture.succeeded", "payment.succeeded"] : ["capture.succeeded"], approved);

            case OperationKind.Void:
                var (status, news) = Closed(payment);
                var released = Next(payment, done, command) with { Status = status, AuthorizedUntil = null };
                return Accept(released, done, approved, ["cancellation.succeeded", news]);

            case OperationKind.Refund:
                var refunded = checked(payment.Refunded + done.Amount);
                done = done with { Fee = checked(payment.FeeTerms.Kept(payment.Captured, refunded - payment.RefundsReversed) - payment.Fee) };
                var next = Next(payment, done, command) with
                {
                    Refunded = refunded,
                    RefundsInFlight = checked(payment.RefundsInFlight - done.Amount),
                    Fee = checked(payment.Fee + done.Fee),
                };
                return Accept(next, done, approved, ["refund.succeeded"], JournalEntries.RefundSettled);

            default:
                throw new InvalidOperationException($"{operation.Kind} is nothing that we ask for.");
        }
    }

    // Money was taken: by a charge, or by a capture.
    private static Decision.Accept Take(
        Payment before, Operation done, Payment after, AnswerCommand command, bool closes, ImmutableArray<string> events, AuditAction approved)
    {
        var captured = checked(before.Captured + done.Amount);
        done = done with { Fee = checked(before.FeeTerms.Kept(captured, before.NetRefunded) - before.Fee) };
        var next = Next(after, done, command) with { Captured = captured, Fee = checked(before.Fee + done.Fee) };
        next = closes ? next with { Status = PaymentStatus.Succeeded, AuthorizedUntil = null } : next;
        return Accept(next, done, approved, events, JournalEntries.Taken);
    }

    private static Decision.Accept Decline(Payment payment, Operation operation, AnswerCommand command)
    {
        if (command.Answer.IsRetryable && command.Source != EvidenceSource.Operator && MayFailOver(payment, operation))
        {
            return FailOver(payment, operation, command);
        }

        var done = Finish(operation, OperationStatus.Declined, command.Answer);
        var declined = command.Source == EvidenceSource.Operator ? AuditAction.DecidedDeclined : AuditAction.Declined;
        return End(payment with { ActionUrl = null }, done, command, declined, PaymentStatus.Declined, "payment.declined");
    }

    // Only what a payment begins with can go to another processor: what follows is about what happened at this one.
    private static bool MayFailOver(Payment payment, Operation operation) => operation.Id == payment.Charge.Id && payment.NextRoute is not null;

    // It is proven that nothing happened here: turned away at the door, or declined for a reason that another processor may see otherwise. The
    // payment goes on to the next one, at once, and from now on this one's word counts only against us.
    private static Decision.Accept FailOver(Payment payment, Operation operation, AnswerCommand command)
    {
        var moved = operation with
        {
            Answer = command.Answer.Kind,
            Code = command.Answer.Code,
            ProcessorReference = null,
            ProvenUnsent = operation.Sends,
            FirstSentAt = command.Now,
            NextActionAt = command.Now,
        };
        var next = WithoutAction(payment) with { Gateway = payment.NextRoute! };
        return Accept(Next(next, moved, command), moved, AuditAction.FailedOver, []);
    }

    private static Decision.Accept NotSent(Payment payment, Operation operation, AnswerCommand command) => operation.AttemptKind switch
    {
        AttemptKind.Send => Unsent(payment, operation with { ProvenUnsent = checked(operation.ProvenUnsent + 1) }, command),
        AttemptKind.Query or AttemptKind.Notice => Reschedule(payment, operation, command, AuditAction.AnswerUnknown),
    };

    private static Decision.Accept NotFound(Payment payment, Operation operation, AnswerCommand command)
    {
        // The question may have been asked before a send that is still travelling arrived: absence counts only when it was asked late enough.
        var final = operation.ClaimedAt >= LatestDeparture(operation.LastSentAt, command) + command.Gateway.AbsenceFinalAfter;
        return final
            ? Unsent(payment, operation with { ProvenUnsent = operation.Sends }, command)
            : Reschedule(payment, operation, command, AuditAction.AnswerUnknown);
    }

    private static Decision.Accept Unsent(Payment payment, Operation operation, AnswerCommand command)
    {
        if (operation.Outcome == Outcome.NotSent && command.Answer.Code != GatewayAnswer.ClaimExpired && MayFailOver(payment, operation))
        {
            return FailOver(payment, operation, command);
        }

        var giveUp = operation.Outcome == Outcome.NotSent && operation.Sends >= command.Retries.MaxUnsentAttempts && operation.Id != Ids.Expiry(payment.Id);
        return giveUp
            ? End(payment, Finish(operation, OperationStatus.Failed, command.Answer), command, AuditAction.GivenUpUnsent, PaymentStatus.Failed, "payment.failed")
            : Reschedule(payment, operation, command, AuditAction.ProvenUnsent);
    }

    // An operation ends without effect: a charge or authorization takes its payment along, a capture or refund gives its reserve back.
    private static Decision.Accept End(
        Payment payment, Operation done, AnswerCommand command, AuditAction action, PaymentStatus status, string chargeEvent)
    {
        var next = Next(payment, done, command);
        return done.Kind switch
        {
            OperationKind.Charge or OperationKind.Authorize => Accept(next with { Status = status }, done, action, [chargeEvent]),
            OperationKind.Capture => EndOfAuthorization(
                next with { CapturesInFlight = checked(payment.CapturesInFlight - done.Amount) }, done, command, action, "capture.failed"),
            OperationKind.Void => EndOfAuthorization(
                // Whoever let go because time was up, and was told no, does not ask again for ever.
                next with { AuthorizedUntil = done.Id == Ids.Expiry(payment.Id) ? null : payment.AuthorizedUntil }, done, command, action, "cancellation.failed"),
            OperationKind.Refund => Accept(
                next with { RefundsInFlight = checked(payment.RefundsInFlight - done.Amount) }, done, action, ["refund.failed"], JournalEntries.RefundReturned),
            OperationKind.Dispute or OperationKind.DisputeWon or OperationKind.DisputeLost or OperationKind.RefundFailure =>
                throw new InvalidOperationException($"{done.Kind} is nothing that we ask for."),
        };
    }

    // A capture or void had no effect. When that is because the authorization is over, so is the payment, once nothing else is in flight for it.
    private static Decision.Accept EndOfAuthorization(Payment next, Operation done, AnswerCommand command, AuditAction action, string failed)
    {
        if (command.Answer.Kind != GatewayAnswerKind.Expired || next.Status != PaymentStatus.Authorized || next.HasOpen(IsOfAuthorization))
        {
            return Accept(next, done, action, [failed]);
        }

        var (status, news) = Closed(next);
        return Accept(next with { Status = status, AuthorizedUntil = null }, done, action, [failed, news]);
    }

    // What a payment is once its authorization is over.
    private static (PaymentStatus Status, string Event) Closed(Payment payment) =>
        payment.Captured > 0 ? (PaymentStatus.Succeeded, "payment.succeeded") : (PaymentStatus.Canceled, "payment.canceled");

    private static bool IsOfAuthorization(Operation operation) => operation.Kind is OperationKind.Capture or OperationKind.Void;

    private static int Count(Payment payment, OperationKind kind) => payment.Operations.Count(operation => operation.Kind == kind);

    private static Decision.Accept Claim(Payment payment, Operation operation, PaymentCommand command, AttemptKind kind, AuditAction action)
    {
        var claimed = operation with
        {
            Attempt = checked(operation.Attempt + 1),
            AttemptKind = kind,
            ClaimedAt = command.Now,
            Answer = null,
            Sends = kind == AttemptKind.Send ? checked(operation.Sends + 1) : operation.Sends,
            LastSentAt = kind == AttemptKind.Send ? command.Now : operation.LastSentAt,
            NextActionAt = ClaimEnds(command),
        };
        var next = Next(payment, claimed, command);
        return new(next, claimed, action, [], null, new(kind, next, claimed));
    }

    private static Decision.Accept Reschedule(Payment payment, Operation operation, PaymentCommand command, AuditAction action)
    {
        var answer = (command as AnswerCommand)?.Answer;
        var wait = answer is null ? command.Retries.Waiting(command.Now - operation.LastSentAt, command.Jitter) : default(TimeSpan?);
        var sendsNext = answer?.Kind == GatewayAnswerKind.NotFound && KeyIsHonoured(operation, command);
        var waiting = operation with
        {
            // Who finds that an attempt's time is over, and nothing came of it, knows that much.
            Answer = answer?.Kind ?? operation.Answer ?? GatewayAnswerKind.Unknown,
            Code = answer?.Code ?? operation.Code,
            ProcessorReference = answer?.Reference ?? operation.ProcessorReference,
            // Who has just asked and found nothing sends again soon: asking was the wait.
            NextActionAt = Clock.Cut(command.Now + (wait ?? command.Retries.After(sendsNext ? 1 : operation.Attempt, command.Jitter))),
        };
        return Accept(Next(payment, waiting, command), waiting, action, []);
    }

    // A function of the payment, like every id: two nodes that find the authorization over make the same void.
    private static Operation Expiry(Payment payment, PaymentCommand command) =>
        NewOperation(Ids.Expiry(payment.Id), OperationKind.Void, payment.Capturable, "", command) with { Reason = "authorization_expired" };

    private static Operation NewOperation(OperationCommand command, OperationKind kind, long amount) =>
        NewOperation(command.OperationId, kind, amount, command.Fingerprint, command) with { Reason = command.Reason, Metadata = command.Metadata };

    private static Operation NewOperation(Guid id, OperationKind kind, long amount, string fingerprint, PaymentCommand command) => new()
    {
        Id = id,
        Kind = kind,
        Status = OperationStatus.Pending,
        Amount = amount,
        Fingerprint = fingerprint,
        CreatedAt = command.Now,
        Attempt = 1,
        AttemptKind = AttemptKind.Send,
        ClaimedAt = command.Now,
        Sends = 1,
        FirstSentAt = command.Now,
        LastSentAt = command.Now,
        NextActionAt = ClaimEnds(command),
    };

    private static Operation NewNotice(Guid id, OperationKind kind, long amount, Guid about, string? reference, string? code, PaymentCommand command) => new()
    {
        Id = id,
        Kind = kind,
        Status = OperationStatus.Succeeded,
        Amount = amount,
        About = about,
        Fingerprint = "",
        CreatedAt = command.Now,
        Attempt = 0,
        AttemptKind = AttemptKind.Notice,
        ClaimedAt = command.Now,
        Answer = GatewayAnswerKind.Approved,
        Sends = 0,
        FirstSentAt = command.Now,
        LastSentAt = command.Now,
        ProcessorReference = reference,
        Code = code,
    };

    private static Operation Finish(Operation operation, OperationStatus status, GatewayAnswer answer) => operation with
    {
        Status = status,
        Answer = answer.Kind,
        Code = answer.Code,
        ProcessorReference = answer.Reference ?? operation.ProcessorReference,
        NextActionAt = null,
    };

    private static Payment Next(Payment payment, Operation changed, PaymentCommand command) =>
        payment.With(changed) with { Version = checked(payment.Version + 1), UpdatedAt = command.Now };

    // A claim is decided, then stored, then sent. A send that would leave later than that is not made: its answer could outlive the claim.
    private static DateTimeOffset LatestDeparture(DateTimeOffset claimed, PaymentCommand command) => claimed + command.Retries.Margin;

    // Until then nobody else may claim: the processor's timeout, and a margin for the answer's own way home.
    private static DateTimeOffset ClaimEnds(PaymentCommand command) => Clock.Cut(command.Now + command.Gateway.Timeout + command.Retries.Margin);

    private static Decision.Accept Accept(
        Payment next, Operation changed, AuditAction action, ImmutableArray<string> events, Func<Payment, Operation, JournalEntry>? entry = null) =>
        new(next, changed, action, events, entry?.Invoke(next, changed), null);
}
