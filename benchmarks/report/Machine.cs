using System.Runtime.InteropServices;

namespace Payments.Benchmarks.Report;

/// <summary>What the figures were measured on.</summary>
internal sealed record Machine(string Processor, int Cores, long MemoryBytes, string System, string Runtime, string Engine, IReadOnlyDictionary<string, string> Postgres)
{
    public static Machine Describe(string engine, IReadOnlyDictionary<string, string> postgres) => new(
        File.ReadLines("/proc/cpuinfo").FirstOrDefault(line => line.StartsWith("model name", StringComparison.Ordinal))?.Split(": ")[^1] ?? "unknown",
        Environment.ProcessorCount, GC.GetGCMemoryInfo().TotalAvailableMemoryBytes, RuntimeInformation.OSDescription, RuntimeInformation.FrameworkDescription, engine,
        postgres);
}

/// <summary>How much of the processors others took: time stolen by the host, and what ran that is not ours.</summary>
internal static class Noise
{
    /// <summary>Ticks: all, and stolen.</summary>
    public static (long All, long Stolen) Read()
    {
        var fields = File.ReadLines("/proc/stat").First().Split(' ', StringSplitOptions.RemoveEmptyEntries)[1..].Select(long.Parse).ToArray();
        return (fields.Take(8).Sum(), fields.Length > 7 ? fields[7] : 0);
    }
}
