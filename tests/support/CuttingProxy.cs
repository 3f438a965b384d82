using System.Net;
using System.Net.Sockets;
using Npgsql;

namespace Payments.Tests.Support;

/// <summary>Where a connection breaks while it commits.</summary>
public enum Cut
{
    /// <summary>The server never hears the COMMIT.</summary>
    BeforeCommitArrives,

    /// <summary>The server commits, and nobody hears of it.</summary>
    BeforeAnswerReturns,
}

/// <summary>A wire to PostgreSQL that breaks on demand, exactly at a COMMIT.</summary>
internal sealed class CuttingProxy : IAsyncDisposable
{
    private static readonly byte[] Commit = "COMMIT\0"u8.ToArray();

    private readonly TcpListener listener = new(IPAddress.Loopback, 0);
    private readonly NpgsqlConnectionStringBuilder target;
    private readonly List<TcpClient> clients = [];
    private readonly CancellationTokenSource stopping = new();
    private readonly Task accepting;
    private Cut? next;
    private volatile bool refusing;

    public CuttingProxy(NpgsqlConnectionStringBuilder target)
    {
        this.target = target;
        listener.Start();
        accepting = AcceptAsync();
    }

    /// <summary>How often a COMMIT was cut.</summary>
    public int Cuts { get; private set; }

    /// <summary>Connects through the wire; unencrypted, so that the COMMIT can be seen.</summary>
    public string ConnectionString => new NpgsqlConnectionStringBuilder(target.ConnectionString)
    {
        Host = "127.0.0.1",
        Port = ((IPEndPoint)listener.LocalEndpoint).Port,
        SslMode = SslMode.Disable,
        GssEncryptionMode = GssEncryptionMode.Disable,
    }.ConnectionString;

    public void CutNextCommit(Cut cut) => next = cut;

    /// <summary>Breaks every connection, and every new one.</summary>
    public void Refuse()
    {
        refusing = true;
        lock (clients)
        {
            clients.ForEach(client => client.Dispose());
            clients.Clear();
        }
    }

    public void Accept() => refusing = false;

    public async ValueTask DisposeAsync()
    {
        await stopping.CancelAsync();
        Refuse();
        await accepting;
        listener.Stop();
        stopping.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                var client = await listener.AcceptTcpClientAsync(stopping.Token);
                if (refusing)
                {
                    client.Dispose();
                    continue;
                }

                var server = new TcpClient();
                await server.ConnectAsync(target.Host!, target.Port);
                lock (clients)
                {
                    clients.AddRange([client, server]);
                }

                _ = PumpAsync(client, server, fromClient: true);
                _ = PumpAsync(server, client, fromClient: false);
            }
        }
        catch (OperationCanceledException)
        {
        }
    }

    private async Task PumpAsync(TcpClient from, TcpClient to, bool fromClient)
    {
        var buffer = new byte[64 * 1024];
        byte[]? prepared = null;
        try
        {
            while (await from.GetStream().ReadAsync(buffer) is var count and > 0)
            {
                prepared ??= fromClient ? PreparedCommit(buffer.AsSpan(0, count)) : null;
                var isCommit = fromClient && (buffer.AsSpan(0, count).IndexOf(Commit) >= 0 || (prepared is not null && buffer.AsSpan(0, count).IndexOf(prepared) >= 0));
                if (isCommit && next is { } cut)
                {
                    next = null;
                    Cuts++;
                    if (cut == Cut.BeforeAnswerReturns)
                    {
                        await SwallowAnswerAsync(to, buffer.AsMemory(0, count));
                    }

                    break;
                }

                await to.GetStream().WriteAsync(buffer.AsMemory(0, count));
            }
        }
        catch (Exception broken) when (broken is IOException or ObjectDisposedException or SocketException or InvalidOperationException)
        {
        }

        from.Dispose();
        to.Dispose();
    }

    // What a connection calls its COMMIT once it is prepared, as a Bind message names it: Parse is name, text; Bind is portal, name.
    private static byte[]? PreparedCommit(ReadOnlySpan<byte> sent)
    {
        var text = sent.IndexOf(Commit);
        var name = text > 0 ? sent[..(text - 1)].LastIndexOf("_auto"u8) : -1;
        return name < 0 || sent[name..text].IndexOf((byte)0) != text - name - 1 ? null : [0, .. sent[name..text]];
    }

    // The other pump would deliver the server's answer: close the client's side first, then let the server work the COMMIT off.
    private async Task SwallowAnswerAsync(TcpClient server, ReadOnlyMemory<byte> commit)
    {
        lock (clients)
        {
            var index = clients.IndexOf(server);
            clients[index - 1].Client.Shutdown(SocketShutdown.Send);
        }

        await server.GetStream().WriteAsync(commit);
        server.Client.Shutdown(SocketShutdown.Send);
        var rest = new byte[1024];
        while (await server.GetStream().ReadAsync(rest) > 0)
        {
        }
    }
}
