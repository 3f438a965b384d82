using System.Collections.Immutable;

namespace Payments.Domain;

/// <summary>What a payment does about a command. Exactly one of four.</summary>
public abstract record Decision
{
    private Decision()
    {
    }

    /// <summary>It happens: store all of this in one transaction, then act.</summary>
    /// <param name="Next">The payment with the next version.</param>
    /// <param name="Changed">The operation that changed.</param>
    /// <param name="Audit">What happened, for the audit row of this version.</param>
    /// <param name="Events">What the merchant is told.</param>
    /// <param name="Entry">What the ledger records with it.</param>
    /// <param name="Call">The attempt that this change claims; run it only once the change is committed.</param>
    public sealed record Accept(
        Payment Next, Operation Changed, AuditAction Audit, ImmutableArray<string> Events, JournalEntry? Entry, GatewayCall? Call) : Decision
    {
        /// <summary>The command says more than this: once it is stored, decide the same command again.</summary>
        public bool SaysMore { get; init; }
    }

    /// <summary>The same key with the same content: answer with the resource as it is now.</summary>
    public sealed record Replay(Payment Payment, Operation Operation) : Decision;

    /// <summary>An expected refusal; nothing is stored.</summary>
    public sealed record Refuse(Refusal Reason) : Decision;

    /// <summary>Nothing to do: not due, or news that is no news.</summary>
    public sealed record Ignore(IgnoreReason Reason) : Decision;
}

/// <summary>Why a command is refused; the name is the <c>code</c> of the API's problem.</summary>
public enum Refusal
{
    /// <summary>The idempotency key was used for something else.</summary>
    IdempotencyKeyReused,

    /// <summary>There is no such payment.</summary>
    PaymentNotFound,

    /// <summary>Only a payment that is authorized can be captured.</summary>
    PaymentNotCapturable,

    /// <summary>The amount is more than what may still be captured.</summary>
    CaptureExceedsAuthorization,

    /// <summary>The payment's processor captures an authorization only once, so that a capture must release the rest.</summary>
    CaptureMustBeFinal,

    /// <summary>The payment has the most captures that one may have.</summary>
    TooManyCaptures,

    /// <summary>Only a payment that is authorized can be canceled.</summary>
    PaymentNotCancelable,

    /// <summary>The payment has the most cancellations that one may have.</summary>
    TooManyCancellations,

    /// <summary>Something is in flight whose outcome this depends on; once it is known, ask again.</summary>
    OperationInFlight,

    /// <summary>Only a payment of which something was captured can be refunded.</summary>
    PaymentNotRefundable,

    /// <summary>The amount is more than what may still be refunded.</summary>
    RefundExceedsPayment,

    /// <summary>The payment has the most refunds that one may have.</summary>
    TooManyRefunds,
}

/// <summary>Why nothing happens.</summary>
public enum IgnoreReason
{
    NotDue,

    /// <summary>The operation is final and the answer says the same.</summary>
    AlreadyFinal,

    /// <summary>The operation is final and the answer says otherwise: a person must look at it.</summary>
    ContradictsFinal,

    /// <summary>An inconclusive answer of an attempt that is not the latest.</summary>
    Superseded,

    /// <summary>The answer names an operation that this payment does not have.</summary>
    UnknownOperation,

    /// <summary>The processor speaks of another amount or currency: a person must look at it.</summary>
    AmountMismatch,

    /// <summary>A notice about what is not known to have happened yet: it can be judged once that is.</summary>
    NotYet,

    /// <summary>The payment has the most notices that one may have: a person must look at it.</summary>
    TooManyNotices,
}

/// <summary>The words of the audit trail.</summary>
public enum AuditAction
{
    ChargeClaimed,
    AuthorizationClaimed,
    CaptureClaimed,
    VoidClaimed,
    ExpiryClaimed,
    RefundClaimed,
    RetryClaimed,
    QueryClaimed,
    WaitingForEvidence,
    Approved,
    Declined,
    StillPending,
    ProvenUnsent,
    AnswerUnknown,
    GivenUpUnsent,
    RequiresAction,
    FailedOver,
    DecidedDone,
    DecidedDeclined,
    DisputeOpened,
    DisputeWon,
    DisputeLost,
    RefundReversed,
}

/// <summary>A claimed attempt. Whoever committed the claim, and nobody else, runs it.</summary>
public sealed record GatewayCall(AttemptKind Kind, Payment Payment, Operation Operation)
{
    /// <summary>Our reference at the processor, and the idempotency key of every send of this operation.</summary>
    public string Reference => Ids.ProcessorReference(Operation.Id);
}

/// <summary>The stored names of <see cref="AuditAction"/> and the codes of <see cref="Refusal"/>.</summary>
public static class DecisionNames
{
    public static string Name(this AuditAction action) => action switch
    {
        AuditAction.ChargeClaimed => "charge_claimed",
        AuditAction.AuthorizationClaimed => "authorization_claimed",
        AuditAction.CaptureClaimed => "capture_claimed",
        AuditAction.VoidClaimed => "void_claimed",
        AuditAction.ExpiryClaimed => "expiry_claimed",
        AuditAction.RefundClaimed => "refund_claimed",
        AuditAction.RetryClaimed => "retry_claimed",
        AuditAction.QueryClaimed => "query_claimed",
        AuditAction.WaitingForEvidence => "waiting_for_evidence",
        AuditAction.Approved => "approved",
        AuditAction.Declined => "declined",
        AuditAction.StillPending => "still_pending",
        AuditAction.ProvenUnsent => "proven_unsent",
        AuditAction.AnswerUnknown => "answer_unknown",
        AuditAction.GivenUpUnsent => "given_up_unsent",
        AuditAction.RequiresAction => "requires_action",
        AuditAction.FailedOver => "failed_over",
        AuditAction.DecidedDone => "decided_done",
        AuditAction.DecidedDeclined => "decided_declined",
        AuditAction.DisputeOpened => "dispute_opened",
        AuditAction.DisputeWon => "dispute_won",
        AuditAction.DisputeLost => "dispute_lost",
        AuditAction.RefundReversed => "refund_reversed",
    };

    public static string Code(this IgnoreReason reason) => reason switch
    {
        IgnoreReason.NotDue => "not_due",
        IgnoreReason.AlreadyFinal => "already_final",
        IgnoreReason.ContradictsFinal => "contradicts_final",
        IgnoreReason.Superseded => "superseded",
        IgnoreReason.UnknownOperation => "unknown_operation",
        IgnoreReason.AmountMismatch => "amount_mismatch",
        IgnoreReason.NotYet => "not_yet",
        IgnoreReason.TooManyNotices => "too_many_notices",
    };

    public static string Code(this Refusal refusal) => refusal switch
    {
        Refusal.IdempotencyKeyReused => "idempotency_key_reused",
        Refusal.PaymentNotFound => "payment_not_found",
        Refusal.PaymentNotCapturable => "payment_not_capturable",
        Refusal.CaptureExceedsAuthorization => "capture_exceeds_authorization",
        Refusal.CaptureMustBeFinal => "capture_must_be_final",
        Refusal.TooManyCaptures => "too_many_captures",
        Refusal.PaymentNotCancelable => "payment_not_cancelable",
        Refusal.TooManyCancellations => "too_many_cancellations",
        Refusal.OperationInFlight => "operation_in_flight",
        Refusal.PaymentNotRefundable => "payment_not_refundable",
        Refusal.RefundExceedsPayment => "refund_exceeds_payment",
        Refusal.TooManyRefunds => "too_many_refunds",
    };
}
