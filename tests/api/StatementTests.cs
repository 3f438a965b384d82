using Payments.Domain;
using Payments.Storage;

namespace Payments.Tests.Api;

/// <summary>Accounts, statements, entries and balances over HTTP.</summary>
public sealed class StatementTests(ApiHost api) : IClassFixture<ApiHost>
{
    private static readonly DateTimeOffset At = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);
    private static readonly string Balance = $"merchant:{ApiHost.Merchant}:balance:EUR";

    [Fact]
    public async Task A_statement_is_read_as_the_accounts_owner_reads_it_and_goes_on_by_its_cursor()
    {
        Store();
        var path = $"/v1/ledger/accounts/{Balance}/entries?limit=1&from=2026-03-01T00:00:00Z&to=2026-03-02T00:00:00Z";
        var page = await api.SendAsync(HttpMethod.Get, path);
        Assert.Equal((-500, 1411, "refund_reserve"), ((long)page.Json["data"]![0]!["amount"]!, (long)page.Json["data"]![0]!["balance"]!, (string)page.Json["data"]![0]!["kind"]!));
        await api.SendAsync(HttpMethod.Get, $"{path}&cursor={page.Json["next_cursor"]}");
        Assert.Equal((At.Date, At.Date.AddDays(1), 2, 2), (api.Queries.StatementAsked!.Value.From!.Value.UtcDateTime, api.Queries.StatementAsked.Value.To!.Value.UtcDateTime, api.Queries.StatementAsked.Value.After, api.Queries.StatementAsked.Value.Limit));
    }

    [Fact]
    public async Task An_account_and_the_balance_are_shown_as_they_were()
    {
        Store();
        var account = await api.SendAsync(HttpMethod.Get, $"/v1/ledger/accounts/{Balance}?at=2026-03-01T12:00:00Z");
        Assert.Equal((1411, At), ((long)account.Json["balance"]!, api.Queries.At));
        var balance = await api.SendAsync(HttpMethod.Get, "/v1/balance");
        Assert.Equal("""{"object":"balance","balances":[{"currency":"EUR","available":1411,"refunds_in_transit":500,"payouts_in_transit":0,"in_dispute":0}]}""", balance.Body);
        Assert.Null(api.Queries.At);
    }

    [Fact]
    public async Task An_entry_is_shown_with_its_postings()
    {
        var entry = new EntryDetails(Ids.Charge(Guid.Empty), "charge", At, Guid.Empty, [new(Balance, -1911), new("gateway:simulator:receivable:EUR", 1911)]);
        api.Queries.Entries[entry.Id] = entry;
        var shown = await api.SendAsync(HttpMethod.Get, $"/v1/ledger/entries/{Ids.Format("je", entry.Id)}");
        Assert.Equal(("charge", 2, Balance, -1911), ((string)shown.Json["kind"]!, shown.Json["postings"]!.AsArray().Count, (string)shown.Json["postings"]![0]!["account"]!, (long)shown.Json["postings"]![0]!["amount"]!));
    }

    [Theory]
    [InlineData("accounts?at=now", "at")]
    [InlineData("trial_balance?at=yesterday", "at")]
    [InlineData("trial_balance?on=2026-03-01T12:00:00Z", "on", "parameter_unknown")]
    [InlineData("entries/je_00000000000000000000000000?at=2026-03-01T12:00:00Z", "at", "parameter_unknown")]
    [InlineData("accounts/{0}?at=now", "at")]
    [InlineData("accounts/{0}?at=", "at")]
    [InlineData("accounts/{0}/entries?from=2026-03-01", "from")]
    [InlineData("accounts/{0}/entries?from=2026-03-02T00:00:00Z&to=2026-03-01T00:00:00Z", "to")]
    [InlineData("accounts/{0}/entries?limit=0", "limit")]
    [InlineData("accounts/{0}/entries?limit=10000", "limit")]
    [InlineData("../balance?at=2026-13-01T00:00:00Z", "at")]
    public async Task Wrong_parameters_are_named(string path, string field, string code = "parameter_invalid")
    {
        Store();
        (await api.SendAsync(HttpMethod.Get, $"/v1/ledger/{string.Format(path, Balance)}")).Problem(400, code, field);
    }

    [Fact]
    public async Task Absent_and_foreign_accounts_are_the_same()
    {
        Store();
        foreach (var rest in new[] { "", "/entries" })
        {
            var answers = new List<Answer>();
            foreach (var id in new[] { $"merchant:{ApiHost.Merchant}:balance:USD", $"merchant:{ApiHost.OtherMerchant}:balance:EUR", "platform:fees:EUR" })
            {
                answers.Add(await api.SendAsync(HttpMethod.Get, $"/v1/ledger/accounts/{id}{rest}"));
            }

            answers[0].Problem(404, "account_not_found");
            Assert.All(answers, answer => Assert.Equal(answers[0].WithoutTrace(), answer.WithoutTrace()));
        }

        (await api.SendAsync(HttpMethod.Get, "/v1/ledger/entries/je_00000000000000000000000000")).Problem(404, "entry_not_found");
        (await api.SendAsync(HttpMethod.Get, "/v1/ledger/entries/nonsense")).Problem(404, "entry_not_found");
    }

    private void Store()
    {
        api.Queries.Accounts.Clear();
        api.Queries.Accounts.AddRange(
        [
            new(Balance, "EUR", GrowsByDebit: false, Minimum: null, Balance: -1411, Seq: 2),
            new($"merchant:{ApiHost.Merchant}:refunds_in_transit:EUR", "EUR", GrowsByDebit: false, Minimum: null, Balance: -500, Seq: 1),
            new($"merchant:{ApiHost.OtherMerchant}:balance:EUR", "EUR", GrowsByDebit: false, Minimum: null, Balance: -5, Seq: 1),
        ]);
        api.Queries.Statement.Clear();
        api.Queries.Statement.AddRange(
        [
            new(2, 500, -1411, Ids.Charge(Guid.Empty), "refund_reserve", At, null), new(1, -1911, -1911, Ids.Charge(Guid.Empty), "charge", At, Guid.Empty),
        ]);
    }
}
