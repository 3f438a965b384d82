using System.Globalization;
using System.Text.RegularExpressions;
using Payments.Benchmarks.Systems;

namespace Payments.Benchmarks.References;

/// <summary>pgbench's own transaction (TPC-B-like, prepared statements): three updates, a select and an insert.</summary>
internal sealed partial class TpcB(Cluster cluster, string folder)
{
    private const string Database = "bench_tpcb";
    private const int Scale = 50;

    public async Task PrepareAsync()
    {
        await cluster.CreateAsync(Database);
        await ChildProcess.RunAsync(cluster.PgBench, ["-i", "-q", "-s", $"{Scale}"], cluster.Environment(Database));
    }

    /// <summary>Transactions a second.</summary>
    public async Task<double> RunAsync(int clients, double seconds)
    {
        var output = await ChildProcess.RunAsync(
            cluster.PgBench, ["-n", "-M", "prepared", "-c", $"{clients}", "-j", "2", "-T", Seconds(seconds)], cluster.Environment(Database));
        return Number(Rate(), output);
    }

    /// <summary>The median of a single client's transactions, in milliseconds.</summary>
    public async Task<double> MedianAsync(double seconds)
    {
        var log = Directory.CreateDirectory(Path.Combine(folder, $"tpcb-{Guid.NewGuid():N}")).FullName;
        await ChildProcess.RunAsync(
            cluster.PgBench, ["-n", "-M", "prepared", "-c", "1", "-T", Seconds(seconds), "--log"], cluster.Environment(Database), log);
        // client, number, microseconds, …
        var times = Directory.EnumerateFiles(log).SelectMany(File.ReadLines).Select(line => long.Parse(line.Split(' ')[2], CultureInfo.InvariantCulture)).Order().ToArray();
        Directory.Delete(log, recursive: true);
        return times[times.Length / 2] / 1000.0;
    }

    internal static string Seconds(double seconds) => ((int)Math.Ceiling(seconds)).ToString(CultureInfo.InvariantCulture);

    internal static double Number(Regex pattern, string output) => pattern.Match(output) is { Success: true } match
        ? double.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture)
        : throw new BenchException($"pgbench said no rate:\n{output}");

    [GeneratedRegex(@"tps = ([\d.]+) \(without")]
    internal static partial Regex Rate();
}
