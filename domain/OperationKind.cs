namespace Payments.Domain;

/// <summary>What a processor is asked to do, and, behind <see cref="Refund"/>, what it does by itself and tells us of (a notice).</summary>
public enum OperationKind
{
    /// <summary>Take the whole amount from the customer at once.</summary>
    Charge,

    /// <summary>Hold the amount on the customer's account, to be captured later.</summary>
    Authorize,

    /// <summary>Take a part or all of what is held.</summary>
    Capture,

    /// <summary>Release what is held and was not captured.</summary>
    Void,

    /// <summary>Give a part or all of what was taken back to the customer.</summary>
    Refund,

    /// <summary>The customer's bank takes a payment back until it is decided who is right; also called a chargeback.</summary>
    Dispute,

    /// <summary>A dispute was decided for the merchant.</summary>
    DisputeWon,

    /// <summary>A dispute was decided for the customer.</summary>
    DisputeLost,

    /// <summary>A refund that had succeeded came back: the customer's account would not take it.</summary>
    RefundFailure,
}

/// <summary>What follows from the kind of an operation alone.</summary>
public static class OperationKinds
{
    /// <summary>True for what a processor tells of by itself: we never ask for it, and it is decided the moment that we hear of it.</summary>
    public static bool IsNotice(this OperationKind kind) => kind switch
    {
        OperationKind.Dispute or OperationKind.DisputeWon or OperationKind.DisputeLost or OperationKind.RefundFailure => true,
        OperationKind.Charge or OperationKind.Authorize or OperationKind.Capture or OperationKind.Void or OperationKind.Refund => false,
    };
}
