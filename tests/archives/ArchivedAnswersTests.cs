using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Payments.Domain;
using Payments.Tests.Support;
using static Payments.Tests.Archives.ArchiveBook;

namespace Payments.Tests.Archives;

/// <summary>Over HTTP, what would need an archived month is gone (410), and says so; what does not is answered as ever, and never in part.</summary>
public sealed class ArchivedAnswersTests
{
    [Fact]
    public async Task What_would_need_an_archived_month_is_gone_and_nothing_else_is()
    {
        await using var system = await RunningSystem.StartAsync(1);
        // Nobody else writes or signs while months of history are made.
        await system.KillNodeAsync(0);
        await using var book = await BeginAsync(await system.Postgres.OwnerAsync(), await system.Postgres.AppAsync(), RunningSystem.MerchantId);
        await book.LiveThroughAsync(January, 1);
        await book.LiveThroughAsync(February, 11);
        await book.CloseAsync(January);
        await book.ArchiveAsync(January);
        await system.StartNodeAsync(0);

        using var merchant = system.Client(0);
        using var platform = system.OperatorClient(0);
        var old = Ids.Format(Ids.PaymentPrefix, book.Payment(1).Id);
        var declined = Ids.Format(Ids.PaymentPrefix, book.Payment(4).Id);
        var (oldEntry, newEntry) = (Ids.Format(Ids.EntryPrefix, OwnEntry(1)), Ids.Format(Ids.EntryPrefix, OwnEntry(11)));
        var lines = $"v1/ledger/accounts/{book.Balance}/entries";

        foreach (var gone in new[]
        {
            $"v1/payments/{old}/timeline", $"v1/payments/{declined}/timeline",
            lines, $"{lines}?to=2026-01-20T00:00:00Z", $"{lines}?from=2026-01-20T00:00:00Z", $"{lines}?from=2026-01-20T00:00:00Z&limit=1&to=2026-02-01T00:00:00Z",
            "v1/balance?at=2026-01-20T00:00:00Z", $"v1/ledger/accounts/{book.Balance}?at=2026-01-20T00:00:00Z", "v1/ledger/accounts?at=2026-01-20T00:00:00Z",
            "v1/ledger/trial_balance?at=2026-01-20T00:00:00Z", $"v1/ledger/entries/{oldEntry}",
        })
        {
            await GoneAsync(await merchant.GetAsync(gone), gone);
        }

        foreach (var gone in new[] { "v1/ledger/trial_balance?at=2026-01-20T00:00:00Z", "v1/reconciliation/summary?from=2026-01-20T00:00:00Z", "v1/reconciliation/summary?to=2026-01-20T00:00:00Z" })
        {
            await GoneAsync(await platform.GetAsync(gone), gone);
        }

        foreach (var there in new[]
        {
            $"v1/payments/{old}", $"v1/payments/{Ids.Format(Ids.PaymentPrefix, book.Payment(11).Id)}/timeline", $"{lines}?from=2026-02-01T00:00:00Z", $"{lines}?limit=2",
            "v1/balance", "v1/balance?at=2026-02-01T00:00:00Z", $"v1/ledger/accounts/{book.Balance}?at=2026-02-10T00:00:00Z", "v1/ledger/trial_balance?at=2026-02-10T00:00:00Z",
            "v1/ledger/trial_balance", $"v1/ledger/entries/{newEntry}",
        })
        {
            var response = await merchant.GetAsync(there);
            Assert.True(response.StatusCode == HttpStatusCode.OK, $"{there}: {(int)response.StatusCode} {await response.Content.ReadAsStringAsync()}");
        }

        foreach (var there in new[] { "v1/reconciliation/summary", "v1/reconciliation/summary?from=2026-02-01T00:00:00Z" })
        {
            Assert.Equal(HttpStatusCode.OK, (await platform.GetAsync(there)).StatusCode);
        }

        // The end of what left is where what is here begins.
        var opening = await JsonAsync(await merchant.GetAsync($"v1/ledger/accounts/{book.Balance}?at=2026-02-01T00:00:00Z"));
        var all = (await JsonAsync(await merchant.GetAsync($"{lines}?from=2026-02-01T00:00:00Z&limit=100"))).GetProperty("data").EnumerateArray().ToArray();
        var now = await JsonAsync(await merchant.GetAsync($"v1/ledger/accounts/{book.Balance}"));
        Assert.NotEqual(0, opening.GetProperty("balance").GetInt64());
        Assert.Equal(now.GetProperty("balance").GetInt64(), opening.GetProperty("balance").GetInt64() + all.Sum(line => line.GetProperty("amount").GetInt64()));

        await ReportsAsync(merchant);
        await GoneAsync((await RunningSystem.PostAsync(merchant, $"v1/ledger/entries/{oldEntry}/reversal", "r1", new { })).Response, "a reversal of what left");
        var (reversed, _, _) = await RunningSystem.PostAsync(merchant, $"v1/ledger/entries/{newEntry}/reversal", "r2", new { });
        Assert.Equal(HttpStatusCode.Created, reversed);
        var (charged, _, _) = await RunningSystem.PostAsync(merchant, "v1/payments", "new", new { amount = 1_000, currency = "EUR", payment_method = "tok_approve" });
        Assert.Equal(HttpStatusCode.Created, charged);
    }

