using Payments.Benchmarks.Systems;

namespace Payments.Benchmarks.Load;

/// <summary>Runs the HTTP load as the process of its own that it has to be.</summary>
internal static class HttpLoadProcess
{
    /// <summary>What runs before anything is counted.</summary>
    public static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(1);

    // Two threads do all of it, the sockets' and the schedule's: there is nothing to be done beside them.
    private static readonly Dictionary<string, string> Environment = new()
    {
        ["DOTNET_SYSTEM_NET_SOCKETS_INLINE_COMPLETIONS"] = "1",
        ["DOTNET_SYSTEM_NET_SOCKETS_THREAD_COUNT"] = "1",
    };

    /// <param name="keys">A file with secret keys of merchants, a line each, which take turns.</param>
    /// <param name="inFlight">Connections of the closed loop.</param>
    /// <param name="rate">Requests a second of the open loop; null for the closed one.</param>
    public static Task<LoadResult> ChargeAsync(PaymentsSystem system, string keys, int inFlight, double? rate, double seconds) =>
        RunAsync(system, inFlight, rate, seconds, ["--keys", keys]);

    /// <param name="requests">A file with a secret key and what to read with it, a line each, which take turns.</param>
    public static Task<LoadResult> ReadAsync(PaymentsSystem system, string requests, int inFlight, double seconds) =>
        RunAsync(system, inFlight, null, seconds, ["--read", requests]);

    private static async Task<LoadResult> RunAsync(PaymentsSystem system, int inFlight, double? rate, double seconds, string[] what)
    {
        List<string> arguments =
        [
            Programs.Bench, "http-load", "--nodes", string.Join(',', system.Urls), "--in-flight", $"{inFlight}", "--seconds", $"{seconds}",
            "--warm-up", $"{WarmUp.TotalSeconds}", .. what,
        ];
        if (rate is { } perSecond)
        {
            arguments.AddRange(["--rate", $"{perSecond}"]);
        }

        return LoadResult.Parse(await ChildProcess.RunAsync("dotnet", arguments, Environment)).Checked();
    }
}
