using System.Net;
using System.Text.Json;
using Payments.Tests.Support;

namespace Payments.Tests.Faults;

/// <summary>Clients retry, nodes are several, and nothing happens twice.</summary>
public sealed class OneKeyTests
{
    [Fact]
    public async Task Two_hundred_parallel_requests_with_one_key_over_three_nodes_make_one_payment_and_one_effect()
    {
        await using var system = await RunningSystem.StartAsync(nodes: 3);
        var clients = Enumerable.Range(0, 3).Select(system.Client).ToArray();
        foreach (var token in new[] { "tok_approve", "tok_lost_answer_charged", "tok_slow" })
        {
            var answers = await Task.WhenAll(Enumerable.Range(0, 200).Select(i => RunningSystem.PostAsync(
                clients[i % 3], "v1/payments", $"order {token}", new { amount = 1999, currency = "EUR", payment_method = token })));
            Assert.All(answers, answer => Assert.Contains(answer.Status, new[] { HttpStatusCode.Created, HttpStatusCode.Accepted }));
            Assert.Single(answers.Select(answer => answer.Body.GetProperty("id").GetString()).Distinct());
            Assert.Equal(199, answers.Count(answer => answer.Response.Headers.Contains("Idempotent-Replayed")));
        }

        await Eventually.BecomesAsync(0L, () => system.CountAsync("SELECT count(*) FROM payments WHERE next_action_at IS NOT NULL"), TimeSpan.FromSeconds(60));
        Assert.Equal(3, (await system.EffectsAsync()).Count);
        Assert.Equal(3, await system.CountAsync("SELECT count(*) FROM payments WHERE status = 'succeeded'"));
        Passed(await system.VerifyAsync());
    }

    [Fact]
    public async Task Fifty_parallel_refunds_over_two_nodes_never_give_back_more_than_was_taken()
    {
        await using var system = await RunningSystem.StartAsync(nodes: 2);
        var clients = Enumerable.Range(0, 2).Select(system.Client).ToArray();
        var charge = await RunningSystem.PostAsync(clients[0], "v1/payments", "order", new { amount = 1000, currency = "JPY", payment_method = "tok_approve" });
        Assert.Equal(HttpStatusCode.Created, charge.Status);
        var answers = await Task.WhenAll(Enumerable.Range(0, 50).Select(i => RunningSystem.PostAsync(
            clients[i % 2], $"v1/payments/{charge.Body.GetProperty("id").GetString()}/refunds", $"refund {i}", new { amount = 100 })));
        var accepted = answers.Count(answer => answer.Status is HttpStatusCode.Created or HttpStatusCode.Accepted);
        var busy = answers.Count(answer => answer.Status == HttpStatusCode.ServiceUnavailable);
        Assert.Equal(10, accepted);
        Assert.Equal(40 - busy, answers.Count(answer => answer.Status == HttpStatusCode.UnprocessableEntity && Code(answer.Body) == "refund_exceeds_payment"));
        await Eventually.BecomesAsync(0L, () => system.CountAsync("SELECT count(*) FROM payments WHERE next_action_at IS NOT NULL"), TimeSpan.FromSeconds(60));
        Assert.Equal(1000, (await system.EffectsAsync()).Where(effect => effect.GetProperty("kind").GetString() == "refund").Sum(effect => effect.GetProperty("amount").GetInt64()));
        Passed(await system.VerifyAsync());
    }

    private static string? Code(JsonElement problem) => problem.GetProperty("code").GetString();

    private static void Passed(Payments.Storage.Postgres.AuditReport report) => Assert.True(report.Passed, string.Join('\n', report.Breaches));
}
