using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using Payments.Domain;
using Payments.Storage.Postgres;
using Spectre.Console;

namespace Payments.Tools;

/// <summary>How a report is printed.</summary>
internal enum ReportForm
{
    Table,
    Csv,
    Json,
}

/// <summary>Prints reports: as tables for people, as CSV for spreadsheets (RFC 4180, major units), as JSON for programs (minor units).</summary>
internal static class ReportView
{
    private static readonly JsonWriterOptions Indented = new() { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static void Print(TrialBalance books, ReportForm form)
    {
        if (form == ReportForm.Table)
        {
            ForEachCurrency(books.Lines, line => line.Currency, books.At, (currency, lines) =>
            {
                var table = Tables.Numbers($"Trial balance in {currency}", "account", "debits", "credits");
                foreach (var line in lines)
                {
                    table.AddRow(Markup.Escape(line.Account), Amount(line.Debits, currency), Amount(line.Credits, currency));
                }

                table.AddEmptyRow();
                table.AddRow("[bold]total[/]", Bold(Sum(lines, line => line.Debits), currency), Bold(Sum(lines, line => line.Credits), currency));
                AnsiConsole.Write(table);
            });
            return;
        }

        Data(books.Lines, form, books.At,
            ("account", line => line.Account), ("currency", line => line.Currency),
            ("debits", line => (line.Debits, line.Currency)), ("credits", line => (line.Credits, line.Currency)));
    }

    public static void PrintBalanceSheet(TrialBalance books, ReportForm form)
    {
        var sheets = BalanceSheet.Of(books);
        if (form == ReportForm.Table)
        {
            ForEachCurrency(sheets, sheet => sheet.Currency, books.At, (currency, ofCurrency) => AnsiConsole.Write(SheetTable(ofCurrency[0], currency)));
            return;
        }

        Data(
            sheets.SelectMany(sheet => Sections(sheet).SelectMany(section => section.Lines.Select(line => (sheet.Currency, Section: section.Name, line.Account, line.Amount)))),
            form, books.At,
            ("currency", line => line.Currency), ("section", line => line.Section), ("account", line => line.Account), ("amount", line => (line.Amount, line.Currency)));
    }

    public static void Print(IncomeStatement income, ReportForm form)
    {
        if (form == ReportForm.Table)
        {
            ForEachCurrency(income.Lines, line => line.Currency, income.Until, (currency, lines) =>
            {
                var table = Tables.Numbers($"Income in {currency}", "account", "entries", "amount");
                foreach (var line in lines)
                {
                    table.AddRow(Markup.Escape($"{line.Account}, {line.Kind}"), $"{line.Entries:N0}", Amount(line.Amount, currency));
                }

                table.AddEmptyRow();
                table.AddRow("[bold]net[/]", "", Bold(Sum(lines, line => line.Amount), currency));
                AnsiConsole.Write(table);
            });
            return;
        }

        Data(income.Lines, form, income.Until,
            ("account", line => line.Account), ("currency", line => line.Currency), ("kind", line => line.Kind), ("entries", line => line.Entries),
            ("amount", line => (line.Amount, line.Currency)));
    }

    private static Table SheetTable(BalanceSheet sheet, Currency currency)
    {
        var table = Tables.Numbers($"Balance sheet in {currency}", "", "amount");
        foreach (var (name, lines, total) in Sections(sheet))
        {
            table.AddRow($"[bold]{name}[/]", "");
            foreach (var line in lines)
            {
                table.AddRow($"  {Markup.Escape(line.Account)}", Amount(line.Amount, currency));
            }

            table.AddRow($"[bold]total {name}[/]", Bold(total, currency));
            table.AddEmptyRow();
        }

        return table.AddRow("[bold]liabilities and earned[/]", Bold(sheet.TotalLiabilities + sheet.TotalEarned, currency));
    }

    private static (string Name, IReadOnlyList<BalanceSheetLine> Lines, Int128 Total)[] Sections(BalanceSheet sheet) =>
    [
        ("assets", sheet.Assets, sheet.TotalAssets), ("liabilities", sheet.Liabilities, sheet.TotalLiabilities), ("earned", sheet.Earned, sheet.TotalEarned),
    ];

    private static void ForEachCurrency<T>(IReadOnlyList<T> rows, Func<T, string> currencyOf, DateTimeOffset at, Action<Currency, IReadOnlyList<T>> print)
    {
        foreach (var currency in rows.GroupBy(currencyOf))
        {
            print(Currency.Of(currency.Key), [.. currency]);
        }

        Console.WriteLine(rows.Count == 0 ? $"Nothing was posted then (as of {Instant(at)})." : $"As of {Instant(at)}.");
    }

    // A value is a text, a number, or minor units of a currency. Data go out as they are; as of when is said beside them.
    private static void Data<T>(IEnumerable<T> rows, ReportForm form, DateTimeOffset at, params (string Name, Func<T, object> Value)[] columns)
    {
        Console.Error.WriteLine($"As of {Instant(at)}.");
        if (form == ReportForm.Csv)
        {
            Console.Write($"{string.Join(',', columns.Select(column => column.Name))}\n");
            foreach (var row in rows)
            {
                Console.Write($"{string.Join(',', columns.Select(column => column.Value(row) is (Int128 minor, string currency) ? Currency.Of(currency).Major(minor) : $"{column.Value(row)}"))}\n");
            }

            return;
        }

        using var output = Console.OpenStandardOutput();
        using var json = new Utf8JsonWriter(output, Indented);
        json.WriteStartArray();
        foreach (var row in rows)
        {
            json.WriteStartObject();
            foreach (var (name, value) in columns)
            {
                json.WritePropertyName(name);
                switch (value(row))
                {
                    case (Int128 minor, string):
                        // Sums of many accounts may be longer than 64 bits.
                        json.WriteRawValue(minor.ToString(CultureInfo.InvariantCulture));
                        break;
                    case long number:
                        json.WriteNumberValue(number);
                        break;
                    case var text:
                        json.WriteStringValue((string)text);
                        break;
                }
            }

            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.Flush();
        output.WriteByte((byte)'\n');
    }

    private static string Amount(Int128 minor, Currency currency) => Tables.Amount((decimal)minor, currency);

    private static string Bold(Int128 minor, Currency currency) => $"[bold]{Amount(minor, currency)}[/]";

    private static Int128 Sum<T>(IEnumerable<T> rows, Func<T, Int128> amount) => rows.Aggregate((Int128)0, (sum, row) => checked(sum + amount(row)));

    private static string Instant(DateTimeOffset at) => at.ToString("yyyy-MM-dd'T'HH:mm:ss.FFFFFF'Z'", CultureInfo.InvariantCulture);
}
