using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Payments.Tests.Gateways;

/// <summary>A bare TCP listener that reads whole requests and answers the same bytes, whatever they are.</summary>
internal sealed class FakeProcessor : IAsyncDisposable
{
    private readonly TcpListener listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource stopping = new();
    private readonly string? answer;
    private readonly bool hangsUp;
    private readonly int answersPerConnection;
    private readonly Task accepting;
    private int requests;
    private int connections;

    /// <param name="answer">Null: never answers and never closes. Empty: closes.</param>
    /// <param name="hangsUp">Whether it closes the connection with each answer.</param>
    /// <param name="answersPerConnection">After so many, the next request on a connection is read, and the connection closed.</param>
    public FakeProcessor(string? answer, bool hangsUp = false, int answersPerConnection = int.MaxValue)
    {
        this.answer = answer;
        this.hangsUp = hangsUp;
        this.answersPerConnection = answersPerConnection;
        listener.Start();
        accepting = AcceptAsync();
    }

    public Uri Address => new($"http://{listener.LocalEndpoint}/");

    public int Requests => Volatile.Read(ref requests);

    public int Connections => Volatile.Read(ref connections);

    public async ValueTask DisposeAsync()
    {
        // The loop ends by its token; the listener only after it, so that no round of it meets a stopped one.
        await stopping.CancelAsync();
        await accepting;
        listener.Stop();
        stopping.Dispose();
    }

    private async Task AcceptAsync()
    {
        var serving = new List<Task>();
        try
        {
            while (true)
            {
                serving.Add(ServeAsync(await listener.AcceptTcpClientAsync(stopping.Token)));
                Interlocked.Increment(ref connections);
            }
        }
        catch (Exception exception) when (exception is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            await Task.WhenAll(serving);
        }
    }

    private async Task ServeAsync(TcpClient client)
    {
        using (client)
        {
            try
            {
                var stream = client.GetStream();
                for (var answered = 0; await ReadRequestAsync(stream); answered++)
                {
                    Interlocked.Increment(ref requests);
                    if (answer is null)
                    {
                        await Task.Delay(Timeout.Infinite, stopping.Token);
                    }

                    if (answered == answersPerConnection || answer is "")
                    {
                        return;
                    }

                    await stream.WriteAsync(Encoding.ASCII.GetBytes(answer!), stopping.Token);
                    if (hangsUp)
                    {
                        return;
                    }
                }
            }
            catch (Exception exception) when (exception is OperationCanceledException or IOException)
            {
                // The client or the test has gone.
            }
        }
    }

    private async Task<bool> ReadRequestAsync(NetworkStream stream)
    {
        var text = "";
        var buffer = new byte[4096];
        while (!IsWhole(text))
        {
            var read = await stream.ReadAsync(buffer, stopping.Token);
            if (read == 0)
            {
                return false;
            }

            text += Encoding.ASCII.GetString(buffer, 0, read);
        }

        return true;
    }

    private static bool IsWhole(string text)
    {
        var head = text.IndexOf("\r\n\r\n", StringComparison.Ordinal);
        if (head < 0)
        {
            return false;
        }

        const string name = "Content-Length: ";
        var at = text.IndexOf(name, StringComparison.OrdinalIgnoreCase);
        var length = at < 0 ? 0 : int.Parse(text[(at + name.Length)..text.IndexOf("\r\n", at, StringComparison.Ordinal)]);
        return text.Length == head + 4 + length;
    }
}
