using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Payments.Tests.Audits;
using Payments.Tests.Support;

namespace Payments.Tests.Tools;

/// <summary><c>payments periods</c> and <c>payments report</c> as people type them, rightly and wrongly.</summary>
public sealed class PeriodsAndReportsTests : IAsyncLifetime
{
    private TestDatabase database = null!;
    private CommandLine payments = null!;

    public async Task InitializeAsync()
    {
        database = await TestDatabase.MigratedAsync();
        var book = new SampleBook(database.Open());
        await book.BeginAsync();
        await book.WriteAsync(1, 30);
        payments = new(database);
    }

    public async Task DisposeAsync() => await database.DisposeAsync();

    [Fact]
    public async Task A_month_is_closed_and_its_reports_are_those_that_it_was_closed_with()
    {
        Assert.Contains("No month is closed yet", await payments.OkAsync("periods", "list"), StringComparison.Ordinal);
        Assert.Contains("2026-01 is closed.", await payments.OkAsync("periods", "close", "2026-01", "--by", "Ada [Counting]"), StringComparison.Ordinal);
        Assert.Contains("was closed already", await payments.OkAsync("periods", "close", "2026-01"), StringComparison.Ordinal);

        var csv = await payments.OkAsync("report", "trial-balance", "--at", "2026-01", "--format", "csv");
        var list = await payments.OkAsync("periods", "list");
        Assert.Contains("Ada [Counting]", list, StringComparison.Ordinal);
        Assert.Contains(Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(csv + "\n"))), list, StringComparison.Ordinal);

        using var lines = JsonDocument.Parse(await payments.OkAsync("report", "trial-balance", "--at", "2026-01", "--format", "json"));
        Assert.Equal(csv.Split('\n').Length - 1, lines.RootElement.GetArrayLength());
        Assert.Contains("gateway:simulator:receivable", await payments.OkAsync("report", "balance-sheet"), StringComparison.Ordinal);
        Assert.StartsWith("currency,section,account,amount\n", await payments.OkAsync("report", "balance-sheet", "--format", "csv"), StringComparison.Ordinal);
        Assert.Contains("platform:test_fees,EUR,charge,", await payments.OkAsync("report", "fee-income", "--from", "2026-01", "--format", "csv"), StringComparison.Ordinal);
        Assert.Equal("Nothing was posted then.", await payments.OkAsync("report", "fee-income", "--from", "2026-02", "--through", "2026-03"));
        Assert.Equal("Nothing was posted then.", await payments.OkAsync("report", "balance-sheet", "--mode", "live"));
    }

    [Theory]
    [InlineData("'2026-13' is no month", "periods", "close", "2026-13")]
    [InlineData("is not over", "periods", "close", "2199-01")]
    [InlineData("is no http address", "verify", "--simulator", "nowhere")]
    [InlineData("Could not find file", "settlement", "read", "/nowhere.csv", "--format", "stripe")]
    [InlineData("'bank' not recognized", "settlement", "read", "/nowhere.csv", "--format", "bank")]
    [InlineData("--by is a text", "periods", "close", "2026-01", "--by", "")]
    [InlineData("is neither a month", "report", "trial-balance", "--at", "yesterday")]
    [InlineData("is not over", "report", "balance-sheet", "--at", "2199-01-01T00:00:00Z")]
    [InlineData("is before --from", "report", "fee-income", "--from", "2026-02", "--through", "2026-01")]
    [InlineData("'--from' is required", "report", "fee-income")]
    public async Task A_mistake_gets_a_sentence_and_closes_nothing(string sentence, params string[] arguments)
    {
        var (code, _, error) = await payments.RunAsync(arguments);
        Assert.Equal(2, code);
        Assert.Contains(sentence, error, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", error, StringComparison.Ordinal);
        Assert.Equal(0, await database.ScalarAsync<long>("SELECT count(*) FROM period_closings"));
    }
}
