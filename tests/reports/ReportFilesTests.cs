using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using CsvHelper;
using CsvHelper.Configuration;
using Npgsql;
using Payments.Domain;
using Payments.Storage;
using Payments.Storage.Postgres;
using Payments.Storage.Postgres.Reporting;
using Payments.Tests.Audits;
using Payments.Tests.Support;

namespace Payments.Tests.Reports;

/// <summary>What reports tell is what the books hold: every itemized report adds up to the ledger, in every currency, after a mixed history.</summary>
public sealed class ReportFilesTests(ReportFilesTests.MixedHistory history) : IClassFixture<ReportFilesTests.MixedHistory>
{
    private static readonly string[] Currencies = ["EUR", "JPY", "KWD"];

    /// <summary>Two months of payments of every fate; the interval is what is behind <see cref="Middle"/>.</summary>
    public sealed class MixedHistory : IAsyncLifetime
    {
        private TestDatabase database = null!;

        public NpgsqlDataSource App { get; private set; } = null!;

        public SampleBook Book { get; private set; } = null!;

        public DateTimeOffset Middle { get; private set; }

        public DateTimeOffset End { get; private set; }

        public async Task InitializeAsync()
        {
            database = await TestDatabase.MigratedAsync();
            Book = new(database.Open());
            await Book.BeginAsync();
            await Book.WriteAsync(1, 90);
            Middle = Book.Now + TimeSpan.FromMilliseconds(1);
            await Book.WriteAsync(91, 110);
            End = Book.Now + TimeSpan.FromMilliseconds(1);
            await Book.WriteAsync(201, 40);
            App = database.OpenAsApp();
            await new Books(App, TimeProvider.System).FixAsync(End, default);
        }

        public async Task DisposeAsync()
        {
            await App.DisposeAsync();
            await database.DisposeAsync();
        }

        /// <summary>Minor units that accounts grew by in the interval, as their owners read them.</summary>
        public async Task<long> GrewAsync(string currency, string like, params string[] kinds)
        {
            await using var command = App.CreateCommand(
                """
                SELECT coalesce(sum(CASE WHEN a.grows_by_debit THEN p.amount ELSE -p.amount END), 0)::bigint
                FROM postings p JOIN accounts a ON a.no = p.account_no JOIN journal_entries e ON e.id = p.entry_id
                WHERE a.currency = $1 AND a.id LIKE $2 AND e.posted_at >= $3 AND e.posted_at <= $4 AND (cardinality($5) = 0 OR e.kind = ANY($5))
                """);
            command.Parameters.Add(new() { Value = currency });
            command.Parameters.Add(new() { Value = like });
            command.Parameters.Add(new() { Value = Middle });
            command.Parameters.Add(new() { Value = End });
            command.Parameters.Add(new() { Value = kinds });
            return (long)(await command.ExecuteScalarAsync())!;
        }
    }

    [Fact]
    public async Task Balance_change_itemized_leads_from_the_opening_to_the_closing_balance()
    {
        var rows = await CsvAsync("balance_change_from_activity.itemized");
        Assert.Equal(rows.Count, rows.Select(row => row["balance_transaction_id"]).Distinct().Count());
        Assert.Superset(new HashSet<string> { "charge", "refund", "refund_failure", "dispute", "dispute_reversal" }, rows.Select(row => row["reporting_category"]).ToHashSet());
        foreach (var currency in Currencies)
        {
            var (opening, closing) = (await BalanceAsync(currency, history.Middle - TimeSpan.FromMicroseconds(1)), await BalanceAsync(currency, history.End));
            Assert.NotEqual(0, opening);
            Assert.Equal(closing, opening + Sum(rows, currency, "net"));
            Assert.Equal(Sum(rows, currency, "gross"), Sum(rows, currency, "net") + Sum(rows, currency, "fee"));

            // The summary is its sums, and the balance summary their frame.
            foreach (var line in (await CsvAsync("balance_change_from_activity.summary")).Where(line => line["currency"] == currency))
            {
                var ofCategory = rows.Where(row => row["reporting_category"] == line["reporting_category"]).ToList();
                Assert.Equal(line["count"], $"{ofCategory.Count(row => row["currency"] == currency)}");
                Assert.All(new[] { "gross", "fee", "net" }, column => Assert.Equal(Sum([line], currency, column), Sum(ofCategory, currency, column)));
            }

            var frame = (await CsvAsync("balance_summary")).Where(row => row["currency"] == currency).ToDictionary(row => row["category"], row => Minor(row["net_amount"], currency));
            var paidOut = Sum([.. rows.Where(row => row["reporting_category"].StartsWith("payout", StringComparison.Ordinal))], currency, "net");
            Assert.Equal((opening, closing - opening - paidOut, paidOut, closing), (frame["starting_balance"], frame["activity"], frame["payouts"], frame["ending_balance"]));
        }
    }

