namespace Payments.Domain;

/// <summary>What a processor is asked to do.</summary>
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
}
