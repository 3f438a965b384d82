namespace Payments.Domain;

/// <summary>What a line of a processor's settlement file is about.</summary>
public enum SettlementKind
{
    /// <summary>A charge or capture was settled to us.</summary>
    Capture,

    /// <summary>A refund was settled.</summary>
    Refund,

    /// <summary>A refund came back.</summary>
    RefundFailure,

    /// <summary>A disputed amount was taken from us.</summary>
    Dispute,

    /// <summary>A disputed amount was given back to us.</summary>
    DisputeReversal,

    /// <summary>The processor's fees that belong to no payment, and corrections of them.</summary>
    Fee,

    /// <summary>What was paid to our bank, or came back from it.</summary>
    Payout,

    /// <summary>The processor's kind of line is not known here.</summary>
    Unknown,
}

/// <summary>The stored name of a <see cref="SettlementKind"/>.</summary>
public static class SettlementKinds
{
    public static string Name(this SettlementKind kind) => kind switch
    {
        SettlementKind.Capture => "capture",
        SettlementKind.Refund => "refund",
        SettlementKind.RefundFailure => "refund_failure",
        SettlementKind.Dispute => "dispute",
        SettlementKind.DisputeReversal => "dispute_reversal",
        SettlementKind.Fee => "fee",
        SettlementKind.Payout => "payout",
        SettlementKind.Unknown => "unknown",
    };
}
