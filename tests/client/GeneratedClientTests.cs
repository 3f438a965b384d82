using System.Diagnostics;
using Payments.Tests.Faults;
using Payments.Tests.Support;

namespace Payments.Tests.Clients;

/// <summary>A generator from npm makes a client of the OpenAPI document; the client compiles, and charges with the real system.</summary>
public sealed class GeneratedClientTests(OneNode node) : IClassFixture<OneNode>
{
    private static readonly string Folder = Path.Combine(Repository.Root, "tests", "generated-client");

    [Fact]
    public async Task A_client_that_strangers_generate_compiles_and_charges()
    {
        await RunAsync("npm", "ci --ignore-scripts --prefer-offline");
        await File.WriteAllTextAsync(Path.Combine(Folder, "openapi.json"), await node.Client.GetStringAsync(new Uri("openapi/v1.json", UriKind.Relative)));
        await RunAsync("npm", "run generate");
        await RunAsync("npm", "run compile");
        Assert.Equal("succeeded 1999, refunded 500, balance 1411, refused field_invalid amount", await RunAsync("node", "compiled/charge.js"));
    }

    private async Task<string> RunAsync(string program, string arguments)
    {
        using var process = Start(new ProcessStartInfo(program, arguments)
        {
            WorkingDirectory = Folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            Environment = { ["API"] = node.System.Addresses[0].ToString().TrimEnd('/'), ["KEY"] = node.System.SecretKey },
        });
        var (output, error) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync();
        Assert.True(process.ExitCode == 0, $"{program} {arguments} failed:\n{await output}\n{await error}");
        return (await output).Trim();
    }

    private static Process Start(ProcessStartInfo start)
    {
        try
        {
            return Process.Start(start)!;
        }
        catch (System.ComponentModel.Win32Exception missing)
        {
            throw new InvalidOperationException($"This test needs Node.js 20 or later with npm: {start.FileName} is not there.", missing);
        }
    }
}
