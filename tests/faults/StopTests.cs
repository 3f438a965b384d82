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

    [Fact]
    public async Task A_node_that_hangs_and_comes_back_finds_its_payments_done_by_another_and_sends_nothing_twice()
    {
        await using var system = await RunningSystem.StartAsync(nodes: 2);
        using (var client = system.Client(0))
        {
            client.DefaultRequestHeaders.Add("Prefer", "respond-async");
            await Task.WhenAll(Enumerable.Range(0, 40).Select(i => RunningSystem.PostAsync(
                client, "v1/payments", $"order {i}", new { amount = 1000, currency = "EUR", payment_method = i % 2 == 0 ? "tok_slow" : "tok_lost_answer_charged" })));
        }

        await system.SignalNodeAsync(0, "STOP");
        try
        {
            // Claims of the hung node end; then the other one asks the processor.
            await Eventually.BecomesAsync(40L, () => system.CountAsync("SELECT count(*) FROM payments WHERE status = 'succeeded'"), TimeSpan.FromSeconds(90));
        }
        finally
        {
            await system.SignalNodeAsync(0, "CONT");
        }

        await system.StartNodeAsync(0); // it answers again, or its cluster had given it up and it starts anew
        using var client0 = system.Client(0);
        var again = await RunningSystem.PostAsync(client0, "v1/payments", "order 0", new { amount = 1000, currency = "EUR", payment_method = "tok_slow" });
        Assert.Equal((HttpStatusCode.Created, true), (again.Status, again.Response.Headers.Contains("Idempotent-Replayed")));
        Assert.Equal(40, (await system.EffectsAsync()).Count);
        var report = await system.VerifyAsync();
        Assert.True(report.Passed, string.Join('\n', report.Breaches));
    }
}
