using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Text.Json;
using Payments.Tests.Support;

namespace Payments.Tests.Faults;

/// <summary>
/// A processor that loses answers before and after the effect, tells by webhooks that are doubled, shuffled and lost, and is down for a while, under
/// nodes that are killed: afterwards everything is final, and what the processor did and what we say it did are the same, one to one.
/// <c>./test faults</c> drives 20,000 payments through it.
/// </summary>
public sealed class ProcessorFaultsTests
{
    private static readonly int Payments = Setting("PAYMENTS_FAULT_PAYMENTS", 500);
    private static readonly int Kills = Setting("PAYMENTS_FAULT_KILLS", 2);
    private static readonly TimeSpan Down = TimeSpan.FromSeconds(Setting("PAYMENTS_FAULT_DOWN_SECONDS", 4));
    private static readonly int Clients = 48;

    private static readonly string[] Tokens =
    [
        "tok_approve", "tok_approve", "tok_approve", "tok_approve", "tok_approve", "tok_approve", "tok_approve", "tok_decline_stolen_card",
        "tok_pending_then_approve", "tok_pending_then_decline", "tok_disputed_won", "tok_disputed_lost", "tok_requires_action", "tok_unavailable_then_ok",
    ];

    [Fact]
    public async Task Whatever_the_processor_loses_doubles_and_shuffles_its_effects_and_ours_are_the_same()
    {
        await using var system = await RunningSystem.StartAsync(nodes: 2, RunningSystem.Impatient);
        await system.SetFaultsAsync(new
        {
            seed = 20261125,
            lost_before = 0.1,
            lost_after = 0.1,
            slow_answer = 0.05,
            slow_ms = 1_500,
            webhooks = "all",
            webhook_doubled = 0.4,
            webhook_lost = 0.05,
            webhook_delay_ms = 3_000,
        });
        var (made, started) = (0, TimeProvider.System.GetTimestamp());
        var told = new ConcurrentDictionary<string, string>();
        var work = Task.WhenAll(Enumerable.Range(0, Clients).Select(DriveAsync));
        for (var blow = 1; blow <= Kills + 1; blow++)
        {
            var target = Payments * blow / (Kills + 2);
            await Eventually.BecomesAsync(true, () => Task.FromResult(Volatile.Read(ref made) >= target || work.IsFaulted), TimeSpan.FromMinutes(10));
            if (blow == (Kills + 2) / 2)
            {
                Report.Progress($"the processor goes down for {Down.TotalSeconds:0} s");
                await system.TakeProcessorDownAsync(Down);
                continue;
            }

            Report.Progress($"node {blow % 2} is killed");
            await system.KillNodeAsync(blow % 2);
            Passed(await system.VerifyAsync(), "right behind a kill");
            await system.StartNodeAsync(blow % 2);
        }

        await work;
        await system.SetFaultsAsync(new { webhooks = "all" });
        Report.Progress("all are made; waiting until all is final");
        var patience = TimeSpan.FromMinutes(6);
        await system.BecomesEmptyAsync("SELECT o.kind, o.attempt, o.answer, o.code, o.next_action_at, p.status, p.payment_method FROM operations o JOIN payments p ON p.id = o.payment_id WHERE o.status = 'pending'", patience);
        await system.BecomesEmptyAsync("SELECT event_id, reason, tries, next_try_at FROM inbox WHERE state = 'received'", patience);

        // One to one: the audit compares every effect of the processor with ours, in both directions.
        var report = await system.VerifyAsync();
        Passed(report, "when all is final");
        Assert.NotEmpty(report.Effects);
        Assert.All(report.Effects, line => Assert.True(line.Agrees, $"{line}"));
        Assert.Equal(0, await system.CountAsync("SELECT count(*) FROM inbox WHERE state = 'flagged'"));
        Assert.Equal(Payments, await system.CountAsync("SELECT count(*) FROM payments"));
        Assert.Equal(0, await system.CountAsync("SELECT count(*) FROM payments WHERE status IN ('processing', 'requires_action')"));

        // What somebody was told as final stayed so.
        foreach (var (id, status) in told.Where(one => one.Value is not ("processing" or "requires_action")).Take(500))
        {
            Assert.Equal(status, await StatusAsync(system, id));
        }

        foreach (var (what, sql) in new[]
        {
            ("webhooks applied", "SELECT count(*) FROM inbox WHERE state = 'applied'"), ("webhooks that said nothing new", "SELECT count(*) FROM inbox WHERE state = 'nothing_new'"),
            ("payments decided by webhook", "SELECT count(DISTINCT payment_id) FROM inbox WHERE state = 'applied'"),
            ("disputes", "SELECT count(*) FROM operations WHERE kind = 'dispute'"), ("refunds that came back", "SELECT count(*) FROM operations WHERE kind = 'refund_failure'"),
            ("outcomes unknown for a while", "SELECT count(*) FROM payment_audit WHERE action = 'answer_unknown'"),
        })
        {
            var count = await system.CountAsync(sql);
            Report.Line($"faults: {what}: {count:N0}");
            Assert.True(count > 0, what);
        }

        Report.Line($"faults: {Payments:N0} payments, {Kills} kills, {TimeProvider.System.GetElapsedTime(started).TotalSeconds:0} s until all was final and audited");

        async Task DriveAsync(int client)
        {
            var dice = new Random(client);
            using var one = system.Client(0);
            using var other = system.Client(1);
            while (Interlocked.Increment(ref made) is var number && number <= Payments)
            {
                if (number % Math.Max(1, Payments / 100) == 0)
                {
                    Report.Progress($"{number:N0} of {Payments:N0} payments");
                }

                await LiveAsync([one, other], dice, number);
            }
        }

        async Task LiveAsync(HttpClient[] clients, Random dice, int number)
        {
            var (token, isManual) = (Tokens[dice.Next(Tokens.Length)], dice.Next(5) == 0);
            var amount = dice.Next(2, 500) * 100;
            var payment = await AskAsync(clients, dice, "v1/payments", $"order {number}", new { amount, currency = "EUR", payment_method = token, capture = isManual ? "manual" : "automatic" });
            if (payment.Text("status") == "requires_action")
            {
                await ActAsync(payment.Text("action_url"), dice.Next(4) > 0);
            }

            var path = $"v1/payments/{payment.Text("id")}";
            if (payment.Text("status") == "authorized")
            {
                await AskAsync(clients, dice, $"{path}/{(dice.Next(4) == 0 ? "cancel" : "captures")}", "rest", new { });
            }

            var status = payment.Text("status");
            told[payment.Text("id")] = status == "authorized" ? "processing" : status;
            if (status == "succeeded" && dice.Next(3) == 0)
            {
                // Amounts that end in 76 come back after they were made.
                await AskAsync(clients, dice, $"{path}/refunds", "back", new { amount = dice.Next(3) == 0 ? 176 : dice.Next(1, 200) });
            }
        }

        async Task ActAsync(string url, bool confirms)
        {
            using var http = new HttpClient();
            try
            {
                using var answer = await http.PostAsync(new Uri(url), new FormUrlEncodedContent([new("decision", confirms ? "approve" : "decline")]));
            }
            catch (HttpRequestException)
            {
                // The bank is down as well; the customer tries again, or the processor gives up.
            }
        }
    }

