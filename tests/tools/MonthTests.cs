using Payments.Tests.Support;

namespace Payments.Tests.Tools;

/// <summary>A month of payments, settled with mistakes of every kind: all of them are found, and nothing else; and then everything ties.</summary>
public sealed class MonthTests : IAsyncLifetime
{
    private TestDatabase database = null!;

    public async Task InitializeAsync() => database = await TestDatabase.MigratedAsync();

    public async Task DisposeAsync() => await database.DisposeAsync();

    [Fact]
    public async Task Every_planted_mistake_of_a_month_is_found_and_nothing_else()
    {
        var shown = await new CommandLine(database).OkAsync("month", "--payments", "3000", "--seed", "7");
        Assert.Contains("All 24 planted mistakes were found, and nothing else.", shown, StringComparison.Ordinal);
        Assert.Contains("Balance sheet in JPY", shown, StringComparison.Ordinal);
        Assert.Contains("4 payments of unknown outcome were resolved", shown, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_cannot_be_played_is_told()
    {
        var (code, _, error) = await new CommandLine(database).RunAsync("month", "--payments", "7");
        Assert.Equal((2, true), (code, error.Contains("--payments goes from 100", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Reconciliation_is_run_and_looked_at_on_the_command_line()
    {
        var line = new CommandLine(database);
        Assert.Contains("No payment was ever made", await line.OkAsync("reconciliation", "run"), StringComparison.Ordinal);
        Assert.Contains("No break is open", await line.OkAsync("reconciliation", "breaks"), StringComparison.Ordinal);
        Assert.Contains("1.40 %", await line.OkAsync("reconciliation", "terms", "--gateway", "card", "--currency", "EUR", "--basis-points", "140", "--fixed", "25"), StringComparison.Ordinal);
        Assert.Equal(2, (await line.RunAsync("reconciliation", "terms", "--gateway", "card", "--currency", "EUR", "--basis-points", "14000", "--fixed", "25")).Code);
    }
}
