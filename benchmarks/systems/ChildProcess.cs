using System.Diagnostics;
using System.Globalization;

namespace Payments.Benchmarks.Systems;

/// <summary>A process of ours, with its log in a file, ended when it is disposed of.</summary>
internal sealed class ChildProcess : IAsyncDisposable
{
    /// <summary>What answers begin with, so that they are told from what is logged.</summary>
    public const string Answer = "answer: ";

    private static readonly TimeSpan StopPatience = TimeSpan.FromSeconds(20);

    private readonly Process process;
    private readonly Task logging;
    private readonly string log;

    private ChildProcess(Process process, string log, bool speaks)
    {
        (this.process, this.log) = (process, log);
        logging = Task.WhenAll(CopyAsync(process.StandardError), speaks ? Task.CompletedTask : CopyAsync(process.StandardOutput));

        async Task CopyAsync(StreamReader from)
        {
            while (await from.ReadLineAsync() is { } line)
            {
                lock (log)
                {
                    File.AppendAllText(log, line + "\n");
                }
            }
        }
    }

    public int Id => process.Id;

    /// <summary>Processor time that it has used so far.</summary>
    public TimeSpan Cpu
    {
        get
        {
            process.Refresh();
            return process.TotalProcessorTime;
        }
    }

    /// <summary>Memory that it occupies, in bytes.</summary>
    public long Memory
    {
        get
        {
            process.Refresh();
            return process.WorkingSet64;
        }
    }

    /// <param name="speaks">Whether its output is read with <see cref="AskAsync"/>, not kept as a log.</param>
    public static ChildProcess Start(string log, string program, IEnumerable<string> arguments, IReadOnlyDictionary<string, string>? environment = null, bool speaks = false)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = Path.GetDirectoryName(log)!,
        };
        foreach (var (name, value) in environment ?? new Dictionary<string, string>())
        {
            start.Environment[name] = value;
        }

        return new(Process.Start(start) ?? throw new BenchException($"{program} did not start."), log, speaks);
    }

    /// <summary>Runs a program to its end; what it printed.</summary>
    public static async Task<string> RunAsync(string program, IEnumerable<string> arguments, IReadOnlyDictionary<string, string>? environment = null, string? folder = null) =>
        (await MeasureAsync(program, arguments, environment, folder)).Output;

    /// <summary>Runs a program to its end; also how long that took, and the most memory that it occupied, in bytes.</summary>
    public static async Task<(string Output, TimeSpan Time, long Peak)> MeasureAsync(
        string program, IEnumerable<string> arguments, IReadOnlyDictionary<string, string>? environment = null, string? folder = null)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = folder ?? "" };
        foreach (var (name, value) in environment ?? new Dictionary<string, string>())
        {
            start.Environment[name] = value;
        }

        var clock = Stopwatch.StartNew();
        using var process = Process.Start(start) ?? throw new BenchException($"{program} did not start.");
        var (output, errors, ended, peak) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync(), process.WaitForExitAsync(), 0L);
        while (!ended.IsCompleted)
        {
            peak = Math.Max(peak, PeakOf(process.Id));
            await Task.WhenAny(ended, Task.Delay(100));
        }

        return process.ExitCode == 0
            ? (await output, clock.Elapsed, peak)
            : throw new BenchException($"{program} {string.Join(' ', arguments)} ended with {process.ExitCode}:\n{await output}{await errors}");
    }

    // The kernel keeps it, so that nothing between two looks is missed.
    private static long PeakOf(int process)
    {
        try
        {
            var line = File.ReadLines($"/proc/{process}/status").FirstOrDefault(line => line.StartsWith("VmHWM:", StringComparison.Ordinal));
            return line is null ? 0 : long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) * 1024;
        }
        catch (IOException)
        {
            return 0; // it has ended meanwhile: the look before counts
        }
    }

    /// <summary>Writes a line to it, if there is one, and reads the next line that it says.</summary>
    public async Task<string> AskAsync(string? line)
    {
        if (line is not null)
        {
            await process.StandardInput.WriteLineAsync(line);
            await process.StandardInput.FlushAsync();
        }

        while (await process.StandardOutput.ReadLineAsync() is { } said)
        {
            if (said.StartsWith(Answer, StringComparison.Ordinal))
            {
                return said[Answer.Length..];
            }

            await File.AppendAllTextAsync(log, said + "\n");
        }

        throw new BenchException($"It ended:\n{LastWords()}");
    }

    /// <summary>Waits until it serves.</summary>
    public async Task ServesAsync(Uri health)
    {
        using var http = new HttpClient { Timeout = TimeSpan.FromSeconds(5) };
        for (var patience = Stopwatch.StartNew(); patience.Elapsed < TimeSpan.FromSeconds(60);)
        {
            if (process.HasExited)
            {
                throw new BenchException($"It ended:\n{LastWords()}");
            }

            try
            {
                if ((await http.GetAsync(health)).IsSuccessStatusCode)
                {
                    return;
                }
            }
            catch (HttpRequestException)
            {
                // Not yet.
            }

            await Task.Delay(50);
        }

        throw new BenchException($"{health} does not answer:\n{LastWords()}");
    }

    public async ValueTask DisposeAsync()
    {
        if (!process.HasExited)
        {
            using (Process.Start("kill", [process.Id.ToString(CultureInfo.InvariantCulture)]))
            {
            }

            using var patience = new CancellationTokenSource(StopPatience);
            try
            {
                await process.WaitForExitAsync(patience.Token);
            }
            catch (OperationCanceledException)
            {
                process.Kill();
            }
        }

        await logging;
        process.Dispose();
    }

    private string LastWords() => File.Exists(log) ? string.Join('\n', File.ReadLines(log).TakeLast(15)) : "(it said nothing)";
}
