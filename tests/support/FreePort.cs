using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;

namespace Payments.Tests.Support;

/// <summary>A port for a server that is started later. It lies below those that the system gives to outgoing connections, so that none of them takes it meanwhile.</summary>
internal static class FreePort
{
    public static Uri Address() => new($"http://127.0.0.1:{Find()}/");

    public static int Find()
    {
        while (true)
        {
            var port = RandomNumberGenerator.GetInt32(10_000, 32_768);
            try
            {
                using var probe = new TcpListener(IPAddress.Loopback, port);
                probe.Start();
                return port;
            }
            catch (SocketException)
            {
                // Somebody has it: another one.
            }
        }
    }
}
