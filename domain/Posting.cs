namespace Payments.Domain;

/// <summary>One line of a journal entry.</summary>
/// <param name="Account">Where.</param>
/// <param name="Amount">Minor units of the account's currency: debit +, credit -, never zero.</param>
public readonly record struct Posting(AccountId Account, long Amount)
{
    /// <summary>Whether this line makes the account smaller, as its owner reads it.</summary>
    public bool IsDecrease => ChartOfAccounts.Natural(Account, Amount) < 0;
}
