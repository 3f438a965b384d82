namespace Payments.Domain;

/// <summary>The classes of accounts. Assets and expenses grow by debits; liabilities and income by credits.</summary>
public enum AccountClass
{
    Asset,
    Liability,
    Income,
    Expense,
}
