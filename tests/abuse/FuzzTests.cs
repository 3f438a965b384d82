using System.Collections.Concurrent;
using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Payments.Domain;
using Payments.Storage.Postgres;
using Payments.Tests.Support;
using Xunit.Abstractions;

namespace Payments.Tests.Abuse;

/// <summary>Thousands of wrong requests to the real system: each is refused by name, none has an effect, none hangs, and the books stay whole.</summary>
public sealed class FuzzTests(ITestOutputHelper output)
{
    private const string Stored =
        """
        SELECT (SELECT count(*) FROM payments) + (SELECT count(*) FROM operations) + (SELECT count(*) FROM journal_entries) + (SELECT count(*) FROM events)
            + (SELECT count(*) FROM own_entries) + (SELECT count(*) FROM merchants) + (SELECT count(*) FROM api_keys) + (SELECT count(*) FROM accounts)
            + (SELECT count(*) FROM inbox) + (SELECT count(*) FROM operation_decisions) + (SELECT count(*) FROM gateway_drains)
            + (SELECT count(*) FROM api_keys WHERE revoked_at IS NOT NULL OR expires_at IS NOT NULL) + (SELECT coalesce(sum(minimum), 0)::bigint FROM accounts)
            + (SELECT count(*) FROM reports) + (SELECT count(*) FROM report_chunks)
            + (SELECT count(*) FROM payouts) + (SELECT count(*) FROM payout_settings) + (SELECT count(*) FROM settlement_files)
        """;

    [Fact]
    public async Task No_wrong_request_has_an_effect_or_an_answer_that_hides_what_happened()
    {
        var count = Setting("PAYMENTS_FUZZ_REQUESTS", 5_000);
        var seed = Setting("PAYMENTS_FUZZ_SEED", 1);
        output.WriteLine($"{count} requests from seed {seed}; PAYMENTS_FUZZ_SEED={seed} makes them again.");
        await using var system = await RunningSystem.StartAsync(nodes: 1);
        using var client = new HttpClient(new SocketsHttpHandler { RequestHeaderEncodingSelector = (_, _) => System.Text.Encoding.Latin1 })
        {
            BaseAddress = system.Addresses[0],
            Timeout = TimeSpan.FromSeconds(15),
        };
        var (operatorKey, known, foreign) = await PrepareAsync(system);
        var document = JsonNode.Parse(await client.GetStringAsync(new Uri("openapi/v1.json", UriKind.Relative)))!;
        var fuzzer = new Fuzzer(document, seed, known, system.SecretKey, operatorKey, foreign);
        var (before, effects) = (await system.CountAsync(Stored), (await system.EffectsAsync()).Count);

        var wrong = new ConcurrentQueue<string>();
        var codes = new ConcurrentDictionary<string, int>();
        await Parallel.ForEachAsync(Enumerable.Range(0, count), new ParallelOptions { MaxDegreeOfParallelism = 8 }, async (number, _) =>
        {
            var request = fuzzer.Make(number);
            var (complaint, code) = await SendAsync(client, request);
            codes.AddOrUpdate(code, 1, static (_, n) => n + 1);
            if (complaint is not null)
            {
                wrong.Enqueue($"{complaint}: {request}");
            }
        });

        output.WriteLine(string.Join('\n', codes.OrderByDescending(code => code.Value).Select(code => $"{code.Value,8} {code.Key}")));
        Assert.True(wrong.IsEmpty, $"seed {seed}, {wrong.Count} requests:\n{string.Join("\n\n", wrong.Take(20))}");
        Assert.True(codes.Count >= 20, "the fuzzer reaches few rules");
        Assert.Equal((before, effects), (await system.CountAsync(Stored), (await system.EffectsAsync()).Count));
        var report = await system.VerifyAsync();
        Assert.True(report.Passed, string.Join('\n', report.Breaches));
    }