    private static async Task ReportsAsync(HttpClient merchant)
    {
        foreach (var type in new[] { "fees", "payments", "balance_summary", "payout_reconciliation.itemized" })
        {
            await GoneAsync((await RunningSystem.PostAsync(merchant, "v1/reports", $"{type} 1", new { type, from = "2026-01-20T00:00:00Z" })).Response, type);
            await GoneAsync((await RunningSystem.PostAsync(merchant, "v1/reports", $"{type} 2", new { type })).Response, type);
        }

        var made = new List<(string Type, string Id)>();
        foreach (var type in new[] { "fees", "payments", "balance_summary", "payout_reconciliation.itemized", "unresolved_operations" })
        {
            var (status, body, _) = await RunningSystem.PostAsync(merchant, "v1/reports", $"{type} 3", new { type, from = "2026-02-01T00:00:00Z", to = "2026-03-01T00:00:00Z" });
            Assert.Equal(HttpStatusCode.Created, status);
            made.Add((type, body.GetProperty("id").GetString()!));
        }

        foreach (var (type, id) in made)
        {
            // The first payout that is here reconciles with the one before it, which has left.
            await Eventually.BecomesAsync(type == "payout_reconciliation.itemized" ? "failed archived" : "succeeded ", async () =>
            {
                var report = await JsonAsync(await merchant.GetAsync($"v1/reports/{id}"));
                return $"{report.GetProperty("status").GetString()} {report.GetProperty("failure_code")}";
            });
        }
    }

    private static async Task GoneAsync(HttpResponseMessage response, string what)
    {
        var text = await response.Content.ReadAsStringAsync();
        Assert.True(response.StatusCode == HttpStatusCode.Gone, $"{what}: {(int)response.StatusCode} {text}");
        Assert.Equal("application/problem+json", response.Content.Headers.ContentType?.MediaType);
        using var problem = JsonDocument.Parse(text);
        Assert.Equal(("archived", "urn:payments:problem:archived", "2026-01"), (
            problem.RootElement.GetProperty("code").GetString(), problem.RootElement.GetProperty("type").GetString(), problem.RootElement.GetProperty("archived_through").GetString()));
        Assert.Contains("2026-01", problem.RootElement.GetProperty("detail").GetString(), StringComparison.Ordinal);
    }

    private static Task<JsonElement> JsonAsync(HttpResponseMessage response) => response.Content.ReadFromJsonAsync<JsonElement>();
}
