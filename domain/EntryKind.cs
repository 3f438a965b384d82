namespace Payments.Domain;

/// <summary>Why a journal entry was made.</summary>
public enum EntryKind
{
    /// <summary>The processor made a charge.</summary>
    Charge,

    /// <summary>The processor took a part or all of an authorization.</summary>
    Capture,

    /// <summary>A refund was accepted: its amount leaves the merchant's balance and waits in transit.</summary>
    RefundReserve,

    /// <summary>The processor made the refund.</summary>
    RefundSettle,

    /// <summary>The refund was declined or proven unsent: the reserve goes back.</summary>
    RefundReturn,

    /// <summary>A payment is in dispute: its amount and the processor's fee leave the merchant's balance and wait.</summary>
    DisputeOpen,

    /// <summary>The dispute was won: what waited goes back to the merchant, less what the processor keeps.</summary>
    DisputeWon,

    /// <summary>The dispute was lost: what waited is the processor's.</summary>
    DisputeLost,

    /// <summary>A refund came back after it had been made.</summary>
    RefundFailure,

    /// <summary>A merchant's own service moved something between the merchant's own accounts.</summary>
    Own,

    /// <summary>An entry of that kind was taken back, by one that moves the same the other way.</summary>
    Reversal,

    /// <summary>A processor's settlement file was reconciled: what it owed us is on its way to our bank, less its fees.</summary>
    Settlement,

    /// <summary>A break of reconciliation was explained: what waited in suspense went where it belongs.</summary>
    BreakResolution,

    /// <summary>A payout was accepted: its amount leaves the merchant's balance and waits in transit.</summary>
    Payout,

    /// <summary>The bank paid it.</summary>
    PayoutPaid,

    /// <summary>The bank did not pay, or nothing was ever sent: the amount goes back.</summary>
    PayoutFailed,

    /// <summary>It came back after it had been paid.</summary>
    PayoutReturned,
}

/// <summary>The stored name of an <see cref="EntryKind"/>, and what it means for limits.</summary>
public static class EntryKinds
{
    public static string Name(this EntryKind kind) => kind switch
    {
        EntryKind.Charge => "charge",
        EntryKind.Capture => "capture",
        EntryKind.RefundReserve => "refund_reserve",
        EntryKind.RefundSettle => "refund_settle",
        EntryKind.RefundReturn => "refund_return",
        EntryKind.DisputeOpen => "dispute_open",
        EntryKind.DisputeWon => "dispute_won",
        EntryKind.DisputeLost => "dispute_lost",
        EntryKind.RefundFailure => "refund_failure",
        EntryKind.Own => "own",
        EntryKind.Reversal => "reversal",
        EntryKind.Settlement => "settlement",
        EntryKind.BreakResolution => "break_resolution",
        EntryKind.Payout => "payout",
        EntryKind.PayoutPaid => "payout_paid",
        EntryKind.PayoutFailed => "payout_failed",
        EntryKind.PayoutReturned => "payout_returned",
    };

    /// <summary>A requested decrease is held against limits; what merely records that something happened is never refused.</summary>
    public static bool IsRequest(this EntryKind kind) => kind switch
    {
        EntryKind.RefundReserve or EntryKind.Own or EntryKind.Reversal or EntryKind.Payout => true,
        EntryKind.Charge or EntryKind.Capture or EntryKind.RefundSettle or EntryKind.RefundReturn or EntryKind.DisputeOpen or EntryKind.DisputeWon
            or EntryKind.DisputeLost or EntryKind.RefundFailure or EntryKind.Settlement or EntryKind.BreakResolution or EntryKind.PayoutPaid
            or EntryKind.PayoutFailed or EntryKind.PayoutReturned => false,
    };
}
