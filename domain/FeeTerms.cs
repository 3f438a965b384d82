namespace Payments.Domain;

/// <summary>What the platform takes of a charge: basis points of the amount plus a fixed part, fixed when the payment is made.</summary>
/// <param name="BasisPoints">Hundredths of a percent, 0 to 10,000.</param>
/// <param name="Fixed">Minor units of the charge's currency, not negative.</param>
public readonly record struct FeeTerms(int BasisPoints, long Fixed)
{
    /// <summary>The fee in minor units, rounded half to even (IEEE 754 roundTiesToEven), never more than the amount itself.</summary>
    /// <remarks>The merchant's part is the amount less this fee, so the two always add up: no minor unit is lost or made.</remarks>
    public long Of(long amount)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(amount);
        ArgumentOutOfRangeException.ThrowIfNegative(Fixed);
        ArgumentOutOfRangeException.ThrowIfNegative(BasisPoints);
        var (whole, rest) = Int128.DivRem((Int128)amount * BasisPoints, 10_000);
        var roundUp = rest > 5_000 || (rest == 5_000 && Int128.IsOddInteger(whole));
        var fee = whole + (roundUp ? 1 : 0) + Fixed;
        return (long)Int128.Min(fee, amount);
    }
}
