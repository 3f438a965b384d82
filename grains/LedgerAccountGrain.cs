using Orleans;
using Orleans.Concurrency;
using Orleans.Placement;
using Payments.Domain;
using Payments.Storage;

namespace Payments.Grains;

/// <summary>
/// One account of the ledger. Reentrant: while one commit waits for the disk, the next is checked and queued behind it, and the group
/// commit writes them together.
/// </summary>
/// <remarks>The check here only refuses early and cheaply, and only what a balance that was stored did not allow. What is on its way is
/// not counted: it may be in the balance already, and then would count twice. The database decides, under the row's lock, for every
/// account of an entry, so concurrent requests cannot spend twice.</remarks>
[Reentrant, ResourceOptimizedPlacement]
public sealed class LedgerAccountGrain(IPaymentStore store) : Grain, ILedgerAccountGrain, ILedgerCommits
{
    private string accountId = "";
    private AccountRow? account;
    private long reserved;

    public override async Task OnActivateAsync(CancellationToken cancellationToken)
    {
        accountId = GrainKeys.ParseLedgerAccount(this.GetPrimaryKeyString());
        account = await store.AccountAsync(accountId, cancellationToken);
    }

    public async Task<AccountView?> BalanceAsync() => await store.AccountAsync(accountId, CancellationToken.None) is { } now
        ? new AccountView(now.Id, now.Balance, reserved)
        : null;

    public async Task<bool> OpenAsync(long? minimum)
    {
        if (!AccountId.TryParse(accountId, out var id) || !ChartOfAccounts.IsOwn(id) || (minimum is { } least && !FieldRules.IsMinimum(least))
            || !await store.OpenAccountAsync(id, minimum, CancellationToken.None))
        {
            return false;
        }

        account = await store.AccountAsync(accountId, CancellationToken.None);
        return true;
    }

    public async Task<CommitResult> CommitAsync(Commit commit)
    {
        var entry = commit.Entry ?? throw new ArgumentException("A commit without an entry has no home account.", nameof(commit));
        var change = entry.Postings.Where(posting => posting.Account == accountId).Sum(posting => posting.Amount);
        var decrease = entry.IsRequest ? Math.Max(0, -Natural(change)) : 0;
        if (!Leaves(decrease, entry.Floor))
        {
            // Another node may have paid in since: never refuse from memory alone.
            account = await store.AccountAsync(accountId, CancellationToken.None);
            if (!Leaves(decrease, entry.Floor))
            {
                return new(CommitVerdict.LimitExceeded, accountId);
            }
        }

        reserved = checked(reserved + decrease);
        try
        {
            var result = await store.CommitAsync(commit);
            if (result.Verdict == CommitVerdict.Committed && account is not null)
            {
                account = account with { Balance = checked(account.Balance + change) };
            }

            return result;
        }
        finally
        {
            reserved -= decrease;
        }
    }

    private bool Leaves(long decrease, long? floor) =>
        decrease == 0 || (Int128)Natural(account?.Balance ?? 0) - decrease >= Math.Max(account?.Minimum ?? long.MinValue, floor ?? long.MinValue);

    private long Natural(long signed) => ChartOfAccounts.Natural(AccountId.Parse(accountId), signed);
}
