using Payments.Hosting;

namespace Payments.Tests.Payouts;

/// <summary>A node that is told nonsense about banks or settlement files ends with a sentence, and not with a payout that goes nowhere.</summary>
public sealed class BankSettingsTests : IDisposable
{
    private const string Bank = """{ "name": "house-bank", "connector": "file", "mode": "live", "folder": "out", "debtor_name": "Payments Ltd", "debtor_iban": "DE02120300000000202051" }""";

    private readonly string path = Path.GetTempFileName();

    public void Dispose() => File.Delete(path);

    [Fact]
    public void A_bank_of_each_mode_may_be_set_up()
    {
        var settings = Read(Bank, """{ "name": "simulator", "connector": "simulator", "mode": "test", "url": "http://127.0.0.1:8090/", "retries_ms": [100] }""");
        Assert.Equal(["house-bank", "simulator"], settings.Banks.Select(bank => bank.Name));
    }

    [Theory]
    [InlineData("name must be", "house-bank", "House Bank")]
    [InlineData("connector must be", "file", "fax")]
    [InlineData("mode must be test or live", "live", "demo")]
    [InlineData("the simulator moves no real money", "file", "simulator")]
    [InlineData("files need a folder", "\"folder\": \"out\",", "")]
    [InlineData("files need a folder and a debtor_name", "Payments Ltd", "")]
    [InlineData("debtor_iban must be an IBAN", "DE02120300000000202051", "DE03120300000000202051")]
    [InlineData("cannot be read", "\"folder\"", "\"directory\"")]
    public void What_makes_no_sense_is_named(string what, string from, string to) =>
        Assert.Contains(what, Assert.Throws<ConfigurationException>(() => Read(Bank.Replace(from, to, StringComparison.Ordinal))).Message, StringComparison.Ordinal);

    [Fact]
    public void There_is_one_bank_of_a_mode() =>
        Assert.Contains("two banks of one mode", Assert.Throws<ConfigurationException>(() => Read(Bank, Bank.Replace("house-bank", "other", StringComparison.Ordinal))).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("""{ "every_seconds": 0 }""")]
    [InlineData("""{ "every_seconds": 86401 }""")]
    [InlineData("""{ "each": 1 }""")]
    public void Settlement_files_are_looked_for_at_a_sensible_pace(string settlement)
    {
        File.WriteAllText(path, $$"""{ "gateways": [{ "name": "simulator", "connector": "simulator", "mode": "test", "url": "http://127.0.0.1:8090/", "settlement": {{settlement}} }] }""");
        Assert.Throws<ConfigurationException>(() => GatewaySettings.Read(path));
    }

    private GatewaySettings Read(params string[] banks)
    {
        File.WriteAllText(path, $$"""
            { "gateways": [{ "name": "simulator", "connector": "simulator", "mode": "test", "url": "http://127.0.0.1:8090/" }], "banks": [{{string.Join(", ", banks)}}] }
            """);
        return GatewaySettings.Read(path);
    }
}