    [Fact]
    public async Task Payout_reconciliation_leads_from_each_payout_to_the_next()
    {
        var rows = await CsvAsync("payout_reconciliation.itemized");
        Assert.All(rows, row => Assert.Equal(Minor(row["gross"], row["currency"]), Minor(row["net"], row["currency"]) + Minor(row["fee"], row["currency"])));
        var payouts = rows.GroupBy(row => row["automatic_payout_id"]).ToList();
        Assert.True(payouts.Count > 10);
        foreach (var payout in payouts)
        {
            await using var command = history.App.CreateCommand("SELECT amount FROM payouts WHERE id = $1");
            Assert.True(Ids.TryParse(Ids.PayoutPrefix, payout.Key, out var id));
            command.Parameters.Add(new() { Value = id });
            Assert.Equal(await command.ExecuteScalarAsync(), Sum(payout, "EUR", "net"));
            Assert.Equal(["brought_forward", "carried_forward"], new[] { payout.First(), payout.Last() }.Select(row => row["reporting_category"]));
        }

        // What one payout carries forward is brought forward to the next, and between them is all that moved the balance.
        Assert.Equal(payouts.SkipLast(1).Select(payout => -Minor(payout.Last()["net"], "EUR")), payouts.Skip(1).Select(payout => Minor(payout.First()["net"], "EUR")));
        var reconciled = rows.Select(row => row["balance_transaction_id"]).ToHashSet();
        var moved = (await CsvAsync("balance_change_from_activity.itemized")).Where(row => row["currency"] == "EUR").ToList();
        var lastPayout = moved.FindLastIndex(row => row["reporting_category"] == "payout");
        Assert.All(moved.Take(lastPayout + 1), row => Assert.Contains(row["balance_transaction_id"], reconciled));
    }

    [Fact]
    public async Task Payments_add_up_to_what_processors_took_what_merchants_got_and_what_was_earned()
    {
        var rows = await CsvAsync("payments");
        foreach (var currency in Currencies)
        {
            Assert.NotEqual(0, Sum(rows, currency, "gross"));
            Assert.Equal(await history.GrewAsync(currency, "gateway:%:receivable:%", "charge", "capture"), Sum(rows, currency, "gross"));
            Assert.Equal(await history.GrewAsync(currency, "platform:%fees:%", "charge", "capture"), Sum(rows, currency, "fee"));
            Assert.Equal(await history.GrewAsync(currency, "merchant:%:balance:%", "charge", "capture"), Sum(rows, currency, "net"));
        }
    }

    [Fact]
    public async Task Refunds_add_up_to_what_left_the_balance_and_what_came_back()
    {
        string[] kinds = ["refund_reserve", "refund_settle", "refund_return", "refund_failure"];
        var rows = await CsvAsync("refunds");
        Assert.Superset(new HashSet<string> { "refund", "refund_failure" }, rows.Select(row => row["reporting_category"]).ToHashSet());
        foreach (var currency in Currencies)
        {
            Assert.NotEqual(0, Sum(rows, currency, "net"));
            Assert.Equal(await history.GrewAsync(currency, "merchant:%:balance:%", kinds), Sum(rows, currency, "net"));
            Assert.Equal(await history.GrewAsync(currency, "platform:%fees:%", kinds), Sum(rows, currency, "fee"));
        }
    }

    [Fact]
    public async Task Disputes_add_up_to_what_is_held_and_to_the_balance()
    {
        string[] kinds = ["dispute_open", "dispute_won", "dispute_lost"];
        var rows = await CsvAsync("disputes");
        Assert.Equal(["dispute", "dispute_lost", "dispute_reversal"], rows.Select(row => row["reporting_category"]).Distinct().Order());
        foreach (var currency in Currencies)
        {
            Assert.Equal(await history.GrewAsync(currency, "merchant:%:disputes:%"), Sum(rows, currency, "held"));
            Assert.Equal(await history.GrewAsync(currency, "merchant:%:balance:%", kinds), Sum(rows, currency, "net"));
            Assert.Equal(Sum(rows, currency, "gross"), Sum(rows, currency, "net") + Sum(rows, currency, "fee"));
        }
    }

    [Fact]
    public async Task Fees_add_up_to_what_was_earned()
    {
        var rows = await CsvAsync("fees");
        foreach (var currency in Currencies)
        {
            var earned = await history.GrewAsync(currency, "platform:%fees:%");
            Assert.NotEqual(0, earned);
            Assert.Equal(earned, Sum([.. rows.Where(row => row["fee_type"] == "payment_fee")], currency, "fee"));

            // What the processor keeps of disputes is what the balance lost by them beyond what they are about.
            var disputes = await CsvAsync("disputes");
            Assert.Equal(Sum(disputes, currency, "fee"), Sum([.. rows.Where(row => row["fee_type"] == "dispute_fee")], currency, "fee"));
        }
    }

