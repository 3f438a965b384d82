using Payments.Domain;
using Payments.Storage;

namespace Payments.Simulation;

/// <summary>
/// The books as a beginner would keep them, from nothing but what payments look like: no journal, no judge, decimal fractions for fees.
/// The real ones must move by exactly the difference, with every commit.
/// </summary>
internal sealed class NaiveBooks(World world, IReadOnlyDictionary<string, AccountRow> accounts)
{
    private readonly Dictionary<string, (long Balance, long Seq)> sums = new(StringComparer.Ordinal);

    /// <summary>Every balance that an account had, signed, in order.</summary>
    public Dictionary<string, List<long>> History { get; } = new(StringComparer.Ordinal);

    /// <summary>Which balance of an account an entry made.</summary>
    public Dictionary<(string Account, Guid Entry), int> Made { get; } = [];

    /// <summary>What the platform keeps, by the words of the terms: a percentage and a fixed part, never more than all, banker's rounding.</summary>
    public static long Fee(FeeTerms terms, long captured, long refunded)
    {
        var fee = Math.Min(captured, Math.Round(captured * terms.BasisPoints / 10_000m, MidpointRounding.ToEven) + terms.Fixed);
        return (long)(terms.ReturnedOnRefund && refunded > 0 ? fee - Math.Round(fee * refunded / captured, MidpointRounding.ToEven) : fee);
    }

    /// <summary>Holds what a commit posted against what the payment's change means.</summary>
    public void Posted(JudgedCommit write, Payment? before, Payment? after)
    {
        var due = new Dictionary<string, long>(StringComparer.Ordinal);
        if (after is not null)
        {
            Add(due, after, 1);
        }

        if (before is not null)
        {
            Add(due, before, -1);
        }

        foreach (var posting in write.Commit.Entry?.Postings ?? [])
        {
            due[posting.Account] = due.GetValueOrDefault(posting.Account) - (after is null ? 0 : posting.Amount);
            if (ChartOfAccounts.Owner(AccountId.Parse(posting.Account)) is { } owner && owner != write.Commit.Entry!.MerchantId)
            {
                world.Break("I7", $"an entry of {write.Commit.Entry.MerchantId} posts to {posting.Account}");
            }
        }

        foreach (var (account, difference) in due)
        {
            if (difference != 0)
            {
                world.Break("I5", $"{write.Commit.Action} leaves {account} off by {difference} minor units");
            }
        }

        foreach (var currency in (write.Commit.Entry?.Postings ?? []).GroupBy(posting => posting.Account[^3..]))
        {
            if (currency.Sum(posting => posting.Amount) is not 0 and var sum)
            {
                world.Break("I2", $"the entry of {write.Commit.Action} is off by {sum} {currency.Key}");
            }
        }

        foreach (var posting in write.Postings)
        {
            Sum(posting, write.Commit.Entry!);
        }
    }

    /// <summary>In the end every currency sums to zero, and every balance is the sum of its postings.</summary>
    public void CheckEnd()
    {
        foreach (var currency in sums.GroupBy(account => account.Key[^3..]))
        {
            if (currency.Sum(account => account.Value.Balance) is not 0 and var sum)
            {
                world.Break("I2", $"all of {currency.Key} is off by {sum}");
            }
        }

        foreach (var (id, account) in accounts)
        {
            if (account.Balance != sums.GetValueOrDefault(id).Balance)
            {
                world.Break("I2", $"{id} has {account.Balance}, and its postings sum to {sums.GetValueOrDefault(id).Balance}");
            }
        }
    }

    private void Sum(NumberedPosting posting, EntryRow entry)
    {
        var id = posting.Account.Id;
        var (balance, seq) = sums.GetValueOrDefault(id);
        sums[id] = (balance + posting.Amount, seq + 1);
        if (posting.BalanceAfter != balance + posting.Amount || posting.Seq != seq + 1)
        {
            world.Break("I2", $"posting {posting.Seq} of {id} leaves {posting.BalanceAfter}, and should be number {seq + 1} and leave {balance + posting.Amount}");
        }

        var history = History.TryGetValue(id, out var known) ? known : History[id] = [0];
        Made[(id, entry.Id)] = history.Count;
        history.Add(balance + posting.Amount);
        var natural = ChartOfAccounts.Natural(AccountId.Parse(id), posting.BalanceAfter);
        var change = ChartOfAccounts.Natural(AccountId.Parse(id), posting.Amount);
        if (entry.IsRequest && change < 0 && posting.Account.Minimum is { } minimum && natural < minimum)
        {
            world.Break("I4", $"a request took {id} to {natural}, below its minimum of {minimum}");
        }
    }

    private static void Add(Dictionary<string, long> due, Payment payment, int sign)
    {
        var inTransit = Of(payment, OperationKind.Refund, OperationStatus.Pending);
        var refunded = Of(payment, OperationKind.Refund, OperationStatus.Succeeded);
        var captured = Of(payment, OperationKind.Charge, OperationStatus.Succeeded) + Of(payment, OperationKind.Capture, OperationStatus.Succeeded);
        var reversed = Of(payment, OperationKind.RefundFailure, OperationStatus.Succeeded);
        refunded -= reversed;
        var fee = Fee(payment.FeeTerms, captured, refunded);
        var (held, kept) = Disputes(payment);
        Post(ChartOfAccounts.GatewayReceivable(payment.Gateway, payment.Currency), captured - refunded - kept);
        Post(ChartOfAccounts.Disputes(payment.MerchantId, payment.Currency), -held);
        Post(ChartOfAccounts.PlatformFees(payment.Mode, payment.Currency), -fee);
        Post(ChartOfAccounts.RefundsInTransit(payment.MerchantId, payment.Currency), -inTransit);
        Post(ChartOfAccounts.MerchantBalance(payment.MerchantId, payment.Currency), fee + inTransit + refunded - captured + held + kept);

        void Post(AccountId account, long amount)
        {
            if (amount != 0)
            {
                due[account.ToString()] = due.GetValueOrDefault(account.ToString()) + (sign * amount);
            }
        }
    }

    // Of each dispute: what waits for its end, and what the processor kept at its end.
    private static (long Held, long Kept) Disputes(Payment payment)
    {
        var (held, kept) = (0L, 0L);
        foreach (var dispute in payment.Operations.Where(operation => operation.Kind == OperationKind.Dispute))
        {
            var end = payment.Operations.FirstOrDefault(operation => operation.About == dispute.Id);
            held += end is null ? dispute.Amount + dispute.ProcessorFee : 0;
            kept += end is null ? 0 : end.Kind == OperationKind.DisputeWon ? end.ProcessorFee : dispute.Amount + dispute.ProcessorFee;
        }

        return (held, kept);
    }

    private static long Of(Payment payment, OperationKind kind, OperationStatus status)
    {
        var sum = 0L;
        foreach (var operation in payment.Operations)
        {
            sum += operation.Kind == kind && operation.Status == status ? operation.Amount : 0;
        }

        return sum;
    }
}
