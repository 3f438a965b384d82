using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Payments.Tests.Audits;
using Payments.Tests.Support;

namespace Payments.Tests.Tools;

/// <summary><c>payments periods</c>, <c>report</c> and <c>settlement</c> as people type them, rightly and wrongly.</summary>
public sealed class AccountantsCommandsTests : IAsyncLifetime
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
        Assert.StartsWith("Nothing was posted then", await payments.OkAsync("report", "fee-income", "--from", "2026-02", "--through", "2026-03"), StringComparison.Ordinal);
        Assert.StartsWith("Nothing was posted then", await payments.OkAsync("report", "balance-sheet", "--mode", "live"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Any_report_is_written_to_standard_output_or_a_file()
    {
        var merchant = await database.ScalarAsync<string>("SELECT id FROM merchants");
        var file = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());
        string[] run = ["report", "run", "payments", "--merchant", merchant, "--to", "2026-02-01", "--columns", "currency,net"];
        var csv = await payments.OkAsync(run);
        Assert.StartsWith("currency,net\nEUR,", csv, StringComparison.Ordinal);
        var (code, _, told) = await payments.RunAsync([.. run, "--output", file]);
        Assert.Equal((0, csv + "\n"), (code, await File.ReadAllTextAsync(file)));
        Assert.Contains($"{csv.Split('\n').Length - 1:N0} rows, as of 2026-01-31T23:59:59.999999Z, SHA-256 {Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(csv + "\n")))}.", told, StringComparison.Ordinal);
        Assert.Contains("exists", await RefusedAsync([.. run, "--output", file]), StringComparison.Ordinal);
        File.Delete(file);
        using var all = JsonDocument.Parse(await payments.OkAsync("report", "run", "trial_balance", "--format", "json"));
        Assert.NotEqual(0, all.RootElement.GetArrayLength());
    }

    [Fact]
    public async Task A_settlement_file_is_imported_once_and_a_broken_one_not_at_all()
    {
        var file = Path.GetTempFileName();
        const string Header = "balance_transaction_id,created_utc,currency,gross,fee,net,reporting_category";
        await File.WriteAllTextAsync(file, $"{Header}\ntxn_1,2026-10-01 12:00:00,eur,10.00,0.50,9.50,charge\ntxn_2,2026-10-01 12:00:00,jpy,-1000,0,-1000,refund\n");
        string[] import = ["settlement", "import", file, "--format", "stripe", "--gateway", "simulator", "--name", "october.csv", "--by", "Ada"];
        Assert.StartsWith("No file is imported yet", await payments.OkAsync("settlement", "list"), StringComparison.Ordinal);
        Assert.Contains("-1,000", await payments.OkAsync("settlement", "read", file, "--format", "stripe"), StringComparison.Ordinal);
        Assert.Equal("Imported 2 lines of october.csv.", await payments.OkAsync(import));
        Assert.StartsWith("Nothing changed: this file was imported already as october.csv", await payments.OkAsync([.. import[..^4], "--name", "again"]), StringComparison.Ordinal);
        Assert.Contains("Ada", await payments.OkAsync("settlement", "list"), StringComparison.Ordinal);
        Assert.Equal("-1000 refund", await database.ScalarAsync<string>("SELECT gross || ' ' || kind FROM settlement_lines WHERE currency = 'JPY'"));

        await File.AppendAllTextAsync(file, "txn_3,2026-10-01 12:00:00,eur,1.00,0.00,1.00,charge\n");
        Assert.Contains("another content was imported", await RefusedAsync(import), StringComparison.Ordinal);
        await File.AppendAllTextAsync(file, "txn_4,2026-10-01 12:00:00,eur,1.00,0.00,1.01,charge\n");
        Assert.Equal("payments: line 5: net is 1.01 EUR, and gross less fee is 1.00 EUR.", await RefusedAsync([.. import[..^4], "--name", "november.csv"]));
        Assert.Contains("No payment was ever made", await RefusedAsync("settlement", "import", file, "--format", "stripe", "--gateway", "strip"), StringComparison.Ordinal);
        Assert.Equal(2, await database.ScalarAsync<long>("SELECT count(*) FROM settlement_lines"));
        Assert.Equal(1, await database.ScalarAsync<long>("SELECT count(*) FROM settlement_files"));
        File.Delete(file);
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
    [InlineData("not recognized", "report", "run", "gossip")]
    [InlineData("There is no merchant", "report", "run", "payments", "--merchant", "mer_x")]
    [InlineData("type must be one of", "report", "run", "trial_balance", "--merchant", "mer_x")]
    [InlineData("There is no account", "report", "run", "account_statement", "--account", "merchant:x:balance:EUR")]
    [InlineData("columns may hold only", "report", "run", "payments", "--columns", "secret")]
    [InlineData("to must be over", "report", "run", "payments", "--to", "2199-01-01")]
    [InlineData("is neither a day", "report", "run", "payments", "--from", "yesterday")]
    [InlineData("is before --from", "report", "fee-income", "--from", "2026-02", "--through", "2026-01")]
    [InlineData("'--from' is required", "report", "fee-income")]
    public async Task A_mistake_gets_a_sentence_and_closes_nothing(string sentence, params string[] arguments)
    {
        var error = await RefusedAsync(arguments);
        Assert.Contains(sentence, error, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", error, StringComparison.Ordinal);
        Assert.Equal(0, await database.ScalarAsync<long>("SELECT count(*) FROM period_closings"));
    }

    private async Task<string> RefusedAsync(params string[] arguments)
    {
        var (code, _, error) = await payments.RunAsync(arguments);
        Assert.True(code == 2, error);
        return error;
    }
}
