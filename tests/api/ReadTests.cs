using Payments.Domain;
using Payments.Grains;
using Payments.Storage;

namespace Payments.Tests.Api;

/// <summary>Reads: a payment, its timeline, the books, health.</summary>
public sealed class ReadTests(ApiHost api) : IClassFixture<ApiHost>
{
    private static readonly Guid Id = ApiHost.PaymentId("read");
    private static readonly string Path = $"/v1/payments/{Ids.Format("pay", Id)}";

    [Fact]
    public async Task Reading_a_payment_activates_nothing()
    {
        Store(PaymentStatus.Processing);
        var answer = await api.SendAsync(HttpMethod.Get, Path);
        Assert.Equal(200, (int)answer.Status);
        Assert.Equal("processing", (string?)answer.Json["status"]);
        Assert.Equal("2026-03-01T12:00:35Z", (string?)answer.Json["next_action_at"]);
        Assert.Null(answer.Header("Preference-Applied"));
        Assert.Empty(api.Grains.Activated);
    }

    [Theory]
    [InlineData("?wait=7", null, null)]
    [InlineData("", "wait=7", "wait=7")]
    public async Task Waiting_is_for_what_is_not_final(string query, string? prefer, string? applied)
    {
        Store(PaymentStatus.Processing);
        var waited = TimeSpan.Zero;
        api.Grains.Wait = (_, patience) =>
        {
            waited += patience;
            api.Time.Advance(patience);
            return Samples.Reply(ReplyKind.Accepted, Samples.Payment(Id, waited < TimeSpan.FromSeconds(7) ? PaymentStatus.Processing : PaymentStatus.Succeeded));
        };
        var answer = await api.SendAsync(HttpMethod.Get, Path + query, prefer: prefer);
        Assert.Equal("succeeded", (string?)answer.Json["status"]);
        Assert.Equal(applied, answer.Header("Preference-Applied"));

        Store(PaymentStatus.Declined);
        Assert.Equal("declined", (string?)(await api.SendAsync(HttpMethod.Get, Path + query, prefer: prefer)).Json["status"]);
        Assert.Empty(api.Grains.Activated);
    }

    [Fact]
    public async Task Failed_wait_shows_what_is_stored()
    {
        Store(PaymentStatus.Processing);
        api.Grains.Wait = (_, _) => throw new TimeoutException();
        var answer = await api.SendAsync(HttpMethod.Get, $"{Path}?wait=1");
        Assert.Equal(200, (int)answer.Status);
        Assert.Equal("processing", (string?)answer.Json["status"]);
    }

    [Fact]
    public async Task Every_word_of_the_timeline_has_a_meaning()
    {
        Store(PaymentStatus.Succeeded);
        var refund = Ids.Refund(ApiHost.Salt.AsSpan(), Mode.Test, Id, "r");
        api.Queries.Timeline.Clear();
        foreach (var (operation, what) in new[] { (Ids.Charge(Id), "charge"), (refund, "refund") })
        {
            api.Queries.Timeline.AddRange(Enum.GetValues<AuditAction>().Select(action => Item("audit", action.Name(), operation, what)));
            api.Queries.Timeline.AddRange(Enum.GetValues<EntryKind>().Select(kind => Item("entry", kind.Name(), operation, what)));
            api.Queries.Timeline.Add(Item("event", "payment.succeeded", operation, what));
        }

        var answer = await api.SendAsync(HttpMethod.Get, $"{Path}/timeline");
        Assert.Equal(200, (int)answer.Status);
        var items = answer.Json["data"]!.AsArray();
        Assert.Equal(["answer", "claim", "decision", "event", "notice", "posting", "query", "request", "send", "wait"], items.Select(item => (string?)item!["kind"]).Distinct().Order());
        Assert.All(items, item =>
        {
            var meaning = (string?)item!["meaning"];
            Assert.False(string.IsNullOrWhiteSpace(meaning));
            Assert.DoesNotContain("Recorded:", meaning, StringComparison.Ordinal);
            Assert.DoesNotContain('\n', meaning!);
        });
        Assert.Equal(Ids.Format("pay", Id), (string?)items[0]!["subject"]);
        Assert.Equal(Ids.Format("re", refund), (string?)items[^1]!["subject"]);
        Assert.Equal(Ids.ProcessorReference(refund), (string?)items[^1]!["operation"]);
    }