    [Fact]
    public async Task A_statement_leads_from_line_to_line()
    {
        foreach (var currency in Currencies)
        {
            var rows = await CsvAsync("account_statement", account: $"merchant:{history.Book.Merchant}:balance:{currency}");
            var balance = await BalanceAsync(currency, history.Middle - TimeSpan.FromMicroseconds(1));
            foreach (var row in rows)
            {
                balance += Minor(row["amount"], currency);
                Assert.Equal(balance, Minor(row["balance"], currency));
            }

            Assert.Equal(await BalanceAsync(currency, history.End), balance);
        }
    }

    [Fact]
    public async Task The_trial_balance_balances_and_is_that_of_the_books()
    {
        var rows = await CsvAsync("trial_balance", merchant: null);
        var books = await new Books(history.App, TimeProvider.System).TrialBalanceAsync(history.End, Mode.Test, default);
        Assert.Equal(
            books.Lines.Select(line => $"test {line.Account} {line.Currency} {line.Debits} {line.Credits}"),
            rows.Select(row => $"{row["mode"]} {row["account"]} {row["currency"]} {Minor(row["debits"], row["currency"])} {Minor(row["credits"], row["currency"])}"));
        Assert.All(Currencies, currency => Assert.Equal(Sum(rows, currency, "debits"), Sum(rows, currency, "credits")));
    }

    [Fact]
    public async Task Unresolved_operations_are_those_that_nobody_has_decided()
    {
        var rows = await CsvAsync("unresolved_operations", from: false);
        await using var command = history.App.CreateCommand("SELECT count(*), sum(amount)::bigint FROM operations WHERE status = 'pending' AND created_at <= $1");
        command.Parameters.Add(new() { Value = history.End });
        await using var reader = await command.ExecuteReaderAsync();
        await reader.ReadAsync();
        Assert.Equal((reader.GetInt64(0), reader.GetInt64(1)), (rows.Count, rows.Sum(row => Minor(row["amount"], row["currency"]))));
        Assert.All(rows, row => Assert.True(row["outcome"] is "unknown" or "not_sent" && long.Parse(row["age_seconds"], CultureInfo.InvariantCulture) >= 0 && row["attempts"] != "0"));
    }

    [Fact]
    public async Task The_platforms_reports_hold_all_merchants_and_a_merchants_its_own_alone()
    {
        string[] walked = ["balance_change_from_activity.itemized", "payout_reconciliation.itemized", "payments", "refunds", "disputes", "fees"];
        var nobody = Ids.Format(Ids.MerchantPrefix, default);
        foreach (var type in walked)
        {
            Assert.Equal(await BytesAsync(Order(type), history.Book.Merchant), await BytesAsync(Order(type), merchant: null));
            Assert.Empty(await CsvAsync(type, nobody));
        }

        Assert.Empty(await CsvAsync("unresolved_operations", nobody));
        Assert.Empty(await CsvAsync("balance_summary", nobody));
        Assert.Empty(await CsvAsync("account_statement", nobody, $"merchant:{history.Book.Merchant}:balance:EUR"));
    }

    [Fact]
    public async Task The_same_report_is_the_same_to_the_byte_whatever_is_posted_meanwhile()
    {
        var before = await BytesAsync(Order("balance_change_from_activity.itemized"), history.Book.Merchant);
        await history.Book.WriteAsync(1000, 20);
        Assert.Equal(before, await BytesAsync(Order("balance_change_from_activity.itemized"), history.Book.Merchant));
    }

    [Fact]
    public async Task Every_type_has_all_of_its_columns_metadata_too()
    {
        foreach (var type in ReportWriter.Types)
        {
            ImmutableArray<string> columns = [.. type.Columns, .. type.Metadata.Select(name => $"{name}[cart.no-1]")];
            var rows = await CsvAsync(Order(type.Name, type.IsOfAccount ? $"merchant:{history.Book.Merchant}:assets:till:EUR" : null, columns: columns) with { From = null }, merchant: null);
            Assert.NotEmpty(rows);
            Assert.All(rows, row => Assert.Equal(columns.AsEnumerable(), row.Keys));
        }
    }

