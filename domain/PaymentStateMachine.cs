using System.Collections.Immutable;

namespace Payments.Domain;

/// <summary>
/// The rules of a payment: state and command in, decision out. Pure and total: no clock, no dice, no I/O, and an expected refusal is a
/// value. Whoever runs it stores the decision in one transaction, and only then calls the processor.
/// </summary>
/// <remarks>
/// <code>
///              Charge            Refund                 Wake                Answer
/// (none)       claim, send       refuse                 -                   -
/// processing   replay            refuse                 claim next attempt  approve | decline | reschedule | fail if proven unsent
/// succeeded    replay            reserve, claim, send   claim (refunds)     settle refund | return reserve | reschedule
/// declined     replay            refuse                 -                   - (late news changes nothing)
/// failed       replay            refuse                 -                   -
/// </code>
/// </remarks>
public static class PaymentStateMachine
{
    /// <summary>Decides a command. <paramref name="payment"/> is null when there is none yet.</summary>
    public static Decision Decide(Payment? payment, PaymentCommand command) => command.Kind switch
    {
        CommandKind.Charge => Charge(payment, (ChargeCommand)command),
        CommandKind.Refund => Refund(payment, (RefundCommand)command),
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

        var charge = NewOperation(Ids.Charge(command.PaymentId), OperationKind.Charge, command.Amount.Minor, command.Fingerprint, null, command);
        var created = new Payment
        {
            MerchantId = command.MerchantId,
            Id = command.PaymentId,
            Mode = command.Mode,
            Version = 1,
            Status = PaymentStatus.Processing,
            Currency = command.Amount.Currency,
            Amount = command.Amount.Minor,
            Fee = command.Fee.Of(command.Amount.Minor),
            Gateway = command.GatewayName,
            PaymentMethod = command.PaymentMethod,
            Reference = command.Reference,
            Description = command.Description,
            CreatedAt = command.Now,
            UpdatedAt = command.Now,
            Operations = [charge],
        };
        return new Decision.Accept(created, charge, AuditAction.ChargeClaimed, ["payment.created"], null, new(AttemptKind.Send, created, charge));
    }

    private static Decision Refund(Payment? payment, RefundCommand command)
    {
        if (payment is null)
        {
            return new Decision.Refuse(Refusal.PaymentNotFound);
        }

        if (payment.Find(command.RefundId) is { } known)
        {
            return known.Fingerprint == command.Fingerprint
                ? new Decision.Replay(payment, known)
                : new Decision.Refuse(Refusal.IdempotencyKeyReused);
        }

        return payment.Status switch
        {
            PaymentStatus.Succeeded => AcceptRefund(payment, command),
            PaymentStatus.Processing or PaymentStatus.Declined or PaymentStatus.Failed => new Decision.Refuse(Refusal.PaymentNotRefundable),
        };
    }

    private static Decision AcceptRefund(Payment payment, RefundCommand command)
    {
        var amount = command.Amount ?? payment.Refundable;
        if (amount <= 0 || amount > payment.Refundable)
        {
            return new Decision.Refuse(Refusal.RefundExceedsPayment);
        }

        if (payment.Operations.Length > Payment.MaxRefunds)
        {
            return new Decision.Refuse(Refusal.TooManyRefunds);
        }

        var refund = NewOperation(command.RefundId, OperationKind.Refund, amount, command.Fingerprint, command.Reason, command);
        var next = Next(payment, refund, command) with { RefundsInFlight = checked(payment.RefundsInFlight + amount) };
        return new Decision.Accept(
            next, refund, AuditAction.RefundClaimed, ["refund.created"], JournalEntries.RefundReserved(next, refund), new(AttemptKind.Send, next, refund));
    }

    private static Decision Wake(Payment? payment, WakeCommand command)
    {
        var due = payment?.Operations.Where(operation => operation.NextActionAt <= command.Now).MinBy(operation => operation.NextActionAt);
        if (payment is null || due is null)
        {
            return new Decision.Ignore(IgnoreReason.NotDue);
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

        var keyIsHonoured = command.Gateway.SafeKeyLife is { } life && command.Now - operation.FirstSentAt < life;
        var justAsked = operation is { AttemptKind: AttemptKind.Query, Answer: GatewayAnswerKind.NotFound };
        return (command.Gateway.CanQuery, keyIsHonoured) switch
        {
            (true, true) => justAsked ? AttemptKind.Send : AttemptKind.Query,
            (true, false) => AttemptKind.Query,
            (false, true) => AttemptKind.Send,
            (false, false) => null,
        };
    }

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
        var inconclusive = command.Answer.Kind is not (GatewayAnswerKind.Approved or GatewayAnswerKind.Declined);
        if (inconclusive && !isLatest)
        {
            return new Decision.Ignore(IgnoreReason.Superseded);
        }

        return command.Answer.Kind switch
        {
            GatewayAnswerKind.Approved => Approve(payment, operation, command),
            GatewayAnswerKind.Declined => Decline(payment, operation, command),
            GatewayAnswerKind.Pending => Reschedule(payment, operation, command, AuditAction.StillPending),
            GatewayAnswerKind.Unknown => Reschedule(payment, operation, command, AuditAction.AnswerUnknown),
            GatewayAnswerKind.NotSent => NotSent(payment, operation, command),
            GatewayAnswerKind.NotFound => NotFound(payment, operation, command),
        };
    }

