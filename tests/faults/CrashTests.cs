using System.Collections.Concurrent;
using System.Net;
using System.Text.Json;
using Payments.Tests.Support;

namespace Payments.Tests.Faults;

/// <summary>kill -9 of nodes and of PostgreSQL at random moments under load: the audit passes at once, and everything comes to its end.</summary>
public sealed class CrashTests
{
    private const int Crashes = 20;

    private static readonly string[] Tokens =
    [
        "tok_approve", "tok_approve", "tok_approve", "tok_decline_insufficient_funds", "tok_decline_stolen_card", "tok_lost_answer_charged",
        "tok_lost_answer_not_charged", "tok_unavailable_then_ok",
    ];

    [Fact]
    public async Task Whatever_is_killed_and_whenever_the_books_are_right_at_once_and_every_payment_ends()
    {
        await using var system = await RunningSystem.StartAsync(nodes: 2, RunningSystem.Impatient);
        var random = new Random(20261123);
        var acknowledged = new ConcurrentDictionary<string, string>(); // payment id -> the last status that somebody was told
        using var stop = new CancellationTokenSource();
        var progress = 0;
        var merchants = Enumerable.Range(0, 16).Select(i => DriveAsync(i)).ToArray();

        for (var crash = 0; crash < Crashes; crash++) // each at another moment
        {
            var target = Volatile.Read(ref progress) + random.Next(10, 150);
            await Eventually.BecomesAsync(true, () => Task.FromResult(Volatile.Read(ref progress) >= target), TimeSpan.FromSeconds(60));
            switch (crash % 4)
            {
                case 3:
                    await system.Postgres.KillAsync();
                    await system.Postgres.StartAgainAsync();
                    break;
                case 2:
                    await Task.WhenAll(system.KillNodeAsync(0), system.KillNodeAsync(1), system.Postgres.KillAsync());
                    await system.Postgres.StartAgainAsync();
                    break;
                default:
                    await system.KillNodeAsync(crash % 2);
                    break;
            }

            await VerifyAsync(system); // at once: before anything was restarted or repaired
            await Task.WhenAll(system.StartNodeAsync(0), system.StartNodeAsync(1));
        }

        await stop.CancelAsync();
        await Task.WhenAll(merchants);
        await system.BecomesEmptyAsync(
            """
            SELECT p.id, p.status, p.payment_method, p.next_action_at, o.kind, o.attempt, o.answer, o.code
                FROM payments p LEFT JOIN operations o ON o.payment_id = p.id AND o.status = 'pending' WHERE p.next_action_at IS NOT NULL
            """,
            TimeSpan.FromSeconds(60));
        await VerifyAsync(system);

        // What was acknowledged is durable: every payment that a merchant was told of exists, and a final word stayed the word.
        Assert.True(acknowledged.Count > Crashes);
        using var client = system.Client(0);
        foreach (var (id, told) in acknowledged)
        {
            var payment = await client.GetAsync(new Uri($"v1/payments/{id}", UriKind.Relative));
            Assert.Equal(HttpStatusCode.OK, payment.StatusCode);
            var status = JsonSerializer.Deserialize<JsonElement>(await payment.Content.ReadAsStringAsync()).GetProperty("status").GetString();
            Assert.True(told == "processing" || told == status, $"{id}: told {told}, now {status}");
        }

        async Task DriveAsync(int merchant)
        {
            var dice = new Random(merchant);
            var clients = new[] { system.Client(0), system.Client(1) };
            for (var i = 0; !stop.IsCancellationRequested; i++)
            {
                var order = new { amount = dice.Next(1, 5000) * 10, currency = "EUR", payment_method = Tokens[dice.Next(Tokens.Length)] };
                if (await UntilAnsweredAsync(clients, dice, "v1/payments", $"order {merchant} {i}", order) is not { } payment)
                {
                    continue;
                }

                var (id, status) = (payment.GetProperty("id").GetString()!, payment.GetProperty("status").GetString()!);
                acknowledged[id] = status;
                Interlocked.Increment(ref progress);
                if (status == "succeeded" && dice.Next(3) == 0)
                {
                    await UntilAnsweredAsync(clients, dice, $"v1/payments/{id}/refunds", "back", new { amount = dice.Next(1, (int)order.amount + 1) });
                }
            }
        }

        // As a merchant's client should: whatever happened, send the same key again until there is an answer.
        async Task<JsonElement?> UntilAnsweredAsync(HttpClient[] clients, Random dice, string path, string key, object body)
        {
            while (!stop.IsCancellationRequested)
            {
                try
                {
                    var (status, answer, _) = await RunningSystem.PostAsync(clients[dice.Next(2)], path, key, body);
                    if (status is HttpStatusCode.Created or HttpStatusCode.Accepted)
                    {
                        return answer;
                    }

                    Assert.True(status == HttpStatusCode.ServiceUnavailable && answer.GetProperty("safe_to_retry").GetBoolean(), $"{status}: {answer}");
                }
                catch (Exception broken) when (broken is HttpRequestException or IOException or JsonException or OperationCanceledException)
                {
                    await Task.Delay(20); // the node is down: somebody starts it again
                }
            }

            return null;
        }
    }

    private static async Task VerifyAsync(RunningSystem system)
    {
        var report = await system.VerifyAsync();
        Assert.True(report.Passed, string.Join('\n', report.Breaches));
        Assert.Equal(0, await system.CountAsync(
            "SELECT count(*) FROM payments WHERE (status = 'processing' OR refunds_in_flight > 0) AND next_action_at IS NULL"));
    }
}
