using Payments.Domain;
using Payments.Storage;

namespace Payments.ClientApi.Resources;

/// <summary>Says in one line what an item of a timeline means, so that nobody has to know the words of the audit trail.</summary>
internal static class Meanings
{
    private static readonly Dictionary<string, AuditAction> Actions = Enum.GetValues<AuditAction>().ToDictionary(action => action.Name());
    private static readonly Dictionary<string, EntryKind> Entries = Enum.GetValues<EntryKind>().ToDictionary(kind => kind.Name());

    /// <summary>What kinds of evidence a row of the audit trail stands for, in order: one commit may record several.</summary>
    public static IEnumerable<string> KindsOf(TimelineItem item) => item.Kind switch
    {
        "audit" when item.Evidence is { } evidence && !evidence.StartsWith(EvidenceSources.Operator, StringComparison.Ordinal) => ["webhook"],
        "audit" when Actions.TryGetValue(item.Name, out var action) => KindsOf(action),
        "entry" => ["posting"],
        "event" => ["event"],
        _ => ["answer"],
    };

    /// <param name="kind">One of <see cref="KindsOf(TimelineItem)"/>.</param>
    public static string Of(TimelineItem item, string kind)
    {
        var what = What(item.OperationKind);
        return (kind, item.Name) switch
        {
            ("request", "expiry_claimed") => "The processor's time for the authorization is over: the payment itself asks it to let go.",
            ("request", _) => $"The {what} was asked for and accepted; from here on it is durable.",
            ("claim", _) => $"Attempt {item.Attempt} was claimed before anything was sent: nobody else makes it.",
            ("send", _) when item.Attempt > 1 => $"The {what} is sent again under the same key, so that it can have its effect only once.",
            ("send", _) => $"The {what} is sent: from here on it may have had its effect.",
            ("query", _) => $"The processor is asked what became of the {what}.",
            ("posting", _) when Entries.TryGetValue(item.Name, out var entry) => OfEntry(entry),
            ("event", _) => $"The merchant is told: {item.Name}.",
            _ when Actions.TryGetValue(item.Name, out var action) => OfAnswer(action, what, item),
            _ => $"Recorded: {item.Name}.",
        };
    }

    private static string What(string operationKind) => operationKind switch
    {
        "authorize" => "authorization",
        "void" => "cancellation",
        _ => operationKind,
    };

    private static IEnumerable<string> KindsOf(AuditAction action) => action switch
    {
        AuditAction.ChargeClaimed or AuditAction.AuthorizationClaimed or AuditAction.CaptureClaimed or AuditAction.VoidClaimed or AuditAction.ExpiryClaimed
            or AuditAction.RefundClaimed => ["request", "claim", "send"],
        AuditAction.RetryClaimed => ["claim", "send"],
        AuditAction.QueryClaimed => ["claim", "query"],
        AuditAction.WaitingForEvidence => ["wait"],
        AuditAction.Approved or AuditAction.Declined or AuditAction.StillPending or AuditAction.ProvenUnsent or AuditAction.AnswerUnknown
            or AuditAction.GivenUpUnsent or AuditAction.RequiresAction or AuditAction.FailedOver => ["answer"],
        AuditAction.DisputeOpened or AuditAction.DisputeWon or AuditAction.DisputeLost or AuditAction.RefundReversed => ["notice"],
        AuditAction.DecidedDone or AuditAction.DecidedDeclined => ["decision"],
    };

    private static string OfAnswer(AuditAction action, string what, TimelineItem item) => action switch
    {
        AuditAction.Approved => what switch
        {
            "authorization" => "The processor holds the amount.",
            "cancellation" => "The processor let go of what it held.",
            _ => $"The processor made the {what}: money moved.",
        },
        AuditAction.Declined when item.Answer == "expired" => $"The authorization is over, says the processor: the {what} had no effect.",
        AuditAction.Declined => $"The processor declined the {what}: it had no effect.",
        AuditAction.StillPending => $"The processor has the {what} and has not decided.",
        AuditAction.ProvenUnsent => $"It is proven that the {what} has not reached the processor; it will be sent again.",
        AuditAction.AnswerUnknown => $"The answer was lost: whether the {what} happened is unknown, and nothing is assumed until there is evidence.",
        AuditAction.GivenUpUnsent => $"The {what} was given up; it is proven that no attempt had an effect.",
        AuditAction.RequiresAction => "The processor wants the customer to do something first.",
        AuditAction.FailedOver => $"It is proven that the {what} did not happen here: the payment goes on to the next processor.",
        AuditAction.DecidedDone => $"Operators decided, on the evidence they had, that the {what} happened.",
        AuditAction.DecidedDeclined => $"Operators decided, on the evidence they had, that the {what} did not happen.",
        AuditAction.DisputeOpened => "The customer's bank disputes the payment.",
        AuditAction.DisputeWon => "The dispute was decided for the merchant.",
        AuditAction.DisputeLost => "The dispute was decided for the customer.",
        AuditAction.RefundReversed => "The refund came back: the customer's account would not take it.",
        AuditAction.WaitingForEvidence => $"The {what} can safely be neither sent again nor asked for: evidence is waited for.",
        _ => $"Recorded: {action.Name()}.",
    };

    private static string OfEntry(EntryKind kind) => kind switch
    {
        EntryKind.Charge => "The books record the charge: the processor owes the amount, the merchant's balance grows by it less the fee.",
        EntryKind.Capture => "The books record the capture: the processor owes the amount, the merchant's balance grows by it less the fee.",
        EntryKind.RefundReserve => "The books move the refund's amount from the merchant's balance into transit.",
        EntryKind.RefundSettle => "The books record the refund: it leaves transit, and the processor owes that much less.",
        EntryKind.RefundReturn => "The books give the refund's amount back to the merchant's balance.",
        EntryKind.DisputeOpen => "The books take what is in dispute, and the processor's fee for it, off the merchant's balance, where it waits.",
        EntryKind.DisputeWon => "The books give what was in dispute back to the merchant's balance, less what the processor keeps.",
        EntryKind.DisputeLost => "The books let go of what was in dispute: the processor has kept it.",
        EntryKind.RefundFailure => "The books record the refund that came back: the processor owes it again, the merchant's balance grows by it.",
        EntryKind.Own => "A service of the merchant moved something between the merchant's own accounts.",
        EntryKind.Reversal => "An entry between the merchant's own accounts was taken back.",
        EntryKind.Settlement => "The books record what the processor settled.",
        EntryKind.Payout => "The books move the payout's amount from the merchant's balance into transit.",
        EntryKind.PayoutPaid => "The books record the payout: it leaves transit and our bank account.",
        EntryKind.PayoutFailed => "The books give the payout's amount back to the merchant's balance.",
        EntryKind.PayoutReturned => "The books record the payout that came back: it is in our bank account again, and in the merchant's balance.",
        EntryKind.BreakResolution => "The books record what a difference to the processor's files was found to be.",
    };
}
