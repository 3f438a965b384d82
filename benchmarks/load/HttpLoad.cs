using System.Buffers.Text;
using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Payments.Benchmarks.Load;

/// <summary>
/// Charges, or reads, over HTTP/1.1, from a process of its own. Plain sockets and prepared bytes, so that on a machine that is shared with what is
/// measured the load takes as little of it as it can.
/// </summary>
/// <remarks>Closed loop: each connection sends its next request when it has its answer. Open loop: requests have a schedule, and what finds no
/// free connection waits, with its latency counting from when it should have begun.</remarks>
/// <param name="lines">Secret keys of merchants; for reads, each with the path that is read with it.</param>
/// <param name="run">What idempotency keys begin with.</param>
internal sealed class HttpLoad(IReadOnlyList<Uri> nodes, IReadOnlyList<string> lines, bool isRead, string run)
{
    private const int OpenLoopConnections = 512;

    private readonly ConcurrentBag<List<long>> latencies = [];
    private long next;
    private long failed;
    private string? firstFailure;

    /// <param name="inFlight">Connections of the closed loop.</param>
    /// <param name="rate">Requests a second of the open loop; null for the closed one.</param>
    public async Task<LoadResult> RunAsync(int inFlight, double? rate, TimeSpan warmUp, TimeSpan time)
    {
        // Connected before the clock starts: what waits for connections would be counted as the system's latency.
        var sockets = await Task.WhenAll(Enumerable.Range(0, rate is null ? inFlight : OpenLoopConnections).Select(i => ConnectAsync(nodes[i % nodes.Count])));
        var clock = Stopwatch.StartNew();
        var due = rate is { } perSecond ? new Schedule(clock, perSecond, warmUp + time) : null;
        await Task.WhenAll(sockets.Select((socket, i) => AskAsync(socket, nodes[i % nodes.Count], clock, due, warmUp, warmUp + time)));
        return LoadResult.Of([.. latencies.SelectMany(list => list)], time.TotalSeconds, failed, firstFailure);
    }

    private static async Task<Socket> ConnectAsync(Uri node)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(new IPEndPoint(IPAddress.Parse(node.Host), node.Port));
        return socket;
    }

    private async Task AskAsync(Socket socket, Uri node, Stopwatch clock, Schedule? due, TimeSpan from, TimeSpan until)
    {
        using var connection = socket;
        var ticks = new List<long>();
        latencies.Add(ticks);
        var (request, answer) = (new byte[1024], new byte[256 * 1024]);
        while (clock.Elapsed < until)
        {
            var started = due is null ? clock.Elapsed : await due.NextAsync();
            if (started >= until)
            {
                return;
            }

            var length = Write(request, node, Interlocked.Increment(ref next));
            await socket.SendAsync(request.AsMemory(0, length));
            if (await ReadAsync(socket, answer) is not { } read)
            {
                Fail("the connection broke");
                return;
            }

            var ended = clock.Elapsed;
            if (!IsDone(answer.AsSpan(0, read)))
            {
                Fail(Encoding.UTF8.GetString(answer, 0, read));
            }
            else if (ended >= from && ended < until)
            {
                ticks.Add((ended - started).Ticks);
            }
        }
    }

    private int Write(byte[] buffer, Uri node, long number)
    {
        var line = lines[(int)(number % lines.Count)];
        if (isRead)
        {
            var (key, path) = (line[..line.IndexOf(' ')], line[(line.IndexOf(' ') + 1)..]);
            return Encoding.ASCII.GetBytes($"GET {path} HTTP/1.1\r\nHost: {node.Authority}\r\nAuthorization: Bearer {key}\r\n\r\n", buffer);
        }

        // No hyphen in the key: digits on both sides of it could make a card's number, which is refused.
        const string body = """{"amount":1999,"currency":"EUR","payment_method":"tok_approve"}""";
        return Encoding.ASCII.GetBytes(
            $"POST /v1/payments HTTP/1.1\r\nHost: {node.Authority}\r\nAuthorization: Bearer {line}\r\nIdempotency-Key: {run}x{number}\r\n"
            + $"Content-Type: application/json\r\nContent-Length: {body.Length}\r\n\r\n{body}",
            buffer);
    }

    private static async ValueTask<int?> ReadAsync(Socket socket, byte[] buffer)
    {
        for (var length = 0; ;)
        {
            var read = await socket.ReceiveAsync(buffer.AsMemory(length));
            if (read == 0 || length + read == buffer.Length)
            {
                return null;
            }

            length += read;
            if (IsWhole(buffer.AsSpan(0, length)))
            {
                return length;
            }
        }
    }

    private static bool IsWhole(ReadOnlySpan<byte> answer)
    {
        var head = answer.IndexOf("\r\n\r\n"u8);
        if (head < 0)
        {
            return false;
        }

        var field = answer[..head].IndexOf("Content-Length: "u8);
        if (field < 0)
        {
            return answer.EndsWith("\r\n0\r\n\r\n"u8);
        }

        return Utf8Parser.TryParse(answer[(field + 16)..], out int length, out _) && answer.Length == head + 4 + length;
    }

    private bool IsDone(ReadOnlySpan<byte> answer) => isRead ? answer.StartsWith("HTTP/1.1 200"u8) : answer.StartsWith("HTTP/1.1 201"u8) && answer.IndexOf("\"status\":\"succeeded\""u8) > 0;

    private void Fail(string what)
    {
        Interlocked.Increment(ref failed);
        Interlocked.CompareExchange(ref firstFailure, what, null);
    }
}
