using System.Diagnostics;
using System.Globalization;

namespace Payments.Benchmarks.Systems;

/// <summary>A process of ours, with its log in a file, ended when it is disposed of.</summary>
internal sealed class ChildProcess : IAsyncDisposable
{
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
    public static async Task<string> RunAsync(string program, IEnumerable<string> arguments, IReadOnlyDictionary<string, string>? environment = null, string? folder = null)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = folder ?? "" };
        foreach (var (name, value) in environment ?? new Dictionary<string, string>())
        {
            start.Environment[name] = value;
        }

        using var process = Process.Start(start) ?? throw new BenchException($"{program} did not start.");
        var (output, errors) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync();
        return process.ExitCode == 0
            ? await output
            : throw new BenchException($"{program} {string.Join(' ', arguments)} ended with {process.ExitCode}:\n{await output}{await errors}");
    }

    /// <summary>Writes a line to it, if there is one, and reads the next line that it says.</summary>
    public async Task<string> AskAsync(string? line)
    {
        if (line is not null)
        {
            await process.StandardInput.WriteLineAsync(line);
            await process.StandardInput.FlushAsync();
        }

        return await process.StandardOutput.ReadLineAsync() ?? throw new BenchException($"It ended:\n{LastWords()}");
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
