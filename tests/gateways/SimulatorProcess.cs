using System.Diagnostics;
using Payments.GatewaySimulator;
using Payments.Tests.Support;

namespace Payments.Tests.Gateways;

/// <summary>The simulator as a process of its own.</summary>
internal sealed class SimulatorProcess : IAsyncDisposable
{
    private readonly Process process;
    private readonly Task<string> errors;

    private SimulatorProcess(Process process)
    {
        this.process = process;
        errors = process.StandardError.ReadToEndAsync();
    }

    public static SimulatorProcess Start(Uri address, string folder, params (string Name, string Value)[] environment)
    {
        var start = new ProcessStartInfo("dotnet", [typeof(SimulatorApp).Assembly.Location]) { RedirectStandardError = true };
        start.Environment["SIMULATOR_URL"] = address.ToString();
        start.Environment["SIMULATOR_DATA"] = folder;
        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }

        return new SimulatorProcess(Process.Start(start)!);
    }

    public static async Task<SimulatorProcess> StartReadyAsync(Uri address, string folder, params (string Name, string Value)[] environment)
    {
        var simulator = Start(address, folder, environment);
        using var http = new HttpClient { BaseAddress = address };
        await Eventually.BecomesAsync(true, async () =>
        {
            try
            {
                using var health = await http.GetAsync(new Uri("health", UriKind.Relative));
                return health.IsSuccessStatusCode;
            }
            catch (HttpRequestException)
            {
                return false;
            }
        });
        return simulator;
    }

    /// <summary>kill -9: nothing is flushed, closed or answered any more.</summary>
    public Task KillAsync()
    {
        process.Kill();
        return process.WaitForExitAsync();
    }

    /// <summary>SIGTERM, as a container's stop.</summary>
    public async Task TerminateAsync()
    {
        using var kill = Process.Start("kill", ["-TERM", $"{process.Id}"]);
        await kill.WaitForExitAsync();
    }

    public async Task<(int Code, string Errors)> ExitAsync()
    {
        await process.WaitForExitAsync();
        return (process.ExitCode, await errors);
    }

    public async ValueTask DisposeAsync()
    {
        if (!process.HasExited)
        {
            await KillAsync();
        }

        process.Dispose();
    }
}
