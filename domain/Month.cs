using System.Globalization;

namespace Payments.Domain;

/// <summary>A month of the books, in UTC: written <c>2026-10</c> (ISO 8601).</summary>
public readonly record struct Month : IComparable<Month>
{
    private readonly int number;

    private Month(int number) => this.number = number;

    /// <summary>Its first instant (UTC), which belongs to it.</summary>
    public DateTimeOffset Start => new(number / 12, number % 12 + 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>Its last instant (UTC): microseconds are the finest that the books know.</summary>
    public DateTimeOffset End => Next.Start - TimeSpan.FromMicroseconds(1);

    public Month Next => new(number + 1);

    /// <summary>The month that an instant is in.</summary>
    public static Month Of(DateTimeOffset instant) => new(instant.UtcDateTime.Year * 12 + instant.UtcDateTime.Month - 1);

    /// <summary>Reads <c>2026-10</c>; anything else is no month.</summary>
    public static bool TryParse(string text, out Month month)
    {
        var isMonth = DateTime.TryParseExact(text, "yyyy-MM", CultureInfo.InvariantCulture, DateTimeStyles.None, out var start) && start.Year is >= 1970 and < 9999;
        month = isMonth ? Of(new(start, TimeSpan.Zero)) : default;
        return isMonth;
    }

    public int CompareTo(Month other) => number.CompareTo(other.number);

    public static bool operator <(Month left, Month right) => left.number < right.number;

    public static bool operator >(Month left, Month right) => left.number > right.number;

    public static bool operator <=(Month left, Month right) => left.number <= right.number;

    public static bool operator >=(Month left, Month right) => left.number >= right.number;

    public override string ToString() => Start.ToString("yyyy-MM", CultureInfo.InvariantCulture);
}
