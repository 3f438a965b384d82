using Payments.Domain;
using Payments.Storage;

namespace Payments.ClientApi.Resources;

/// <summary>Says in one line what an item of a timeline means, so that nobody has to know the words of the audit trail.</summary>
internal static class Meanings
{
    private static readonly Dictionary<string, AuditAction> Actions = Enum.GetValues<AuditAction>().ToDictionary(action => action.Name());
    private static readonly Dictionary<string, EntryKind> Entries = Enum.GetValues<EntryKind>().ToDictionary(kind => kind.Name());

    /// <param name="what"><c>charge</c> or <c>refund</c>.</param>
    public static string Of(TimelineItem item, string what) => item.Kind switch
    {
        "audit" when Actions.TryGetValue(item.Name, out var action) => OfAction(action, what, item),
        "entry" when Entries.TryGetValue(item.Name, out var kind) => OfEntry(kind),
        "event" => $"The merchant is told: {item.Name}.",
        _ => $"Recorded: {item.Name}.",
    };

    private static string OfAction(AuditAction action, string what, TimelineItem item) => action switch
    {
        AuditAction.ChargeClaimed => "The payment was accepted and stored; only then was the charge sent to the processor.",
        AuditAction.RefundClaimed => "The refund was accepted and its amount reserved; only then was it sent to the processor.",
        AuditAction.RetryClaimed => $"Attempt {item.Attempt}: the {what} is sent again under the same key, so that it can have its effect only once.",
        AuditAction.QueryClaimed => $"Attempt {item.Attempt}: the processor is asked what became of the {what}.",
        AuditAction.WaitingForEvidence => $"The {what} can safely be neither sent again nor asked for: evidence is waited for.",
        AuditAction.Approved => $"The processor made the {what}: money moved.",
        AuditAction.Declined => $"The processor declined the {what}: no money moved.",
        AuditAction.StillPending => $"The processor has the {what} and has not decided.",
        AuditAction.ProvenUnsent => $"It is proven that the {what} has not reached the processor; it will be sent again.",
        AuditAction.AnswerUnknown => $"The answer was lost: whether the {what} happened is unknown, and nothing is assumed until there is evidence.",
        AuditAction.GivenUpUnsent => $"The {what} was given up; it is proven that no attempt had an effect.",
    };

    private static string OfEntry(EntryKind kind) => kind switch
    {
        EntryKind.Charge => "The books record the charge: the processor owes the amount, the merchant's balance grows by it less the fee.",
        EntryKind.RefundReserve => "The books move the refund's amount from the merchant's balance into transit.",
        EntryKind.RefundSettle => "The books record the refund: it leaves transit, and the processor owes that much less.",
        EntryKind.RefundReturn => "The books give the refund's amount back to the merchant's balance.",
    };
}
