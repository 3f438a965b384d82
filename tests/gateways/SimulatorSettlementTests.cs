using System.Globalization;
using System.Net;
using System.Text;
using Payments.Domain;
using Payments.Gateways.Settlement;
using Payments.Tests.Support;

namespace Payments.Tests.Gateways;

/// <summary>What the simulated processor says that it settled: its record, told once more in money.</summary>
public sealed class SimulatorSettlementTests : IAsyncLifetime
{
    private readonly SimulatorFixture simulator = new();

    public Task InitializeAsync() => simulator.InitializeAsync();

    public Task DisposeAsync() => simulator.DisposeAsync();

    [Fact]
    public async Task Every_effect_that_moved_money_has_one_line_and_each_days_net_is_paid_on_the_next()
    {
        var day = Today();
        var charge = (string)(await simulator.Client.ChargeAsync("a", "tok_approve")).Body["id"]!;
        await simulator.Client.ChargeAsync("b", "tok_decline_insufficient_funds");
        var held = (string)(await simulator.Client.AuthorizeAsync("c")).Body["id"]!;
        await simulator.Client.CaptureAsync("d", held, 400);
        await simulator.Client.RefundAsync("e", charge, 300);
        await simulator.Client.RefundAsync("f", charge, 76);
        await simulator.Client.ChargeAsync("g", "tok_disputed_won");
        await simulator.Client.ChargeAsync("h", "tok_disputed_lost");

        // Disputes are opened and closed, and the refund comes back, a little later.
        await Eventually.BecomesAsync(10, async () => (await ReadAsync(day, Passed())).Count);
        var lines = await ReadAsync(day, Passed());
        Assert.Equal(
            [
                ("capture", 400, 31, "ref-d"), ("charge", 1_000, 39, "ref-a"), ("charge", 1_000, 39, "ref-g"), ("charge", 1_000, 39, "ref-h"),
                ("dispute", -1_000, 1_500, "ref-g"), ("dispute", -1_000, 1_500, "ref-h"), ("dispute_reversal", 1_000, -1_000, "ref-g"),
                ("refund", -300, 0, "ref-e"), ("refund", -76, 0, "ref-f"), ("refund_failure", 76, 0, "ref-f"),
            ],
            lines.Select(line => (line.Type, line.Gross.Minor, line.Fee.Minor, line.Reference)).OrderBy(line => line.Type, StringComparer.Ordinal)
                .ThenBy(line => line.Reference, StringComparer.Ordinal));
        Assert.Equal(10, lines.Select(line => line.Id).Distinct().Count());

        // The same after a restart, to the byte; and then the payout, once the day is over.
        var before = await TextAsync(day, day.AddDays(1), advance: true);
        await simulator.RestartAsync();
        Assert.Equal(before, await TextAsync(day, day.AddDays(1)));
        var payout = Assert.Single(await ReadAsync(day.AddDays(1), day.AddDays(1).AddSeconds(1), advance: true));
        Assert.Equal((SettlementKind.Payout, day.AddDays(1), -lines.Sum(line => line.Net.Minor)), (payout.Kind, payout.At, payout.Net.Minor));
        Assert.All(lines, line => Assert.Equal(payout.Id, line.Batch));
    }

    [Fact]
    public async Task Intervals_are_half_open_and_together_say_what_the_whole_says()
    {
        for (var i = 0; i < 20; i++)
        {
            await simulator.Client.ChargeAsync($"{i}", "tok_approve");
            simulator.Advance(TimeSpan.FromMilliseconds(200));
        }

        var (from, to) = (Today(), Passed());
        var whole = await ReadAsync(from, to);
        Assert.Equal(20, whole.Count);
        var middle = whole[10].At;
        Assert.Equal(
            whole.Select(line => line.Id), (await ReadAsync(from, middle)).Concat(await ReadAsync(middle, to)).Select(line => line.Id));
    }

    [Theory]
    [InlineData("", "from")]
    [InlineData("?from=2026-10-31&to=2026-11-01T00:00:00Z", "from")]
    [InlineData("?from=2026-10-31T00:00:00Z", "to")]
    [InlineData("?from=2026-10-31T00:00:00Z&to=2026-10-30T00:00:00Z", "to")]
    [InlineData("?from=2026-10-31T00:00:00Z&to=2999-01-01T00:00:00Z", "to")]
    public async Task An_interval_that_has_not_passed_or_is_none_is_refused(string query, string field)
    {
        var (status, body) = await simulator.Client.GetAsync($"settlement{query}");
        Assert.Equal((HttpStatusCode.BadRequest, field), (status, (string?)body["field"]));
    }

    [Theory]
    [InlineData(1, 25)]
    [InlineData(35, 25)]
    [InlineData(36, 26)]
    [InlineData(1_999, 53)]
    [InlineData(1_000_000_000_000, 14_000_000_025)]
    public async Task A_charges_fee_is_rounded_half_up(long amount, long fee)
    {
        var order = string.Create(CultureInfo.InvariantCulture, $$"""{"reference":"r","amount":{{amount}},"currency":"JPY","token":"tok_approve"}""");
        await simulator.Client.PostAsync("v1/charges", order, "k");
        var line = Assert.Single(await ReadAsync(Today(), Passed()));
        Assert.Equal((new Money(amount, Currency.Of("JPY")), fee), (line.Gross, line.Fee.Minor));
    }

    private DateTimeOffset Today() => new(simulator.Now.UtcDateTime.Date, TimeSpan.Zero);

    // A second later, so that nothing of now is left out.
    private DateTimeOffset Passed()
    {
        simulator.Advance(TimeSpan.FromSeconds(1));
        return new DateTimeOffset(simulator.Now.UtcTicks / TimeSpan.TicksPerSecond * TimeSpan.TicksPerSecond, TimeSpan.Zero);
    }

    private async Task<IReadOnlyList<SettlementLine>> ReadAsync(DateTimeOffset from, DateTimeOffset to, bool advance = false)
    {
        var bytes = Encoding.UTF8.GetBytes(await TextAsync(from, to, advance));
        return [.. SettlementFile.Read(new MemoryStream(bytes), SettlementFormat.All.Single(format => format.Name == "simulator"))];
    }

    private async Task<string> TextAsync(DateTimeOffset from, DateTimeOffset to, bool advance = false)
    {
        if (advance && simulator.Now < to)
        {
            simulator.Advance(to - simulator.Now);
        }

        using var http = new HttpClient { BaseAddress = simulator.Address };
        return await http.GetStringAsync(new Uri($"settlement?from={from:yyyy-MM-ddTHH:mm:ssZ}&to={to:yyyy-MM-ddTHH:mm:ssZ}", UriKind.Relative));
    }
}
