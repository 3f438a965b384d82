namespace Payments.Domain;

/// <summary>The classes of the platform's accounts. Assets and expenses grow by debits; liabilities and income by credits.</summary>
public enum AccountClass
{
    Asset,
    Liability,
    Income,
    Expense,

    /// <summary>A merchant's own books: kept here, balanced in themselves, and no part of the platform's.</summary>
    Foreign,
}
