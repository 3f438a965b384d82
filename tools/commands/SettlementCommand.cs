using System.CommandLine;
using Payments.Domain;
using Payments.Gateways.Settlement;
using Spectre.Console;

namespace Payments.Tools.Commands;

/// <summary><c>payments settlement read</c>: what a processor's file says.</summary>
internal static class SettlementCommand
{
    private const int LinesBetweenReports = 5_000;

    public static Command Create() => new("settlement", "Processors' settlement files.") { Read() };

    private static Command Read()
    {
        var file = new Argument<FileInfo>("file") { Description = "The file as the processor made it." };
        var format = new Option<string>("--format") { Description = "Whose file it is.", HelpName = "NAME", Required = true };
        format.AcceptOnlyFromAmong([.. SettlementFormat.All.Select(known => known.Name)]);
        var command = new Command("read", "Reads a settlement file whole, and shows what it adds up to.") { file, format }.WithExamples($"""
            Reads every line and holds it to the rules: UTF-8, commas, amounts with a decimal point and no more digits than the currency has, signs that
            fit the kind of line, nets that are gross less fee. Columns may stand in any order, with others between them. The first line that is wrong
            is named by its number. At most {SettlementFile.MaxBytes / 1024 / 1024} MB. Nothing is written, and no database is needed.

            Formats: stripe (payout reconciliation, balance change from activity; itemized), adyen (settlement details).
            Exit codes: 0 every line is good; 2 the file cannot be read, and why.

            Example:
              payments settlement read payout_reconciliation.csv --format stripe
            """);
        command.SetAction((parsed, cancellationToken) =>
        {
            var (path, chosen) = (parsed.GetRequiredValue(file), SettlementFormat.All.Single(known => known.Name == parsed.GetValue(format)));
            using var stream = path.OpenRead();
            var totals = Console.IsOutputRedirected
                ? Add(stream, chosen, null, cancellationToken)
                : AnsiConsole.Progress().AutoClear(true).Start(context => Add(stream, chosen, context.AddTask(Markup.Escape(path.Name), maxValue: path.Length), cancellationToken));
            Print(totals);
            return Task.FromResult(ExitCode.Ok);
        });
        return command;
    }

    private static SortedDictionary<(string Currency, SettlementKind Kind, string Type), Sums> Add(
        FileStream stream, SettlementFormat format, ProgressTask? bar, CancellationToken cancellationToken)
    {
        var totals = new SortedDictionary<(string, SettlementKind, string), Sums>();
        var lines = 0L;
        foreach (var line in SettlementFile.Read(stream, format))
        {
            var key = (line.Gross.Currency.Code, line.Kind, line.Type);
            totals[key] = totals.GetValueOrDefault(key).Add(line);
            if (++lines % LinesBetweenReports == 0)
            {
                cancellationToken.ThrowIfCancellationRequested();
                bar?.Value = stream.Position;
            }
        }

        return totals;
    }

    private static void Print(SortedDictionary<(string Currency, SettlementKind Kind, string Type), Sums> totals)
    {
        foreach (var group in totals.GroupBy(line => line.Key.Currency))
        {
            var currency = Currency.Of(group.Key);
            var table = new Table { Title = new TableTitle($"Settled in {currency}") }.AddColumns("kind", "the processor calls it");
            foreach (var column in new[] { "lines", "gross", "fee", "net" })
            {
                table.AddColumn(new TableColumn(column).RightAligned());
            }

            foreach (var (key, sums) in group)
            {
                Row($"{key.Kind}", Markup.Escape(key.Type), sums);
            }

            table.AddEmptyRow();
            Row("[bold]total[/]", "", group.Aggregate(default(Sums), (sum, line) => sum.Add(line.Value)));
            AnsiConsole.Write(table);

            void Row(string kind, string type, Sums sums) =>
                table.AddRow(kind, type, $"{sums.Lines:N0}", currency.Major(sums.Gross), currency.Major(sums.Fee), currency.Major(sums.Gross - sums.Fee));
        }

        Console.WriteLine($"{totals.Values.Sum(sums => sums.Lines):N0} lines, and every one is good.");
    }

    private readonly record struct Sums(long Lines, Int128 Gross, Int128 Fee)
    {
        public Sums Add(SettlementLine line) => Add(new Sums(1, line.Gross.Minor, line.Fee.Minor));

        public Sums Add(Sums other) => new(Lines + other.Lines, Gross + other.Gross, Fee + other.Fee);
    }
}
