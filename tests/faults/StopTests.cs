using System.Net;
using Payments.Tests.Support;

namespace Payments.Tests.Faults;

public sealed class StopTests
{
    [Fact]
    public async Task A_node_that_is_told_to_stop_ends_in_order_and_what_it_left_open_is_finished_by_the_next()
    {
        await using var system = await RunningSystem.StartAsync(nodes: 1);
        using (var client = system.Client(0))
        {
            client.DefaultRequestHeaders.Add("Prefer", "respond-async");
            var answers = await Task.WhenAll(Enumerable.Range(0, 30).Select(i => RunningSystem.PostAsync(
                client, "v1/payments", $"order {i}", new { amount = 1000, currency = "EUR", payment_method = i % 2 == 0 ? "tok_slow" : "tok_approve" })));
            Assert.All(answers, answer => Assert.Contains(answer.Status, new[] { HttpStatusCode.Accepted, HttpStatusCode.Created }));
        }

        Assert.Equal(0, await system.StopNodeAsync(0));
        var report = await system.VerifyAsync();
        Assert.True(report.Passed, string.Join('\n', report.Breaches));
        await system.StartNodeAsync(0);
        await Eventually.BecomesAsync(30L, () => system.CountAsync("SELECT count(*) FROM payments WHERE status = 'succeeded'"), TimeSpan.FromSeconds(60));
        Assert.Equal(30, (await system.EffectsAsync()).Count);
    }
}
