using Payments.Benchmarks.Report;

namespace Payments.Benchmarks.Full;

/// <summary>Whether something grew: its first fifth beside its last.</summary>
internal static class Ends
{
    /// <param name="values">In the order in which they were measured.</param>
    public static void Compare(Series series, IReadOnlyList<double> values, string first, string last)
    {
        var fifth = Math.Max(1, values.Count / 5);
        for (var i = 0; i < fifth; i++)
        {
            series.Add(first, values[i]);
            series.Add(last, values[^(fifth - i)]);
        }
    }
}
