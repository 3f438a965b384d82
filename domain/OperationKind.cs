namespace Payments.Domain;

/// <summary>What a processor is asked to do.</summary>
public enum OperationKind
{
    /// <summary>Take the whole amount from the customer at once.</summary>
    Charge,

    /// <summary>Give a part or all of a charge back to the customer.</summary>
    Refund,
}
