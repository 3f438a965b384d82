namespace Payments.Domain;

/// <summary>The accounts that exist, and which side each grows on. Sign of every posting: debit +, credit -.</summary>
public static class ChartOfAccounts
{
    /// <summary>The longest name of a merchant's own account: lower case letters, digits and <c>_ - .</c></summary>
    public const int MaxOwnName = 50;

    /// <summary>What the platform owes the merchant and may pay out. Liability: grows by credits.</summary>
    public static AccountId MerchantBalance(string merchantId, Currency currency) => new($"merchant:{merchantId}:balance", currency);

    /// <summary>Refunds that were accepted and not yet made by the processor. Liability: grows by credits.</summary>
    public static AccountId RefundsInTransit(string merchantId, Currency currency) => new($"merchant:{merchantId}:refunds_in_transit", currency);

    /// <summary>Payouts that were accepted and that the bank has not paid. Liability: grows by credits.</summary>
    public static AccountId PayoutsInTransit(string merchantId, Currency currency) => new($"merchant:{merchantId}:payouts_in_transit", currency);

    /// <summary>What is in dispute, and the processor's fees for it: taken off the balance until it is decided. Liability: grows by credits.</summary>
    public static AccountId Disputes(string merchantId, Currency currency) => new($"merchant:{merchantId}:disputes", currency);

    /// <summary>What the processor collected for us and has not paid to our bank. Asset: grows by debits.</summary>
    public static AccountId GatewayReceivable(string gateway, Currency currency) => new($"gateway:{gateway}:receivable", currency);

    /// <summary>What the processor settled and has not paid to our bank yet. Asset: grows by debits.</summary>
    public static AccountId GatewayInTransit(string gateway, Currency currency) => new($"gateway:{gateway}:in_transit", currency);

    /// <summary>What the processor kept for its work. Expense: grows by debits.</summary>
    public static AccountId GatewayFees(string gateway, Currency currency) => new($"gateway:{gateway}:fees", currency);

    /// <summary>What a processor settled and nobody could explain yet: the open breaks of reconciliation. Liability: grows by credits.</summary>
    public static AccountId Suspense(string gateway, Currency currency) => new($"suspense:{gateway}", currency);

    /// <summary>Our money at the bank. Asset: grows by debits. Test money is kept apart from real money.</summary>
    public static AccountId BankCash(Mode mode, Currency currency) => new(mode == Mode.Live ? "bank:main:cash" : "bank:test:cash", currency);

    /// <summary>
    /// The trading account of currencies: what was given for what was got, each in its own currency. What both are worth at one rate is the
    /// exchange difference. Income: grows by credits.
    /// </summary>
    public static AccountId FxGainLoss(Mode mode, Currency currency) => new(mode == Mode.Live ? "fx:gain_loss" : "fx:test_gain_loss", currency);

    /// <summary>What was given up after people had looked at it. Expense: grows by debits.</summary>
    public static AccountId WriteOffs(Mode mode, Currency currency) => new(mode == Mode.Live ? "platform:write_offs" : "platform:test_write_offs", currency);

    /// <summary>What the platform earned. Income: grows by credits. Test money is kept apart from real money.</summary>
    public static AccountId PlatformFees(Mode mode, Currency currency) => new(mode == Mode.Live ? "platform:fees" : "platform:test_fees", currency);

    /// <summary>
    /// Whether an account is one of a merchant's own, which its services open and post to: <c>merchant:{id}:assets:{name}</c> (grows by
    /// debits) or <c>merchant:{id}:liabilities:{name}</c> (grows by credits). Payments never touch them, nor they what payments post to.
    /// </summary>
    public static bool IsOwn(AccountId account) =>
        account.Code.Split(':') is ["merchant", _, "assets" or "liabilities", var name] && name.Length is > 0 and <= MaxOwnName
        && name.All(letter => char.IsAsciiLetterLower(letter) || char.IsAsciiDigit(letter) || letter is '_' or '-' or '.');

    /// <summary>The merchant that an account belongs to; null for the platform's own.</summary>
    public static string? Owner(AccountId account) =>
        account.Code.StartsWith("merchant:", StringComparison.Ordinal) ? account.Code.Split(':')[1] : null;

    /// <summary>True for accounts that grow by debits (assets, costs); false for those that grow by credits (liabilities, income).</summary>
    public static bool GrowsByDebit(AccountId account) =>
        account.Code.StartsWith("gateway:", StringComparison.Ordinal) || account.Code.StartsWith("bank:", StringComparison.Ordinal)
        || account.Code is "platform:write_offs" or "platform:test_write_offs" || (IsOwn(account) && account.Code.Split(':')[2] == "assets");

    /// <summary>
    /// Merchants' accounts of one kind as one line of the platform's books: <c>merchant:mer_…:balance</c> is a part of <c>merchant:*:balance</c>.
    /// </summary>
    public static string Line(string code) =>
        code.Split(':', 3) is ["merchant", _, var kind] ? $"merchant:*:{kind}" : code;

    /// <summary>Where a line of the books stands in the balance sheet or the income statement.</summary>
    /// <exception cref="ArgumentException">No such account exists.</exception>
    public static AccountClass ClassOf(string code) => code.Split(':') switch
    {
        ["merchant", _, "assets" or "liabilities", ..] => AccountClass.Foreign,
        ["merchant", ..] => AccountClass.Liability,
        ["gateway", _, "fees"] => AccountClass.Expense,
        ["gateway" or "bank", ..] => AccountClass.Asset,
        ["suspense", _] => AccountClass.Liability,
        ["platform", "write_offs" or "test_write_offs"] => AccountClass.Expense,
        ["platform" or "fx", ..] => AccountClass.Income,
        _ => throw new ArgumentException($"The chart of accounts has no {code}.", nameof(code)),
    };

    /// <summary>An amount as the account's owner reads it: positive where the account grows.</summary>
    public static long Natural(AccountId account, long signed) => GrowsByDebit(account) ? signed : checked(-signed);
}
