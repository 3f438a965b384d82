using Orleans;
using Orleans.Concurrency;

namespace Payments.Grains;

/// <summary>One ledger account. Entries whose home it is are committed through it, so that requests against its limit meet in one place.</summary>
[Alias("payments.ILedgerAccountGrain")]
public interface ILedgerAccountGrain : IGrainWithStringKey
{
    /// <summary>The account as this grain last saw it; the database has the final word. Null when nothing was ever posted.</summary>
    [ReadOnly, Alias("Balance")]
    Task<AccountView?> BalanceAsync();
}

/// <param name="Id">E.g. <c>merchant:mer_…:balance:EUR</c>.</param>
/// <param name="Balance">Minor units, debit +, credit -.</param>
/// <param name="Reserved">Minor units of decreases that are being committed.</param>
[GenerateSerializer, Immutable, Alias("payments.AccountView")]
public sealed record AccountView([property: Id(0)] string Id, [property: Id(1)] long Balance, [property: Id(2)] long Reserved);
