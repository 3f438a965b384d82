namespace Payments.Domain;

/// <summary>A ledger account: one code in one currency, e.g. <c>merchant:mer_…:balance:EUR</c>.</summary>
/// <param name="Code">Colon-separated words; <c>#07</c> behind a platform account is a stripe of it.</param>
/// <param name="Currency">The one currency that the account holds.</param>
public readonly record struct AccountId(string Code, Currency Currency)
{
    /// <summary>The stored form, and what accounts are sorted and locked by.</summary>
    public override string ToString() => $"{Code}:{Currency.Code}";

    /// <summary>Reads the stored form back.</summary>
    /// <exception cref="FormatException">The text is no account id.</exception>
    public static AccountId Parse(string text) => TryParse(text, out var account) ? account : throw new FormatException($"'{text}' is no account id.");

    /// <summary>Reads the stored form back; anything else is no id.</summary>
    public static bool TryParse(string text, out AccountId account)
    {
        var colon = text.LastIndexOf(':');
        if (colon <= 0 || !Currency.TryParse(text[(colon + 1)..], out var currency))
        {
            account = default;
            return false;
        }

        account = new AccountId(text[..colon], currency);
        return true;
    }
}
