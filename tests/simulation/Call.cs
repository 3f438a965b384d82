using Payments.Domain;
using Payments.Grains;

namespace Payments.Simulation;

/// <summary>One request of a client, and what was true when it began.</summary>
/// <param name="OperationId">What its key names.</param>
/// <param name="Amount">What it asks for; null for all that is left.</param>
/// <param name="Since">How many versions the payment had when the client first asked.</param>
/// <param name="BalanceSince">How many balances the limited account had.</param>
/// <param name="IsMistake">The key was used for something else before.</param>
internal sealed record Call(PaymentPlan Plan, string MerchantId, Guid PaymentId, Guid OperationId, Step Step, long? Amount, int Since, int BalanceSince, bool IsMistake)
{
    /// <summary>The account whose limit may refuse it.</summary>
    public string Account { get; } = ChartOfAccounts.MerchantBalance(MerchantId, Currency.Of(Plan.Currency)).ToString();
}

/// <summary>Holds what clients are told against what is stored: acknowledged is durable (I5), and every refusal has a reason that was true.</summary>
internal sealed class ReplyChecker(World world, Checker checker, SimulatedDatabase database)
{
    public int BalancesOf(string account) => checker.Books.History.TryGetValue(account, out var history) ? history.Count - 1 : 0;

    /// <summary>Whether the entry is there.</summary>
    public bool IsStored(string merchantId, Guid entryId) => database.Entry(merchantId, entryId) is not null;

    /// <summary>Whether the payment has what the call's key names.</summary>
    public bool IsStored(Call call) => checker.Versions(call.MerchantId, call.PaymentId) is [.., var latest] && latest.Find(call.OperationId) is not null;

    /// <param name="wasStored">Whether it was stored when the client asked.</param>
    public void Replied(Call call, bool wasStored, PaymentReply reply)
    {
        var versions = checker.Versions(call.MerchantId, call.PaymentId);
        switch (reply.Kind)
        {
            case ReplyKind.Accepted or ReplyKind.Replayed when call.IsMistake:
                world.Break("I1", $"one key was accepted for two things: {Describe(call)}");
                break;
            case ReplyKind.Accepted or ReplyKind.Replayed:
                Acknowledged(call, reply, versions);
                break;
            case ReplyKind.Busy when wasStored && !call.IsMistake:
                world.Break("I6", $"{Describe(call)} was answered as busy, which says that nothing was stored, and was stored before");
                break;
            case ReplyKind.Refused when wasStored && !call.IsMistake:
                world.Break("I5", $"{Describe(call)} was refused with {reply.Code}, and was stored before");
                break;
            case ReplyKind.Refused when !IsTrue(call, reply.Code!, versions):
                world.Break("I9", $"{Describe(call)} was refused with {reply.Code}, which was not so");
                break;
        }
    }

    /// <param name="wasStored">Whether it was stored when the service asked.</param>
    public void Replied(string merchantId, Guid entryId, bool wasStored, long amount, int since, string account, EntryReply reply)
    {
        if (reply.Kind is ReplyKind.Accepted or ReplyKind.Replayed && database.Entry(merchantId, entryId) is null)
        {
            world.Break("I5", $"the entry {Ids.Format(Ids.EntryPrefix, entryId)} was acknowledged and is not stored");
        }
        else if (reply.Kind == ReplyKind.Busy && wasStored)
        {
            world.Break("I6", $"an entry of {amount} was answered as busy, which says that nothing was stored, and was stored before");
        }
        else if (reply.Kind == ReplyKind.Refused && (wasStored || reply.Code != "balance_insufficient" || !Lacked(account, since, entryId, amount)))
        {
            world.Break("I9", $"an entry of {amount} was refused with {reply.Code}, which was not so");
        }
    }

    private void Acknowledged(Call call, PaymentReply reply, IReadOnlyList<Payment> versions)
    {
        if (reply.Payment is not { } view || view.Version > versions.Count)
        {
            world.Break("I5", $"{Describe(call)} was acknowledged in version {reply.Payment?.Version}, and {versions.Count} are stored");
            return;
        }

        var stored = versions[(int)view.Version - 1];
        if (PaymentView.Of(stored) != view)
        {
            world.Break("I5", $"{Describe(call)} was answered with a version {view.Version} that is not the stored one");
        }

        if (stored.Find(call.OperationId) is not { } operation || reply.Operation is null || OperationView.Of(stored, operation) != reply.Operation)
        {
            world.Break("I5", $"{Describe(call)} was acknowledged, and its operation is not what is stored");
        }
        else if (call.Amount is { } amount && operation.Amount != amount)
        {
            world.Break("I5", $"{Describe(call)} was stored with {operation.Amount}");
        }
    }

    // A refusal must have been true of a state that was stored while the client waited.
    private bool IsTrue(Call call, string code, IReadOnlyList<Payment> versions)
    {
        if (call.IsMistake || code == "idempotency_key_reused")
        {
            return call.IsMistake && code is "idempotency_key_reused" or "payment_not_found";
        }

        if (code == "payment_not_found")
        {
            return call.Since == 0;
        }

        if (code == "balance_insufficient")
        {
            return Lacked(call.Account, call.BalanceSince, Ids.Entry(call.OperationId, EntryKind.RefundReserve), call.Amount ?? call.Plan.Amount);
        }

        return versions.Skip(Math.Max(0, call.Since - 1)).TakeWhile(payment => payment.Find(call.OperationId) is null).Any(payment => code switch
        {
            "payment_not_capturable" or "payment_not_cancelable" => payment.Status != PaymentStatus.Authorized,
            "capture_exceeds_authorization" => call.Amount is not { } amount ? payment.Capturable == 0 : amount > payment.Capturable,
            "operation_in_flight" => payment.HasOpen(operation => operation.Kind is OperationKind.Capture or OperationKind.Void),
            "payment_not_refundable" => payment.Captured == 0,
            "refund_exceeds_payment" => call.Amount is not { } amount ? payment.Refundable == 0 : amount > payment.Refundable,
            _ => false,
        });
    }

    // Of a balance that was there while the client waited, and before its own entry changed it.
    private bool Lacked(string account, int since, Guid entryId, long amount)
    {
        var (minimum, id) = (database.Account(account)?.Minimum, AccountId.Parse(account));
        var history = checker.Books.History.TryGetValue(account, out var known) ? known : [0];
        var until = checker.Books.Made.GetValueOrDefault((account, entryId), history.Count);
        return minimum is { } least && history.Take(until).Skip(since).Any(balance => ChartOfAccounts.Natural(id, balance) - Math.Abs(amount) < least);
    }

    private static string Describe(Call call) =>
        $"{call.Step.Act} {call.Step.Number} of {call.Amount?.ToString() ?? "all"} of {Ids.Format(Ids.PaymentPrefix, call.PaymentId)}";
}