    [Fact]
    public async Task Accounts_are_paged_and_read_as_their_owner_reads_them()
    {
        api.Queries.Accounts.Clear();
        api.Queries.Accounts.AddRange(
        [
            new($"merchant:{ApiHost.Merchant}:balance:EUR", "EUR", GrowsByDebit: false, Minimum: 0, Balance: -1416, Seq: 2),
            new($"merchant:{ApiHost.Merchant}:refunds_in_transit:EUR", "EUR", GrowsByDebit: false, Minimum: 0, Balance: 0, Seq: 2),
            new("gateway:simulator:receivable:EUR", "EUR", GrowsByDebit: true, Minimum: null, Balance: 1499, Seq: 2),
        ]);
        var answer = await api.SendAsync(HttpMethod.Get, "/v1/ledger/accounts?limit=1");
        var next = (string?)answer.Json["next_cursor"];
        Assert.Equal(
            $$"""
            {"object":"list","data":[{"id":"merchant:{{ApiHost.Merchant}}:balance:EUR","object":"ledger_account","currency":"EUR","grows_by":"credit",
            "balance":1416,"minimum":0,"postings":2}],"has_more":true,"next_cursor":"{{next}}"}
            """.ReplaceLineEndings(""),
            answer.Body);
        Assert.Equal((ApiHost.Merchant, null, 2), api.Queries.AccountsAsked);
        await api.SendAsync(HttpMethod.Get, $"/v1/ledger/accounts?limit=1&cursor={next}");
        Assert.Equal((ApiHost.Merchant, $"merchant:{ApiHost.Merchant}:balance:EUR", 2), api.Queries.AccountsAsked);

        var all = await api.SendAsync(HttpMethod.Get, "/v1/ledger/accounts", key: api.Queries.AddKey(null, "operator"));
        Assert.False((bool?)all.Json["has_more"]);
        Assert.Equal(1499, (long?)all.Json["data"]![2]!["balance"]);
        Assert.Equal((null, null, 21), api.Queries.AccountsAsked);
    }

    [Theory]
    [InlineData(long.MaxValue, true)]
    [InlineData(1, false)]
    public async Task Trial_balance_is_balanced_only_when_every_currency_is(long credits, bool balanced)
    {
        api.Queries.TrialBalance.Clear();
        api.Queries.TrialBalance.AddRange(
        [
            new("gateway:simulator:receivable", "EUR", 5, 0), new("merchant:balance", "EUR", 0, 5),
            new("gateway:simulator:receivable", "JPY", long.MaxValue, 0), new("suspense", "JPY", long.MaxValue, 0),
            new("merchant:balance", "JPY", 0, long.MaxValue), new("platform:fees", "JPY", 0, credits),
        ]);
        var all = await api.SendAsync(HttpMethod.Get, "/v1/ledger/trial_balance", key: api.Queries.AddKey(null, "operator"));
        Assert.Equal(balanced, (bool?)all.Json["balanced"]);
        Assert.Equal("all", (string?)all.Json["covers"]);
        Assert.Equal(18446744073709551614m, (decimal?)all.Json["totals"]![1]!["debits"]);

        var own = await api.SendAsync(HttpMethod.Get, "/v1/ledger/trial_balance");
        Assert.Equal("merchant", (string?)own.Json["covers"]);
        Assert.Null((bool?)own.Json["balanced"]);
    }

    [Fact]
    public async Task Trial_balance_of_empty_books_is_balanced()
    {
        api.Queries.TrialBalance.Clear();
        var all = await api.SendAsync(HttpMethod.Get, "/v1/ledger/trial_balance", key: api.Queries.AddKey(null, "operator"));
        Assert.True((bool?)all.Json["balanced"]);
    }

    [Fact]
    public async Task Health_needs_no_key_and_tells_readiness()
    {
        Assert.Equal("""{"status":"ok"}""", (await api.SendAsync(HttpMethod.Get, "/health/live", key: null)).Body);
        Assert.Equal("""{"status":"ok"}""", (await api.SendAsync(HttpMethod.Get, "/health/ready", key: null)).Body);
        api.Queries.Failure = new InvalidOperationException("schema of yesterday");
        (await api.SendAsync(HttpMethod.Get, "/health/ready", key: null)).Problem(503, "not_ready", safeToRetry: true);
        Assert.Equal(200, (int)(await api.SendAsync(HttpMethod.Get, "/health/live", key: null)).Status);
        api.Queries.Failure = null;
    }

    private static TimelineItem Item(string kind, string name, Guid operation, string what) =>
        new(DateTimeOffset.UnixEpoch, kind, name, 1, operation, what, 2, "send", null, null, "succeeded", null, [new PostingRow("a:EUR", 5)]);

    private void Store(PaymentStatus status)
    {
        api.Grains.Reset();
        api.Queries.Payments[(ApiHost.Merchant, Id)] = Samples.Payment(Id, status);
    }
}