    private static bool Contradicts(Operation operation, GatewayAnswerKind answer) => operation.Status switch
    {
        OperationStatus.Succeeded => answer == GatewayAnswerKind.Declined,
        OperationStatus.Declined or OperationStatus.Failed => answer == GatewayAnswerKind.Approved,
        OperationStatus.Pending => false,
    };

    private static Decision.Accept Approve(Payment payment, Operation operation, AnswerCommand command)
    {
        var done = Finish(operation, OperationStatus.Succeeded, command.Answer);
        var next = Next(payment, done, command);
        return operation.Kind switch
        {
            OperationKind.Charge => Accept(
                next with { Status = PaymentStatus.Succeeded, Captured = done.Amount }, done, AuditAction.Approved, "payment.succeeded", JournalEntries.Charged),
            OperationKind.Refund => Accept(
                next with
                {
                    Refunded = checked(payment.Refunded + done.Amount),
                    RefundsInFlight = checked(payment.RefundsInFlight - done.Amount),
                },
                done, AuditAction.Approved, "refund.succeeded", JournalEntries.RefundSettled),
        };
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
        var final = operation.ClaimedAt - operation.LastSentAt >= command.Gateway.AbsenceFinalAfter;
        return final
            ? Unsent(payment, operation with { ProvenUnsent = operation.Sends }, command)
            : Reschedule(payment, operation, command, AuditAction.AnswerUnknown);
    }

    private static Decision.Accept Unsent(Payment payment, Operation operation, AnswerCommand command)
    {
        var giveUp = operation.Outcome == Outcome.NotSent && operation.Sends >= command.Retries.MaxUnsentAttempts;
        return giveUp
            ? End(payment, Finish(operation, OperationStatus.Failed, command.Answer), command, AuditAction.GivenUpUnsent, PaymentStatus.Failed, "payment.failed")
            : Reschedule(payment, operation, command, AuditAction.ProvenUnsent);
    }

    // An operation ends without effect: a charge takes its payment along, a refund gives its reserve back.
    private static Decision.Accept End(
        Payment payment, Operation done, AnswerCommand command, AuditAction action, PaymentStatus status, string chargeEvent)
    {
        var next = Next(payment, done, command);
        return done.Kind switch
        {
            OperationKind.Charge => Accept(next with { Status = status }, done, action, chargeEvent, null),
            OperationKind.Refund => Accept(
                next with { RefundsInFlight = checked(payment.RefundsInFlight - done.Amount) }, done, action, "refund.failed", JournalEntries.RefundReturned),
        };
    }

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
        var waiting = operation with
        {
            Answer = answer?.Kind ?? operation.Answer,
            Code = answer?.Code ?? operation.Code,
            ProcessorReference = answer?.Reference ?? operation.ProcessorReference,
            // Who has just asked and found nothing sends again soon: asking was the wait.
            NextActionAt = command.Now + command.Retries.After(answer?.Kind == GatewayAnswerKind.NotFound ? 1 : operation.Attempt, command.Jitter),
        };
        return Accept(Next(payment, waiting, command), waiting, action, null, null);
    }

    private static Operation NewOperation(Guid id, OperationKind kind, long amount, string fingerprint, string? reason, PaymentCommand command) => new()
    {
        Id = id,
        Kind = kind,
        Status = OperationStatus.Pending,
        Amount = amount,
        Fingerprint = fingerprint,
        Reason = reason,
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

    // Until then nobody else may claim: the processor's timeout, and a margin for the answer's own way home.
    private static DateTimeOffset ClaimEnds(PaymentCommand command) => command.Now + command.Gateway.Timeout + command.Retries.Margin;

    private static Decision.Accept Accept(
        Payment next, Operation changed, AuditAction action, string? merchantEvent, Func<Payment, Operation, JournalEntry>? entry) =>
        new(next, changed, action, merchantEvent is null ? ImmutableArray<string>.Empty : [merchantEvent], entry?.Invoke(next, changed), null);
}
