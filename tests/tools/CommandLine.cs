using System.Diagnostics;
using Payments.Tests.Support;
using Payments.Tools;

namespace Payments.Tests.Tools;

/// <summary>The command line in a process of its own, as people type it.</summary>
internal sealed class CommandLine(TestDatabase database)
{
    public async Task<string> OkAsync(params string[] arguments)
    {
        var (code, output, error) = await RunAsync(arguments);
        Assert.True(code == 0, error);
        return output;
    }

    public async Task<(int Code, string Output, string Error)> RunAsync(params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo("dotnet", [typeof(Cli).Assembly.Location, .. arguments])
        {
            Environment =
            {
                ["PAYMENTS_DATABASE"] = database.App, ["PAYMENTS_OWNER_DATABASE"] = database.Owner, ["PAYMENTS_APP_PASSWORD"] = TestDatabase.AppPassword,
            },
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        var (output, error) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync();
        return (process.ExitCode, (await output).Trim(), (await error).Trim());
    }
}
