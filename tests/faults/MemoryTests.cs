using System.Net;
using Payments.Tests.Support;

namespace Payments.Tests.Faults;

/// <summary>Payments that are over leave the node's memory. Takes minutes: <c>./test long</c> runs it.</summary>
[Trait("Length", "long")]
public sealed class MemoryTests
{
    private const int Payments = 100_000;
    private const int LimitInMegabytes = 600;

    [Fact]
    public async Task A_node_that_has_served_100_000_payments_stays_small()
    {
        await using var system = await RunningSystem.StartAsync(nodes: 1);
        using var client = system.Client(0);
        var next = 0;
        await Task.WhenAll(Enumerable.Range(0, 64).Select(async _ =>
        {
            while (Interlocked.Increment(ref next) is var number && number <= Payments)
            {
                var answer = await RunningSystem.PostAsync(client, "v1/payments", $"order {number}", new { amount = 1000, currency = "EUR", payment_method = "tok_approve" });
                Assert.Equal(HttpStatusCode.Created, answer.Status);
                answer.Response.Dispose();
            }
        }));
        var resident = File.ReadLines($"/proc/{system.NodeProcessId(0)}/status").Single(line => line.StartsWith("VmRSS:", StringComparison.Ordinal));
        var megabytes = long.Parse(resident.Split(' ', StringSplitOptions.RemoveEmptyEntries)[^2]) / 1024;
        Assert.InRange(megabytes, 1, LimitInMegabytes);
        Assert.Equal(Payments, await system.CountAsync("SELECT count(*) FROM payments WHERE status = 'succeeded'"));
        Assert.True((await system.VerifyAsync()).Passed);
    }
}
