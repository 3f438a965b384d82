using System.Diagnostics;

namespace Payments.Tests.Support;

/// <summary>Waits for a condition instead of for a time.</summary>
internal static class Eventually
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);

    /// <summary>Asks until the answer is the expected one; fails with the last answer.</summary>
    public static async Task BecomesAsync<T>(T expected, Func<Task<T>> ask, TimeSpan? limit = null)
    {
        var started = Stopwatch.GetTimestamp();
        while (true)
        {
            var actual = await ask();
            if (EqualityComparer<T>.Default.Equals(expected, actual) || Stopwatch.GetElapsedTime(started) > (limit ?? Limit))
            {
                Assert.Equal(expected, actual);
                return;
            }

            await Task.Delay(5);
        }
    }
}
