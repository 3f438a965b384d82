using Payments.Domain;
using Payments.Storage;
using Payments.Storage.Postgres.Reporting;

namespace Payments.Tests.Reports;

/// <summary>What may be asked of a report, and of which.</summary>
public sealed class ReportOrderTests
{
    [Theory]
    [InlineData("type", "trial_balance", null, null, null, "csv")]
    [InlineData("type", "gossip", null, null, null, "csv")]
    [InlineData("account", "account_statement", null, null, null, "csv")]
    [InlineData("account", "payments", "merchant:x:balance:EUR", null, null, "csv")]
    [InlineData("columns", "payments", null, "secret", null, "csv")]
    [InlineData("columns", "payments", null, "payment_metadata[a'b]", null, "csv")]
    [InlineData("columns", "payments", null, "net net", null, "csv")]
    [InlineData("currency", "payments", null, null, "EUX", "csv")]
    [InlineData("format", "payments", null, null, null, "xls")]
    public void What_cannot_be_reported_is_refused_by_its_field(string field, string type, string? account, string? columns, string? currency, string format) =>
        Assert.Equal(field, Order(type, account, columns, currency, format).FirstMistake(ReportWriter.Types, isPlatform: false, TimeProvider.System.Now())?.Field);

    [Fact]
    public void Every_type_takes_each_of_its_columns_and_only_operators_all_types()
    {
        Assert.All(ReportWriter.Types, type =>
        {
            var order = Order(type.Name, type.IsOfAccount ? "merchant:x:balance:EUR" : null, string.Join(' ', [.. type.Columns, .. type.Metadata.Select(name => $"{name}[cart]")]), "EUR", "ndjson");
            Assert.Null(order.FirstMistake(ReportWriter.Types, isPlatform: true, TimeProvider.System.Now()));
            Assert.Equal(!type.IsForMerchants, order.FirstMistake(ReportWriter.Types, isPlatform: false, TimeProvider.System.Now()) is not null);
        });
    }

    [Fact]
    public void Requests_that_mean_the_same_have_one_fingerprint_and_others_another()
    {
        var order = Order("payments", null, "net gross", "EUR", "csv");
        ReportOrder[] others =
        [
            order with { Type = "fees" }, order with { From = DateTimeOffset.UnixEpoch }, order with { To = DateTimeOffset.UnixEpoch }, order with { Currency = null },
            order with { Account = "a" }, order with { Columns = ["gross", "net"] }, order with { Columns = [] }, order with { Format = "json" },
        ];
        Assert.Equal(order.Fingerprint(), Order("payments", null, "net gross", "EUR", "csv").Fingerprint());
        Assert.Equal(others.Length + 1, others.Append(order).Select(one => one.Fingerprint()).Distinct().Count());
    }

    private static ReportOrder Order(string type, string? account, string? columns, string? currency, string format) =>
        new(type, null, null, currency, account, [.. columns?.Split(' ') ?? []], format);
}
