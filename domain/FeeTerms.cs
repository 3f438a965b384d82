namespace Payments.Domain;

/// <summary>What the platform takes of a payment, fixed when the payment is made: basis points of what was captured plus a fixed part.</summary>
/// <param name="BasisPoints">Hundredths of a percent, 0 to 10,000.</param>
/// <param name="Fixed">Minor units of the payment's currency, not negative.</param>
/// <param name="ReturnedOnRefund">Whether a refund gives its share of the fee back to the merchant.</param>
public readonly record struct FeeTerms(int BasisPoints, long Fixed, bool ReturnedOnRefund = false)
{
    /// <summary>All of the amount.</summary>
    public const int MaxBasisPoints = 10_000;

    /// <summary>The fee on an amount in minor units, rounded half to even (IEEE 754 roundTiesToEven), never more than the amount itself.</summary>
    /// <remarks>The merchant's part is the amount less this fee, so the two always add up: no minor unit is lost or made.</remarks>
    public long Of(long amount)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(amount);
        ArgumentOutOfRangeException.ThrowIfNegative(Fixed);
        ArgumentOutOfRangeException.ThrowIfNegative(BasisPoints);
        return (long)Int128.Min(Share(amount, BasisPoints, MaxBasisPoints) + Fixed, amount);
    }

    /// <summary>What the platform keeps once so much was captured and so much of it refunded. A function of the totals alone, so that parts
    /// never add up to another fee than the whole: each step takes the difference.</summary>
    public long Kept(long captured, long refunded)
    {
        var fee = Of(captured);
        return ReturnedOnRefund && refunded > 0 ? fee - (long)Share(fee, refunded, captured) : fee;
    }

    private static Int128 Share(long amount, long part, long whole)
    {
        var (quotient, rest) = Int128.DivRem((Int128)amount * part, whole);
        var roundUp = 2 * rest > whole || (2 * rest == whole && Int128.IsOddInteger(quotient));
        return quotient + (roundUp ? 1 : 0);
    }
}