    // As a client should: the same key until there is an answer.
    private static async Task<Answer> AskAsync(HttpClient[] clients, Random dice, string path, string key, object body)
    {
        while (true)
        {
            try
            {
                var (status, answer, _) = await RunningSystem.PostAsync(clients[dice.Next(2)], path, key, body);
                if (status is HttpStatusCode.Created or HttpStatusCode.Accepted || (int)status is 409 or 422)
                {
                    return new(answer);
                }

                Assert.True(status == HttpStatusCode.ServiceUnavailable && answer.GetProperty("safe_to_retry").GetBoolean(), $"{status}: {answer}");
            }
            catch (Exception broken) when (broken is HttpRequestException or IOException or JsonException or OperationCanceledException)
            {
                // The node is down: somebody starts it again.
            }

            await Task.Delay(20);
        }
    }

    private static async Task<string> StatusAsync(RunningSystem system, string id)
    {
        using var client = system.Client(0);
        return new Answer(JsonSerializer.Deserialize<JsonElement>(await client.GetStringAsync($"v1/payments/{id}"))).Text("status");
    }

    // Says what is left when it does not become empty.
    private static void Passed(global::Payments.Storage.Postgres.AuditReport report, string when) =>
        Assert.True(report.Passed, $"{when}: {string.Join('\n', report.Breaches.Take(20))}");

    private static int Setting(string name, int fallback) =>
        Environment.GetEnvironmentVariable(name) is { Length: > 0 } text ? int.Parse(text, CultureInfo.InvariantCulture) : fallback;

    private readonly record struct Answer(JsonElement Body)
    {
        public string Text(string name) => Body.TryGetProperty(name, out var value) ? value.GetString() ?? "" : "";
    }
}
