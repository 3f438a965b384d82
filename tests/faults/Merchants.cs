using System.Collections.Concurrent;
using System.Net;
using System.Text.Json;
using Payments.Tests.Support;

namespace Payments.Tests.Faults;

/// <summary>Merchants under whose hands the system is killed: they charge and refund, and whatever happens send the same key again until there is an answer.</summary>
internal sealed class Merchants
{
    private static readonly string[] Tokens =
    [
        "tok_approve", "tok_approve", "tok_approve", "tok_decline_insufficient_funds", "tok_decline_stolen_card", "tok_lost_answer_charged",
        "tok_lost_answer_not_charged", "tok_unavailable_then_ok",
    ];

    private readonly ConcurrentDictionary<string, string> acknowledged = []; // payment id -> the last status that somebody was told
    private readonly CancellationTokenSource stop = new();
    private readonly Task all;
    private int answered;

    /// <param name="clients">The ways in; each request takes one of them.</param>
    public Merchants(int count, Func<HttpClient[]> clients) => all = Task.WhenAll(Enumerable.Range(0, count).Select(i => DriveAsync(i, clients())));

    /// <summary>Waits until so many more payments were answered.</summary>
    public async Task ProgressAsync(int more)
    {
        var target = Volatile.Read(ref answered) + more;
        await Eventually.BecomesAsync(true, () => Task.FromResult(Volatile.Read(ref answered) >= target || all.IsFaulted), TimeSpan.FromSeconds(60));
        if (all.IsFaulted)
        {
            await all;
        }
    }

    public async Task StopAsync()
    {
        await stop.CancelAsync();
        await all;
    }

    /// <summary>What was acknowledged is durable: every payment that a merchant was told of exists, and a final word stayed the word.</summary>
    public async Task AssertKeptAsync(HttpClient client)
    {
        Assert.NotEmpty(acknowledged);
        foreach (var (id, told) in acknowledged)
        {
            var payment = await client.GetAsync(new Uri($"v1/payments/{id}", UriKind.Relative));
            Assert.Equal(HttpStatusCode.OK, payment.StatusCode);
            var status = JsonSerializer.Deserialize<JsonElement>(await payment.Content.ReadAsStringAsync()).GetProperty("status").GetString();
            Assert.True(told == "processing" || told == status, $"{id}: told {told}, now {status}");
        }
    }

    private async Task DriveAsync(int merchant, HttpClient[] clients)
    {
        var dice = new Random(merchant);
        for (var i = 0; !stop.IsCancellationRequested; i++)
        {
            var order = new { amount = dice.Next(1, 5000) * 10, currency = "EUR", payment_method = Tokens[dice.Next(Tokens.Length)] };
            if (await UntilAnsweredAsync(clients, dice, "v1/payments", $"order {merchant} {i}", order) is not { } payment)
            {
                continue;
            }

            var (id, status) = (payment.GetProperty("id").GetString()!, payment.GetProperty("status").GetString()!);
            acknowledged[id] = status;
            Interlocked.Increment(ref answered);
            if (status == "succeeded" && dice.Next(3) == 0)
            {
                await UntilAnsweredAsync(clients, dice, $"v1/payments/{id}/refunds", "back", new { amount = dice.Next(1, (int)order.amount + 1) });
            }
        }
    }

    private async Task<JsonElement?> UntilAnsweredAsync(HttpClient[] clients, Random dice, string path, string key, object body)
    {
        while (!stop.IsCancellationRequested)
        {
            try
            {
                var (status, answer, _) = await RunningSystem.PostAsync(clients[dice.Next(clients.Length)], path, key, body);
                if (status is HttpStatusCode.Created or HttpStatusCode.Accepted)
                {
                    return answer;
                }

                Assert.True(status == HttpStatusCode.ServiceUnavailable && answer.GetProperty("safe_to_retry").GetBoolean(), $"{status}: {answer}");
                await Task.Delay(20);
            }
            catch (Exception broken) when (broken is HttpRequestException or IOException or JsonException or OperationCanceledException)
            {
                await Task.Delay(20); // the node is down: somebody starts it again
            }
        }

        return null;
    }
}
