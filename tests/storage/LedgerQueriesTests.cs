using Payments.Storage;
using Payments.Storage.Postgres;
using Payments.Tests.Audits;
using Payments.Tests.Support;

namespace Payments.Tests.Storage;

/// <summary>The books as they were, on the real PostgreSQL.</summary>
public sealed class LedgerQueriesTests : IAsyncLifetime
{
    private TestDatabase database = null!;
    private SampleBook book = null!;
    private LedgerQueries queries = null!;

    public async Task InitializeAsync()
    {
        database = await TestDatabase.MigratedAsync();
        book = new(database.Open());
        await book.BeginAsync();
        await book.WriteAsync(1, 120);
        queries = new(Connections.ForReading(database.App));
    }

    public async Task DisposeAsync() => await database.DisposeAsync();

    [Fact]
    public async Task At_every_instant_the_balance_is_what_the_latest_posting_until_then_left()
    {
        var account = $"merchant:{book.Merchant}:balance:EUR";
        var lines = await queries.StatementAsync(book.Merchant, account, null, null, null, 1000, default);
        Assert.True(lines.Count > 20);
        Assert.Equal(Enumerable.Range(1, lines.Count).Reverse().Select(seq => (long)seq), lines.Select(line => line.Seq));
        Assert.Equal(lines[0].BalanceAfter, (await queries.AccountAsync(book.Merchant, account, null, default))!.Balance);
        foreach (var instant in lines.Select(line => line.PostedAt).Distinct())
        {
            var at = await queries.AccountAsync(book.Merchant, account, instant, default);
            var latest = lines.First(line => line.PostedAt <= instant);
            Assert.Equal((latest.BalanceAfter, latest.Seq), (at!.Balance, at.Seq));
            var range = await queries.StatementAsync(book.Merchant, account, instant, instant.AddSeconds(1), null, 1000, default);
            Assert.Equal(lines.Where(line => line.PostedAt >= instant && line.PostedAt < instant.AddSeconds(1)), range);
        }

        var before = await queries.AccountAsync(book.Merchant, account, lines[^1].PostedAt.AddSeconds(-1), default);
        Assert.Equal((0, 0), (before!.Balance, before.Seq));
    }

    [Fact]
    public async Task At_every_instant_the_trial_balance_is_balanced_and_equals_the_accounts_then()
    {
        var instants = (await queries.StatementAsync(book.Merchant, $"merchant:{book.Merchant}:balance:EUR", null, null, null, 1000, default))
            .Select(line => (DateTimeOffset?)line.PostedAt).Distinct().Append(null);
        foreach (var instant in instants)
        {
            var lines = await queries.TrialBalanceAsync(null, instant, default);
            Assert.All(lines.GroupBy(line => line.Currency), currency => Assert.Equal(currency.Sum(line => (decimal)line.Debits), currency.Sum(line => (decimal)line.Credits)));
            var own = (await queries.TrialBalanceAsync(book.Merchant, instant, default)).Sum(line => (decimal)(line.Debits - line.Credits));
            Assert.Equal((await queries.AccountsAsync(book.Merchant, instant, null, 1000, default)).Sum(account => account.Balance), own);
        }
    }

    [Fact]
    public async Task A_statement_goes_on_where_it_ended_while_more_is_posted()
    {
        var account = $"merchant:{book.Merchant}:balance:EUR";
        var all = await queries.StatementAsync(book.Merchant, account, null, null, null, 1000, default);
        var paged = new List<StatementLine>();
        long? after = null;
        for (var i = 1000; await queries.StatementAsync(book.Merchant, account, null, null, after, 7, default) is { Count: > 0 } page; i += 10)
        {
            paged.AddRange(page);
            after = page[^1].Seq;
            await book.WriteAsync(i, 10);
        }

        Assert.Equal(all, paged);
    }

    [Fact]
    public async Task An_entry_is_shown_whole_and_to_its_merchant_alone()
    {
        var line = (await queries.StatementAsync(null, $"merchant:{book.Merchant}:balance:EUR", null, null, null, 1, default)).Single();
        var entry = await queries.EntryAsync(book.Merchant, line.EntryId, default);
        Assert.Equal(0, entry!.Postings.Sum(posting => posting.Amount));
        Assert.Equal(line.Kind, entry.Kind);
        const string stranger = "mer_00000000000000000000000002";
        Assert.Null(await queries.EntryAsync(stranger, line.EntryId, default));
        Assert.Null(await queries.AccountAsync(stranger, $"merchant:{book.Merchant}:balance:EUR", null, default));
        Assert.Empty(await queries.StatementAsync(stranger, $"merchant:{book.Merchant}:balance:EUR", null, null, null, 10, default));
        Assert.Empty(await queries.AccountsAsync(stranger, null, null, 100, default));
    }
}