    [Fact]
    public async Task Columns_come_as_they_are_chosen_amounts_major_in_csv_and_minor_in_json()
    {
        var order = Order("payments", columns: ["net", "currency", "payment_metadata[cart]", "source_id"]) with { Currency = "JPY" };
        var csv = Encoding.UTF8.GetString(await BytesAsync(order, history.Book.Merchant)).Split('\n');
        Assert.Equal("net,currency,payment_metadata[cart],source_id", csv[0]);
        Assert.All(csv[1..^1], line => Assert.Matches("^[0-9]+,JPY,,op_[0-9a-z]{26}$", line));
        var lines = Encoding.UTF8.GetString(await BytesAsync(order with { Format = "ndjson" }, history.Book.Merchant)).Split('\n');
        Assert.Equal(csv.Length - 1, lines.Length);
        Assert.Matches("""^\{"net":[0-9]+,"currency":"JPY","payment_metadata\[cart\]":null,"source_id":"op_[0-9a-z]{26}"\}$""", lines[0]);
        using var list = System.Text.Json.JsonDocument.Parse(await BytesAsync(order with { Format = "json" }, history.Book.Merchant));
        Assert.Equal(lines.Length - 1, list.RootElement.GetArrayLength());
        var eur = await BytesAsync(order with { Currency = "EUR", Columns = ["net"] }, history.Book.Merchant);
        Assert.All(Encoding.UTF8.GetString(eur).Split('\n')[1..^1], net => Assert.Matches("^[0-9]+\\.[0-9]{2}$", net));
        Assert.Equal("[\n]\n", Encoding.UTF8.GetString(await BytesAsync(order with { Currency = "USD", Format = "json" }, history.Book.Merchant)));
    }

    [Theory]
    [InlineData("=HYPERLINK(\"http://x\")", "\"'=HYPERLINK(\"\"http://x\"\")\"")]
    [InlineData("+1", "'+1")]
    [InlineData("-1", "'-1")]
    [InlineData("@SUM(A1)", "'@SUM(A1)")]
    [InlineData("a, b", "\"a, b\"")]
    [InlineData("1 = 1", "1 = 1")]
    public void What_people_wrote_is_no_formula_and_an_amount_stays_a_number(string written, string shown)
    {
        using var rows = new CsvRows([new("description", ColumnKind.Text, ""), new("net", ColumnKind.Money, "")]);
        rows.BeginRow();
        rows.Text(written);
        rows.Money(-1999, Currency.Of("EUR"));
        rows.EndRow();
        rows.Flush();
        Assert.Equal($"{shown},-19.99\n", Encoding.UTF8.GetString(rows.Buffer.ToArray()));
    }

    private ReportOrder Order(string type, string? account = null, bool from = true, ImmutableArray<string> columns = default) =>
        new(type, from ? history.Middle : null, null, null, account, columns.IsDefault ? [] : columns, "csv");

    private async Task<byte[]> BytesAsync(ReportOrder order, string? merchant)
    {
        using var bytes = new MemoryStream();
        var file = await new ReportWriter(history.App).WriteAsync(
            merchant, order, history.End, (piece, _) =>
            {
                bytes.Write(piece.Span);
                return default;
            }, new Progress<int>(), default);
        Assert.Equal(bytes.Length, file.Bytes);
        Assert.Equal(System.Security.Cryptography.SHA256.HashData(bytes.ToArray()), file.Digest);
        return bytes.ToArray();
    }

    private Task<List<Dictionary<string, string>>> CsvAsync(string type, string? merchant = "", string? account = null, bool from = true) =>
        CsvAsync(Order(type, account, from), merchant is "" ? history.Book.Merchant : merchant);

    private async Task<List<Dictionary<string, string>>> CsvAsync(ReportOrder order, string? merchant)
    {
        using var text = new StringReader(Encoding.UTF8.GetString(await BytesAsync(order, merchant)));
        using var csv = new CsvReader(text, new CsvConfiguration(CultureInfo.InvariantCulture));
        await csv.ReadAsync();
        csv.ReadHeader();
        var rows = new List<Dictionary<string, string>>();
        while (await csv.ReadAsync())
        {
            rows.Add(csv.HeaderRecord!.ToDictionary(name => name, name => csv.GetField(name)!));
        }

        return rows;
    }

    private async Task<long> BalanceAsync(string currency, DateTimeOffset at) =>
        -(await new LedgerQueries(history.App).AccountAsync(history.Book.Merchant, $"merchant:{history.Book.Merchant}:balance:{currency}", at, default))!.Balance;

    private static long Sum(IEnumerable<Dictionary<string, string>> rows, string currency, string column) =>
        rows.Where(row => row["currency"] == currency).Sum(row => Minor(row[column], currency));

    private static long Minor(string major, string currency) =>
        (long)(decimal.Parse(major, CultureInfo.InvariantCulture) * (decimal)Math.Pow(10, Currency.Of(currency).Exponent));
}
