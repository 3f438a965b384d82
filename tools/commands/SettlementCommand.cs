using System.CommandLine;
using System.Security.Cryptography;
using Payments.Domain;
using Payments.Gateways.Settlement;
using Payments.Storage;
using Payments.Storage.Postgres;
using Spectre.Console;

namespace Payments.Tools.Commands;

/// <summary><c>payments settlement read|import|list</c>: processors' files.</summary>
internal static class SettlementCommand
{
    private const int LinesBetweenReports = 5_000;
    private const int Listed = 100;

    public static Command Create() => new("settlement", "Processors' settlement files.") { Read(), Import(), List() };

    private static Command Read()
    {
        var (file, format) = FileAndFormat();
        var command = new Command("read", "Reads a settlement file whole, and shows what it adds up to.") { file, format }.WithExamples($"""
            Reads every line and holds it to the rules: UTF-8, commas, amounts with a decimal point and no more digits than the currency has, signs that
            fit the kind of line, nets that are gross less fee. Columns may stand in any order, with others between them. The first line that is wrong
            is named by its number. At most {SettlementFile.MaxBytes / 1024 / 1024} MB. Nothing is written, and no database is needed.

            Formats: stripe (payout reconciliation, balance change from activity; itemized), adyen (settlement details), simulator.
            Exit codes: 0 every line is good; 2 the file cannot be read, and why.

            Example:
              payments settlement read payout_reconciliation.csv --format stripe
            """);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            await using var stream = parsed.GetRequiredValue(file).OpenRead();
            var totals = new SortedDictionary<(string Currency, SettlementKind Kind, string Type), Sums>();
            await WatchedAsync(stream, bar =>
            {
                foreach (var line in Shown(stream, SettlementFile.Read(stream, Format(parsed.GetValue(format))), bar, cancellationToken))
                {
                    var key = (line.Gross.Currency.Code, line.Kind, line.Type);
                    totals[key] = totals.GetValueOrDefault(key).Add(line);
                }

                return Task.FromResult(totals.Count);
            });
            Print(totals);
            return ExitCode.Ok;
        });
        return command;
    }

    private static Command Import()
    {
        var (file, format) = FileAndFormat();
        var gateway = new Option<string>("--gateway") { Description = "The processor, by its name in the gateways file.", HelpName = "NAME", Required = true };
        var name = Names.Option("--name", "What the file is called; as it is when this is not given.", null);
        var by = Names.Option("--by", "Who imports it.", Environment.UserName);
        var command = new Command("import", "Imports a settlement file, whole or not at all.") { file, format, gateway, name, by }.WithExamples("""
            Holds every line to the rules of `payments settlement read` while it is staged, and imports the file only when the last line is good. The
            same file again, under whatever name, changes nothing; another content under the name of an imported file is refused.
            Environment: PAYMENTS_DATABASE.

            Exit codes: 0 it is imported, now or before; 2 nothing was imported, and why.

            Example:
              payments settlement import payout_reconciliation.csv --format stripe --gateway stripe --name 2026-10
            """);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var path = parsed.GetRequiredValue(file);
            await using var stream = path.OpenRead();
            var chosen = Format(parsed.GetValue(format));
            await using var database = await Settings.OpenDatabaseAsync(cancellationToken);
            if (stream.Length > SettlementFile.MaxBytes)
            {
                throw new UnusableException($"The file is longer than {SettlementFile.MaxBytes / 1024 / 1024} MB.");
            }

            var digest = await SHA256.HashDataAsync(stream, cancellationToken);
            var called = parsed.GetValue(name) ?? path.Name;
            if (!Names.IsName(called))
            {
                throw new UnusableException($"A file is called by 1 to {FieldRules.MaxName} characters without control characters or card numbers: give it a name with --name.");
            }

            var header = new SettlementFileHeader(
                parsed.GetRequiredValue(gateway), called, chosen.Name, digest, parsed.GetRequiredValue(by)!);
            var (imported, isNew) = await WatchedAsync(stream, bar =>
                new SettlementFiles(database, TimeProvider.System).ImportAsync(
                    header, Shown(stream, SettlementFile.ReadUnchanged(stream, chosen, digest), bar, cancellationToken).Select(SettlementImport.ToRow), cancellationToken));
            Console.WriteLine(isNew
                ? $"Imported {imported.Lines:N0} lines of {imported.Name}."
                : $"Nothing changed: this file was imported already as {imported.Name}, at {imported.ImportedAt:u} by {imported.By}.");
            return ExitCode.Ok;
        });
        return command;
    }

    private static Command List()
    {
        var command = new Command("list", "Lists the imported files, the latest first.");
        command.SetAction(async (_, cancellationToken) =>
        {
            await using var database = await Settings.OpenDatabaseAsync(cancellationToken);
            var files = await new SettlementFiles(database, TimeProvider.System).ListAsync(null, Listed, cancellationToken);
            if (files.Count == 0)
            {
                Console.WriteLine("No file is imported yet: payments settlement import --help");
                return ExitCode.Ok;
            }

            var table = new Table().AddColumns("processor", "file", "format").AddColumn(new TableColumn("lines").RightAligned()).AddColumns("imported at", "by");
            foreach (var file in files)
            {
                table.AddRow(file.Gateway, Markup.Escape(file.Name), file.Format, $"{file.Lines:N0}", $"{file.ImportedAt:u}", Markup.Escape(file.By));
            }

            AnsiConsole.Write(table);
            return ExitCode.Ok;
        });
        return command;
    }

    private static (Argument<FileInfo> File, Option<string> Format) FileAndFormat()
    {
        var format = new Option<string>("--format") { Description = "Whose file it is.", HelpName = "NAME", Required = true };
        format.AcceptOnlyFromAmong([.. SettlementFormat.All.Select(known => known.Name)]);
        return (new("file") { Description = "The file as the processor made it." }, format);
    }

    private static SettlementFormat Format(string? name) => SettlementFormat.All.Single(known => known.Name == name);

    private static Task<T> WatchedAsync<T>(FileStream stream, Func<ProgressTask?, Task<T>> work) => Console.IsOutputRedirected
        ? work(null)
        : AnsiConsole.Progress().AutoClear(true).StartAsync(context => work(context.AddTask(Markup.Escape(Path.GetFileName(stream.Name)), maxValue: stream.Length)));

    private static IEnumerable<SettlementLine> Shown(
        FileStream stream, IEnumerable<SettlementLine> lines, ProgressTask? bar, CancellationToken cancellationToken)
    {
        var count = 0L;
        foreach (var line in lines)
        {
            yield return line;
            if (++count % LinesBetweenReports == 0)
            {
                cancellationToken.ThrowIfCancellationRequested();
                bar?.Value = stream.Position;
            }
        }
    }

    private static void Print(SortedDictionary<(string Currency, SettlementKind Kind, string Type), Sums> totals)
    {
        foreach (var group in totals.GroupBy(line => line.Key.Currency))
        {
            var currency = Currency.Of(group.Key);
            var table = Tables.Numbers($"Settled in {currency}", "kind, and what the processor calls it", "lines", "gross", "fee", "net");
            foreach (var (key, sums) in group)
            {
                Row(Markup.Escape($"{key.Kind.Name()}, {key.Type}"), sums);
            }

            table.AddEmptyRow();
            Row("[bold]total[/]", group.Aggregate(default(Sums), (sum, line) => sum.Add(line.Value)));
            AnsiConsole.Write(table);

            void Row(string kind, Sums sums) => table.AddRow(
                kind, $"{sums.Lines:N0}", Tables.Amount((decimal)sums.Gross, currency), Tables.Amount((decimal)sums.Fee, currency),
                Tables.Amount((decimal)(sums.Gross - sums.Fee), currency));
        }

        Console.WriteLine($"{totals.Values.Sum(sums => sums.Lines):N0} lines, and every one is good.");
    }

    private readonly record struct Sums(long Lines, Int128 Gross, Int128 Fee)
    {
        public Sums Add(SettlementLine line) => Add(new Sums(1, line.Gross.Minor, line.Fee.Minor));

        public Sums Add(Sums other) => new(Lines + other.Lines, Gross + other.Gross, Fee + other.Fee);
    }
}
