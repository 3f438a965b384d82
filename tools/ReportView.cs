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

/// <summary>Prints reports: for people, for spreadsheets (RFC 4180, major units) and for programs (minor units).</summary>
internal static class ReportView
{
    private static readonly JsonWriterOptions Indented = new() { Indented = true, Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static void Print(TrialBalance books, ReportForm form)
    {
        switch (form)
        {
            case ReportForm.Csv:
                Console.Write(books.ToCsv());
                return;
            case ReportForm.Json:
                Json(books.Lines, (json, line) =>
                {
                    json.WriteString("account", line.Account);
                    json.WriteString("currency", line.Currency);
                    Number(json, "debits", line.Debits);
                    Number(json, "credits", line.Credits);
                });
                return;
        }

        ForEachCurrency(books.Lines, line => line.Currency, (currency, lines) =>
        {
            var table = Amounts($"Trial balance in {currency}", "account", "debits", "credits");
            foreach (var line in lines)
            {
                table.AddRow(Markup.Escape(line.Account), currency.Major(line.Debits), currency.Major(line.Credits));
            }

            var (debits, credits) = (Sum(lines, line => line.Debits), Sum(lines, line => line.Credits));
            table.AddEmptyRow();
            table.AddRow("[bold]total[/]", $"[bold]{currency.Major(debits)}[/]", $"[bold]{currency.Major(credits)}[/]");
            AnsiConsole.Write(table);
        });
    }

    public static void Print(IReadOnlyList<BalanceSheet> sheets, ReportForm form)
    {
        var lines = sheets.SelectMany(sheet => Sections(sheet).SelectMany(section => section.Lines.Select(line => (sheet.Currency, section.Name, Line: line)))).ToArray();
        switch (form)
        {
            case ReportForm.Csv:
                Console.Write("currency,section,account,amount\n");
                foreach (var (currency, section, line) in lines)
                {
                    Console.Write($"{currency},{section},{line.Account},{Currency.Of(currency).Major(line.Amount)}\n");
                }

                return;
            case ReportForm.Json:
                Json(lines, (json, row) =>
                {
                    json.WriteString("currency", row.Currency);
                    json.WriteString("section", row.Name);
                    json.WriteString("account", row.Line.Account);
                    Number(json, "amount", row.Line.Amount);
                });
                return;
        }

        ForEachCurrency(sheets, sheet => sheet.Currency, (currency, ofCurrency) =>
        {
            var table = Amounts($"Balance sheet in {currency}", "", "amount");
            foreach (var (name, section, total) in Sections(ofCurrency[0]))
            {
                table.AddRow($"[bold]{name}[/]", "");
                foreach (var line in section)
                {
                    table.AddRow($"  {Markup.Escape(line.Account)}", currency.Major(line.Amount));
                }

                table.AddRow($"[bold]total {name}[/]", $"[bold]{currency.Major(total)}[/]");
                table.AddEmptyRow();
            }

            table.AddRow("[bold]liabilities and earned[/]", $"[bold]{currency.Major(ofCurrency[0].TotalLiabilities + ofCurrency[0].TotalEarned)}[/]");
            AnsiConsole.Write(table);
        });
    }

    public static void Print(IReadOnlyList<IncomeLine> income, ReportForm form)
    {
        switch (form)
        {
            case ReportForm.Csv:
                Console.Write("account,currency,kind,entries,amount\n");
                foreach (var line in income)
                {
                    Console.Write($"{line.Account},{line.Currency},{line.Kind},{line.Entries},{Currency.Of(line.Currency).Major(line.Amount)}\n");
                }

                return;
            case ReportForm.Json:
                Json(income, (json, line) =>
                {
                    json.WriteString("account", line.Account);
                    json.WriteString("currency", line.Currency);
                    json.WriteString("kind", line.Kind);
                    json.WriteNumber("entries", line.Entries);
                    Number(json, "amount", line.Amount);
                });
                return;
        }

        ForEachCurrency(income, line => line.Currency, (currency, lines) =>
        {
            var table = Amounts($"Income in {currency}", "account", "entries", "amount");
            foreach (var line in lines)
            {
                table.AddRow(Markup.Escape($"{line.Account}, {line.Kind}"), $"{line.Entries:N0}", currency.Major(line.Amount));
            }

            table.AddEmptyRow();
            table.AddRow("[bold]net[/]", "", $"[bold]{currency.Major(Sum(lines, line => line.Amount))}[/]");
            AnsiConsole.Write(table);
        });
    }

    private static (string Name, IReadOnlyList<BalanceSheetLine> Lines, Int128 Total)[] Sections(BalanceSheet sheet) =>
    [
        ("assets", sheet.Assets, sheet.TotalAssets), ("liabilities", sheet.Liabilities, sheet.TotalLiabilities), ("earned", sheet.Earned, sheet.TotalEarned),
    ];

    private static Table Amounts(string title, string first, params ReadOnlySpan<string> columns)
    {
        var table = new Table { Title = new TableTitle(title) }.AddColumn(first);
        foreach (var column in columns)
        {
            table.AddColumn(new TableColumn(column).RightAligned());
        }

        return table;
    }

    private static void ForEachCurrency<T>(IReadOnlyList<T> rows, Func<T, string> currencyOf, Action<Currency, IReadOnlyList<T>> print)
    {
        if (rows.Count == 0)
        {
            Console.WriteLine("Nothing was posted then.");
        }

        foreach (var currency in rows.GroupBy(currencyOf))
        {
            print(Currency.Of(currency.Key), [.. currency]);
        }
    }

    private static Int128 Sum<T>(IEnumerable<T> rows, Func<T, Int128> amount) => rows.Aggregate((Int128)0, (sum, row) => checked(sum + amount(row)));

    private static void Json<T>(IEnumerable<T> rows, Action<Utf8JsonWriter, T> write)
    {
        using var output = Console.OpenStandardOutput();
        using var json = new Utf8JsonWriter(output, Indented);
        json.WriteStartArray();
        foreach (var row in rows)
        {
            json.WriteStartObject();
            write(json, row);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.Flush();
        output.WriteByte((byte)'\n');
    }

    // Sums of many accounts may be longer than 64 bits.
    private static void Number(Utf8JsonWriter json, string name, Int128 amount)
    {
        json.WritePropertyName(name);
        json.WriteRawValue(amount.ToString(System.Globalization.CultureInfo.InvariantCulture));
    }
}
