using System.Diagnostics;
using Payments.Tests.Support;

namespace Payments.Tests.Gateways;

/// <summary>From npm: a server that speaks Stripe's language, and Stripe's own library, which signs webhooks.</summary>
public sealed class StripeCounterparts : IAsyncLifetime
{
    private static readonly string Folder = Path.Combine(Repository.Root, "tests", "stripe");
    private static readonly Lazy<Task> Installed = new(async () =>
    {
        var (code, output) = await RunAsync("npm", ["ci", "--ignore-scripts", "--prefer-offline"], "");
        Assert.True(code == 0, $"npm ci failed in {Folder}: {output}");
    });

    private Process? server;

    /// <summary>Where the server listens.</summary>
    public Uri Address { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        await Installed.Value;
        server = Start("node", ["server.js"]);
        Address = new Uri($"http://127.0.0.1:{await server.StandardOutput.ReadLineAsync()}/");
    }

    public async Task DisposeAsync()
    {
        if (server is { } running)
        {
            running.Kill();
            await running.WaitForExitAsync();
            running.Dispose();
        }
    }

    /// <summary>The header that Stripe's library makes for a body.</summary>
    public static async Task<string> SignAsync(string body, string secret, DateTimeOffset at)
    {
        await Installed.Value;
        var (code, output) = await RunAsync("node", ["sign.js", secret, $"{at.ToUnixTimeSeconds()}"], body);
        Assert.True(code == 0, output);
        return output;
    }

    private static async Task<(int Code, string Output)> RunAsync(string program, string[] arguments, string input)
    {
        using var process = Start(program, arguments);
        var (output, error) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.StandardInput.WriteAsync(input);
        process.StandardInput.Close();
        await process.WaitForExitAsync();
        return (process.ExitCode, process.ExitCode == 0 ? await output : $"{await output}\n{await error}");
    }

    private static Process Start(string program, string[] arguments)
    {
        try
        {
            return Process.Start(new ProcessStartInfo(program, arguments)
            {
                WorkingDirectory = Folder,
                RedirectStandardInput = true,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            })!;
        }
        catch (System.ComponentModel.Win32Exception missing)
        {
            throw new InvalidOperationException($"This test needs Node.js 20 or later with npm: {program} is not there.", missing);
        }
    }
}
