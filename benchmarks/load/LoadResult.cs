using System.Text.Json;
using System.Text.Json.Serialization;

namespace Payments.Benchmarks.Load;

/// <summary>What one run of a load came to. Latencies in milliseconds, from the intended start to the whole answer.</summary>
/// <param name="Done">What ended well within the measured time.</param>
/// <param name="Failed">What was answered with anything else; one is too many.</param>
internal sealed record LoadResult(long Done, double Seconds, double P50, double P99, double P999, double Longest, long Failed, string? FirstFailure)
{
    [JsonIgnore]
    public double PerSecond => Done / Seconds;

    public static LoadResult Of(List<long> ticks, double seconds, long failed, string? firstFailure)
    {
        ticks.Sort();
        return new(ticks.Count, seconds, At(0.5), At(0.99), At(0.999), At(1), failed, firstFailure);

        double At(double part) => ticks.Count == 0 ? 0 : TimeSpan.FromTicks(ticks[Math.Min(ticks.Count - 1, (int)(ticks.Count * part))]).TotalMilliseconds;
    }

    /// <summary>Itself, if nothing failed: figures of a system that refuses are none.</summary>
    /// <exception cref="BenchException">Something did.</exception>
    public LoadResult Checked() => Failed == 0
        ? this
        : throw new BenchException($"{Failed} of {Done + Failed} requests failed, the first one with:\n{FirstFailure}");

    public string ToJson() => JsonSerializer.Serialize(this);

    public static LoadResult Parse(string json) => JsonSerializer.Deserialize<LoadResult>(json)!;
}
