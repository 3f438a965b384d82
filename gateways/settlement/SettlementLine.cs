using Payments.Domain;

namespace Payments.Gateways.Settlement;

/// <summary>One line of a processor's settlement file. Amounts are signed as we see them: + is more for us.</summary>
/// <param name="Number">The line of the file that it begins on, from 1.</param>
/// <param name="Id">The processor's own id of it, as far as it gives one; else its place in its batch.</param>
/// <param name="Type">The processor's name of its kind.</param>
/// <param name="At">When it happened at the processor (UTC).</param>
/// <param name="Presented">What the customer paid or got back, in the customer's currency.</param>
/// <param name="Gross">The same in the currency in which the processor settles.</param>
/// <param name="Fee">What the processor kept of it; + is a cost. In the settlement's currency.</param>
/// <param name="Reference">Our operation, as the processor tells it back; null when it does not.</param>
/// <param name="ProcessorReference">The processor's id of the payment or refund.</param>
/// <param name="Batch">The processor's payout or batch that it belongs to; null while there is none.</param>
public sealed record SettlementLine(
    int Number, string Id, SettlementKind Kind, string Type, DateTimeOffset At, Money Presented, Money Gross, Money Fee,
    string? Reference, string? ProcessorReference, string? Batch)
{
    /// <summary>What the processor owes us more by it: gross less fee.</summary>
    public Money Net => Gross - Fee;
}
