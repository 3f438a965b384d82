using System.Diagnostics;
using System.Text;

namespace Payments.Tests.Support;

/// <summary>A PostgreSQL cluster of a test's own, which the test may kill. The same script starts it that <c>./run</c> uses.</summary>
internal sealed class LocalPostgres : IAsyncDisposable
{
    private readonly string folder = Path.Combine(Path.GetTempPath(), $"pg-{Guid.NewGuid():N}"[..16]);

    private LocalPostgres()
    {
    }

    public static async Task<LocalPostgres> StartAsync()
    {
        var postgres = new LocalPostgres();
        Directory.CreateDirectory(postgres.folder);
        await postgres.StartAgainAsync();
        return postgres;
    }

    public Task StartAgainAsync() => ScriptAsync("start", folder);

    /// <summary>As a power cut would: every process of the cluster at once, kill -9.</summary>
    public Task KillAsync() => ScriptAsync("kill", folder);

    /// <summary>The superuser's connection string.</summary>
    public Task<string> OwnerAsync() => ScriptAsync("url", folder);

    /// <summary>The nodes' connection string.</summary>
    public Task<string> AppAsync() => ScriptAsync("url", folder, "payments", "payments_app");

    /// <summary>What the nodes' role must have as its password.</summary>
    public Task<string> AppPasswordAsync() => File.ReadAllTextAsync(Path.Combine(folder, "payments_app.password"));

    public async ValueTask DisposeAsync() => await ScriptAsync("drop", folder);

    private static async Task<string> ScriptAsync(params string[] arguments)
    {
        var start = new ProcessStartInfo(Path.Combine(Repository.Root, "deploy", "local-postgres"), arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using var process = Process.Start(start)!;
        // Read line by line: the server that the script leaves behind may keep the pipes open.
        var (output, errors) = (new StringBuilder(), new StringBuilder());
        process.OutputDataReceived += (_, line) => output.AppendLine(line.Data);
        process.ErrorDataReceived += (_, line) => errors.AppendLine(line.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        await process.WaitForExitAsync();
        return process.ExitCode == 0
            ? output.ToString().Trim()
            : throw new InvalidOperationException($"local-postgres {arguments[0]} ended with {process.ExitCode}: {errors}{output}");
    }
}
