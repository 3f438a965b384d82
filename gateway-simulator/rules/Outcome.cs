namespace Payments.GatewaySimulator.Rules;

/// <summary>How the processor meets one request.</summary>
internal abstract record Outcome
{
    /// <summary>Approved or declined, and recorded.</summary>
    public sealed record Decided(Operation Operation) : Outcome;

    /// <summary>Taken up: decided later.</summary>
    /// <param name="WaitsForCustomer">Whether the customer has to do something first.</param>
    public sealed record Accepted(Order Order, bool WaitsForCustomer) : Outcome;

    /// <summary>Refused before any work, nothing recorded.</summary>
    public sealed record Refused(Refusal Refusal) : Outcome;

    /// <summary>Turned away at the door with 503: nothing was looked at, nothing was done.</summary>
    public sealed record TurnedAway : Outcome;

    /// <summary>The connection breaks without an answer, whether or not there was an effect.</summary>
    public sealed record NoAnswer : Outcome;
}
