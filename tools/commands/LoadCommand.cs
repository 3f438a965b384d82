using System.CommandLine;
using System.Diagnostics;
using Payments.Tools.Driving;

namespace Payments.Tools.Commands;

/// <summary><c>payments load</c>: charges only, for measurements.</summary>
internal static class LoadCommand
{
    public static Command Create()
    {
        var drive = new DriveOptions(10_000);
        var command = new Command("load", "Drives charges over HTTP and prints rate and latencies.").WithExamples("""
            Sends approved charges, each under a key of its own, and waits for each final answer. Latency is from the first byte of the
            request to the whole answer, retries included.

            Example:
              payments load --api http://127.0.0.1:8080,http://127.0.0.1:8081 --payments 20000 --parallel 128
            """);
        drive.AddTo(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var (patience, tally) = (new Patience(TimeProvider.System), new Tally());
            var parallel = drive.Parallel(parsed);
            using var api = new ApiClient(drive.Api(parsed), drive.Key(parsed, "secret_key"), parallel, patience);
            var started = Stopwatch.GetTimestamp();
            await DriveView.RunAsync(new Driver(api, patience, tally), Plan.Charges(Plan.NewRun(), drive.Payments(parsed)), parallel, cancellationToken);
            var seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
            var sorted = tally.Latencies.Order().ToArray();
            Console.WriteLine($"{sorted.Length:N0} payments in {seconds:0.0} s: {sorted.Length / seconds:N0} a second, {parallel} at a time, {tally["retries"]:N0} retries");
            foreach (var (name, count) in tally.Under("payment/"))
            {
                Console.WriteLine($"  {name,-12} {count,10:N0}");
            }

            Console.WriteLine($"latency in ms: p50 {At(0.5):0.0}, p90 {At(0.9):0.0}, p99 {At(0.99):0.0}, p99.9 {At(0.999):0.0}, longest {sorted[^1]:0.0}");
            foreach (var wrong in tally.Wrongs.Take(20))
            {
                Console.WriteLine($"wrong: {wrong}");
            }

            return tally.Wrongs.IsEmpty ? ExitCode.Ok : ExitCode.Breach;

            double At(double part) => sorted[Math.Min(sorted.Length - 1, (int)(sorted.Length * part))];
        });
        return command;
    }
}
