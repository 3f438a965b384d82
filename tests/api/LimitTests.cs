using System.Net.Sockets;
using System.Text;

namespace Payments.Tests.Api;

/// <summary>What no well-behaved client sends: written byte by byte.</summary>
public sealed class LimitTests(ApiHost api) : IClassFixture<ApiHost>
{
    [Theory]
    [InlineData("Idempotency-Key: a\r\nIdempotency-Key: b\r\n", "idempotency_key_invalid")]
    [InlineData("Idempotency-Key: schl\u00fcssel\r\n", "idempotency_key_invalid")]
    [InlineData("Idempotency-Key: a\u00ffb\r\n", "idempotency_key_invalid")]
    [InlineData("Idempotency-Key: \u007f\r\n", "idempotency_key_invalid")]
    [InlineData("Idempotency-Key:    \r\n", "idempotency_key_invalid")]
    public async Task Odd_idempotency_keys_are_named(string header, string code)
    {
        var answer = await RawAsync($"POST /v1/payments HTTP/1.1\r\n{Head}{header}Content-Type: application/json\r\nContent-Length: 2\r\n\r\n{{}}");
        Assert.StartsWith("HTTP/1.1 400", answer, StringComparison.Ordinal);
        Assert.Contains(code, answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Two_authorization_headers_are_no_key()
    {
        var answer = await RawAsync($"GET /v1/ledger/accounts HTTP/1.1\r\n{Head}Authorization: Bearer x\r\n\r\n");
        Assert.StartsWith("HTTP/1.1 401", answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Flood_of_headers_is_refused()
    {
        var many = string.Concat(Enumerable.Range(0, 100).Select(number => $"X-{number}: 1\r\n"));
        Assert.StartsWith("HTTP/1.1 431", await RawAsync($"GET /health/live HTTP/1.1\r\n{Head}{many}\r\n"), StringComparison.Ordinal);
        var large = $"X: {new string('x', 20_000)}\r\n";
        Assert.StartsWith("HTTP/1.1 431", await RawAsync($"GET /health/live HTTP/1.1\r\n{Head}{large}\r\n"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Slow_body_is_given_up_as_a_problem()
    {
        var answer = await RawAsync(
            $"POST /v1/payments HTTP/1.1\r\n{Head}Idempotency-Key: slow\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{{");
        Assert.StartsWith("HTTP/1.1 408", answer, StringComparison.Ordinal);
        Assert.Contains("\"outcome\":\"not_sent\",\"safe_to_retry\":true", answer, StringComparison.Ordinal);
    }

    private string Head => $"Host: {api.Address.Authority}\r\nConnection: close\r\nAuthorization: Bearer {api.FullKey}\r\n";

    private async Task<string> RawAsync(string request)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        using var client = new TcpClient();
        await client.ConnectAsync(api.Address.Host, api.Address.Port, patience.Token);
        await using var stream = client.GetStream();
        await stream.WriteAsync(Encoding.Latin1.GetBytes(request), patience.Token);
        using var reader = new StreamReader(stream, Encoding.Latin1);
        return await reader.ReadToEndAsync(patience.Token);
    }
}
