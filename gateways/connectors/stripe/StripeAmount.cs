using Payments.Domain;

namespace Payments.Gateways.Connectors.Stripe;

/// <summary>
/// Stripe counts most currencies in their ISO 4217 minor units, and some otherwise (https://docs.stripe.com/currencies): crowns of Iceland and
/// shillings of Uganda in hundredths that do not exist, ariary whole; and of three decimals the last must be zero.
/// </summary>
internal static class StripeAmount
{
    /// <summary>What Stripe is told; null when it cannot take such an amount.</summary>
    public static long? Of(Money amount) => amount.Currency.Code switch
    {
        "ISK" or "UGX" => checked(amount.Minor * 100),
        "MGA" => amount.Minor % 100 == 0 ? amount.Minor / 100 : null,
        _ when amount.Currency.Exponent == 3 => amount.Minor % 10 == 0 ? amount.Minor : null,
        _ when amount.Currency.Exponent > 3 => null,
        _ => amount.Minor,
    };

    /// <summary>What Stripe tells; null when we know no such currency, or it says what cannot be.</summary>
    public static Money? Read(long? amount, string? currency)
    {
        if (amount is not { } told || !Currency.TryParse(currency?.ToUpperInvariant(), out var known))
        {
            return null;
        }

        return known.Code switch
        {
            "ISK" or "UGX" => told % 100 == 0 ? new(told / 100, known) : null,
            "MGA" => new(checked(told * 100), known),
            _ => new(told, known),
        };
    }
}
