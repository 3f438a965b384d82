namespace Payments.Domain;

/// <summary>An amount in minor units of one currency. Arithmetic is checked, and two currencies never mix.</summary>
/// <param name="Minor">Minor units, e.g. cents: <c>1999</c> is 19.99 EUR and 1999 JPY.</param>
/// <param name="Currency">The currency that the minor units count.</param>
public readonly record struct Money(long Minor, Currency Currency)
{
    /// <summary>The largest amount of one operation: leaves room for 9 million of them in one <c>long</c> balance.</summary>
    public const long MaxOperation = 1_000_000_000_000;

    public static Money operator +(Money left, Money right) => new(checked(left.Minor + right.MinorIn(left.Currency)), left.Currency);

    public static Money operator -(Money left, Money right) => new(checked(left.Minor - right.MinorIn(left.Currency)), left.Currency);

    public static Money operator -(Money amount) => amount with { Minor = checked(-amount.Minor) };

    /// <summary>In major units with exactly the currency's digits, e.g. <c>19.99 EUR</c>, <c>1999 JPY</c>, <c>1.999 KWD</c>.</summary>
    public override string ToString() => $"{Currency.Major(Minor)} {Currency.Code}";

    private long MinorIn(Currency currency) =>
        currency == Currency ? Minor : throw new InvalidOperationException($"{Currency.Code} and {currency.Code} cannot be added.");
}
