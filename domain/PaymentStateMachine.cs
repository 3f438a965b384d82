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
/// processing   replay       refuse                refuse        refuse                    claim next attempt   approve | decline | reschedule | fail if proven unsent
/// authorized   replay       reserve, claim, send  claim, send   of what was captured      claim, or let go     capture | release | expire | reschedule
/// succeeded    replay       refuse                refuse        reserve, claim, send      claim (refunds)      settle refund | return reserve | reschedule
/// declined     replay       refuse                refuse        refuse                    -                    - (late news changes nothing)
/// failed       replay       refuse                refuse        refuse                    -                    -
/// canceled     replay       refuse                refuse        refuse                    -                    -
/// </code>
/// </remarks>
public static class PaymentStateMachine
{
    /// <summary>Decides a command. <paramref name="payment"/> is null when there is none yet.</summary>
    public static Decision Decide(Payment? payment, PaymentCommand command) => command.Kind switch
    {
        CommandKind.Charge => Charge(payment, (ChargeCommand)command),
        CommandKind.Capture => Open(payment, (CaptureCommand)command, Capture),
        CommandKind.Cancel => Open(payment, (CancelCommand)command, Cancel),
        CommandKind.Refund => Open(payment, (RefundCommand)command, Refund),
        CommandKind.Wake => Wake(payment, (WakeCommand)command),
        CommandKind.Answer => Answer(payment, (AnswerCommand)command),
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
            Gateway = command.GatewayName,
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
        return new Decision.Accept(created, charge, action, ["payment.created"], null, new(AttemptKind.Send, created, charge));
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
            null => Reschedule(payment, due, command, AuditAction.WaitingForEvidence),
        };
    }

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

        if (operation.IsFinal)
        {
            return new Decision.Ignore(Contradicts(operation, command.Answer.Kind) ? IgnoreReason.ContradictsFinal : IgnoreReason.AlreadyFinal);
        }

        // What the processor decided is evidence whichever attempt brings it; what an attempt could not find out is only that attempt's word.
        var isLatest = operation.Attempt == command.Attempt && operation.Answer is null;
        var inconclusive = command.Answer.Kind is not (GatewayAnswerKind.Approved or GatewayAnswerKind.Declined or GatewayAnswerKind.Expired);
        if (inconclusive && !isLatest)
        {
            return new Decision.Ignore(IgnoreReason.Superseded);
        }

        return command.Answer.Kind switch
        {
            GatewayAnswerKind.Approved => Approve(payment, operation, command),
            GatewayAnswerKind.Declined or GatewayAnswerKind.Expired => Decline(payment, operation, command),
            GatewayAnswerKind.Pending => Reschedule(payment, operation, command, AuditAction.StillPending),
            GatewayAnswerKind.Unknown => Reschedule(payment, operation, command, AuditAction.AnswerUnknown),
            GatewayAnswerKind.NotSent => NotSent(payment, operation, command),
            GatewayAnswerKind.NotFound => NotFound(payment, operation, command),
        };
    }

    private static bool Contradicts(Operation operation, GatewayAnswerKind answer) => operation.Status switch
    {
        OperationStatus.Succeeded => answer is GatewayAnswerKind.Declined or GatewayAnswerKind.Expired,
        OperationStatus.Declined or OperationStatus.Failed => answer == GatewayAnswerKind.Approved,
        OperationStatus.Pending => false,
    };

    private static Decision.Accept Approve(Payment payment, Operation operation, AnswerCommand command)
    {
        var done = Finish(operation, OperationStatus.Succeeded, command.Answer);
        switch (operation.Kind)
        {
            case OperationKind.Authorize:
                var authorized = Next(payment, done, command) with
                {
                    Status = PaymentStatus.Authorized,
                    AuthorizedUntil = command.Answer.AuthorizedUntil is { } until ? Clock.Cut(until) : null,
                };
                return Accept(authorized, done, AuditAction.Approved, ["payment.authorized"]);

            case OperationKind.Charge:
                return Take(payment, done, payment, command, closes: true, ["payment.succeeded"]);

            case OperationKind.Capture:
                var arrived = payment with { CapturesInFlight = checked(payment.CapturesInFlight - done.Amount) };
                var closes = done.IsFinalCapture || payment.Captured + done.Amount == payment.Amount;
                return Take(payment, done, arrived, command, closes, closes ? ["capture.succeeded", "payment.succeeded"] : ["capture.succeeded"]);

            case OperationKind.Void:
                var (status, news) = Closed(payment);
                var released = Next(payment, done, command) with { Status = status, AuthorizedUntil = null };
                return Accept(released, done, AuditAction.Approved, ["cancellation.succeeded", news]);

            case OperationKind.Refund:
                var refunded = checked(payment.Refunded + done.Amount);
                done = done with { Fee = checked(payment.FeeTerms.Kept(payment.Captured, refunded) - payment.Fee) };
                var next = Next(payment, done, command) with
                {
                    Refunded = refunded,
                    RefundsInFlight = checked(payment.RefundsInFlight - done.Amount),
                    Fee = checked(payment.Fee + done.Fee),
                };
                return Accept(next, done, AuditAction.Approved, ["refund.succeeded"], JournalEntries.RefundSettled);

            default:
                throw new InvalidOperationException($"{operation.Kind} is no kind of operation.");
        }
    }

    // Money was taken: by a charge, or by a capture.
    private static Decision.Accept Take(
        Payment before, Operation done, Payment after, AnswerCommand command, bool closes, ImmutableArray<string> events)
    {
        var captured = checked(before.Captured + done.Amount);
        done = done with { Fee = checked(before.FeeTerms.Kept(captured, before.Refunded) - before.Fee) };
        var next = Next(after, done, command) with { Captured = captured, Fee = checked(before.Fee + done.Fee) };
        next = closes ? next with { Status = PaymentStatus.Succeeded, AuthorizedUntil = null } : next;
        return Accept(next, done, AuditAction.Approved, events, JournalEntries.Taken);
    }

    private static Decision.Accept Decline(Payment payment, Operation operation, AnswerCommand command)
    {
        var done = Finish(operation, OperationStatus.Declined, command.Answer);
        return End(payment, done, command, AuditAction.Declined, PaymentStatus.Declined, "payment.declined");
    }

    private static Decision.Accept NotSent(Payment payment, Operation operation, AnswerCommand command) => operation.AttemptKind switch
    {
        AttemptKind.Send => Unsent(payment, operation with { ProvenUnsent = checked(operation.ProvenUnsent + 1) }, command),
        AttemptKind.Query => Reschedule(payment, operation, command, AuditAction.AnswerUnknown),
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
        var sendsNext = answer?.Kind == GatewayAnswerKind.NotFound && KeyIsHonoured(operation, command);
        var waiting = operation with
        {
            Answer = answer?.Kind ?? operation.Answer,
            Code = answer?.Code ?? operation.Code,
            ProcessorReference = answer?.Reference ?? operation.ProcessorReference,
            // Who has just asked and found nothing sends again soon: asking was the wait.
            NextActionAt = Clock.Cut(command.Now + command.Retries.After(sendsNext ? 1 : operation.Attempt, command.Jitter)),
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
