using Orleans;
using Orleans.CodeGeneration;
using Orleans.Concurrency;

namespace Payments.Grains;

/// <summary>One ledger account. Entries whose home it is are committed through it, so that requests against its limit meet in one place.</summary>
[Alias("payments.ILedgerAccountGrain"), Version(1)]
public interface ILedgerAccountGrain : IGrainWithStringKey
{
    /// <summary>The account as the database has it; null when there is none.</summary>
    [ReadOnly, Alias("Balance")]
    Task<AccountView?> BalanceAsync();

    /// <summary>Opens the account, or changes its minimum. Only accounts of a merchant's own are opened, see <see cref="Domain.ChartOfAccounts.IsOwn"/>.</summary>
    /// <param name="minimum">What a requested decrease must leave, as the owner reads it, in minor units; null: no limit.</param>
    /// <returns>False when it is no account of an existing merchant's own.</returns>
    [Alias("Open")]
    Task<bool> OpenAsync(long? minimum);
}

/// <param name="Id">E.g. <c>merchant:mer_…:balance:EUR</c>.</param>
/// <param name="Balance">Minor units, debit +, credit -.</param>
/// <param name="Reserved">Minor units of decreases that are being committed.</param>
[GenerateSerializer, Immutable, Alias("payments.AccountView")]
public sealed record AccountView([property: Id(0)] string Id, [property: Id(1)] long Balance, [property: Id(2)] long Reserved)
{
    public override string ToString() => nameof(AccountView);
}