    // A problem that says what is known of the money and whether to send it again; that nothing was sent is checked at the end.
    private static async Task<(string? Complaint, string Code)> SendAsync(HttpClient client, BadRequest request, int tries = 3)
    {
        try
        {
            using var message = request.ToMessage();
            using var response = await client.SendAsync(message);
            var text = await response.Content.ReadAsStringAsync();
            var status = (int)response.StatusCode;
            if (status is < 400 or >= 500)
            {
                return ($"answered {status} {text}", $"{status}");
            }

            // What is no HTTP, the web server turns away before any of our code is asked.
            if (text.Length == 0 && status == 400)
            {
                return (null, "400 of the web server");
            }

            var problem = JsonNode.Parse(text)!;
            var code = (string?)problem["code"] ?? "";
            var isWhole = response.Content.Headers.ContentType?.MediaType == "application/problem+json" && code.Length > 0 && (int?)problem["status"] == status
                && (string?)problem["outcome"] == "not_sent" && (bool?)problem["safe_to_retry"] is not null && (string?)problem["detail"] is { Length: > 0 };
            if (!request.Expects(status, code))
            {
                return ($"answered {status} {code}, of which the document says nothing", code);
            }

            var repeatsCard = text.Contains("4242424242424242", StringComparison.Ordinal);
            return (isWhole && !repeatsCard ? null : $"answered {status} {text}", code);
        }
        catch (HttpRequestException) when (tries > 1)
        {
            // After a refused body the server closes the connection, and another request may just have been put on it.
            return await SendAsync(client, request, tries - 1);
        }
        catch (Exception failure) when (failure is TaskCanceledException or HttpRequestException or System.Text.Json.JsonException)
        {
            return ($"{failure.GetType().Name} {failure.Message}", failure.GetType().Name);
        }
    }

    // Things that are there, so that wrong requests reach them.
    private static async Task<(string OperatorKey, Dictionary<string, string> Known, string Foreign)> PrepareAsync(RunningSystem system)
    {
        await using var database = Npgsql.NpgsqlDataSource.Create(await system.Postgres.AppAsync());
        var store = new MerchantStore(database, TimeProvider.System);
        var operatorKey = (await store.CreateKeyAsync(MerchantStore.NewId(), null, null, ["operator"], null, CancellationToken.None))!.Secret!;
        var other = (await store.CreateMerchantAsync(MerchantStore.NewId(), "Other", Mode.Test, default, null, CancellationToken.None)).Merchant.Id;
        var otherKey = (await store.CreateKeyAsync(MerchantStore.NewId(), other, null, ["read", "write"], null, CancellationToken.None))!;
        using var client = system.Client(0);
        using var stranger = system.Client(0);
        stranger.DefaultRequestHeaders.Authorization = new("Bearer", otherKey.Secret);
        var held = await RunningSystem.PostAsync(client, "v1/payments", "held", new { amount = 10_000, currency = "EUR", payment_method = "tok_approve", capture = "manual" });
        var id = held.Body.GetProperty("id").GetString()!;
        var capture = await RunningSystem.PostAsync(client, $"v1/payments/{id}/captures", "capture", new { amount = 5_000, final = false });
        var refund = await RunningSystem.PostAsync(client, $"v1/payments/{id}/refunds", "refund", new { amount = 100 });
        var foreign = await RunningSystem.PostAsync(stranger, "v1/payments", "foreign", new { amount = 500, currency = "EUR", payment_method = "tok_approve" });
        var account = $"merchant:{RunningSystem.MerchantId}:assets:till:EUR";
        (await client.PutAsJsonAsync($"v1/ledger/accounts/{account}", new { minimum = 0 })).EnsureSuccessStatusCode();
        var entry = await RunningSystem.PostAsync(
            client, "v1/ledger/entries", "entry", new { postings = new[] { new { account, amount = 5 }, new { account, amount = -5 } } });
        var report = await RunningSystem.PostAsync(client, "v1/reports", "report", new { type = "balance_summary" });
        await system.BecomesEmptyAsync("SELECT id FROM reports WHERE status <> 'succeeded'", TimeSpan.FromSeconds(20));
        var known = new Dictionary<string, string>
        {
            ["break_id"] = "brk_00000000000000000000000000",
            ["report"] = report.Body.GetProperty("id").GetString()!,
            ["id"] = id,
            ["payout"] = Ids.Format(Ids.PayoutPrefix, Guid.Empty),
            ["currency"] = "EUR",
            ["capture"] = capture.Body.GetProperty("id").GetString()!,
            ["cancellation"] = Ids.Format(Ids.CancellationPrefix, Guid.Empty),
            ["refund"] = refund.Body.GetProperty("id").GetString()!,
            ["account"] = account,
            ["entry"] = entry.Body.GetProperty("id").GetString()!,
            ["merchant"] = other,
            ["gateway"] = "simulator",
            ["operation"] = Ids.TryParse(Ids.PaymentPrefix, id, out var payment) ? Ids.ProcessorReference(Ids.Charge(payment)) : "",
            ["key"] = Ids.Format(Ids.KeyPrefix, otherKey.Key.Id),
        };
        return (operatorKey, known, foreign.Body.GetProperty("id").GetString()!);
    }

    private static int Setting(string name, int otherwise) =>
        int.TryParse(Environment.GetEnvironmentVariable(name), NumberStyles.None, CultureInfo.InvariantCulture, out var value) ? value : otherwise;
}
