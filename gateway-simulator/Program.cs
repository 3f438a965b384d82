using System.Net.Sockets;

namespace Payments.GatewaySimulator;

internal static class Program
{
    private static async Task<int> Main()
    {
        if (!SimulatorSettings.TryRead(Environment.GetEnvironmentVariable, out var settings, out var complaint))
        {
            return Complain(complaint);
        }

        try
        {
            await using var app = SimulatorApp.Build(settings, TimeProvider.System);
            await app.RunAsync();
            return 0;
        }
        catch (CannotStartException exception)
        {
            return Complain(exception.Message);
        }
        catch (Exception exception) when (exception is IOException or SocketException)
        {
            // A taken port is an IOException of the server; an address that this machine does not have is a SocketException.
            return Complain($"SIMULATOR_URL {settings.Url} cannot be listened on: {exception.Message}");
        }
    }

    private static int Complain(string line)
    {
        Console.Error.WriteLine(line.ReplaceLineEndings(" "));
        return 1;
    }
}
