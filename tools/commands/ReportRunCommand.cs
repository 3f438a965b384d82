using System.CommandLine;
using System.Globalization;
using Payments.Domain;
using Payments.Storage;
using Payments.Storage.Postgres;
using Payments.Storage.Postgres.Reporting;
using Spectre.Console;

namespace Payments.Tools.Commands;

/// <summary><c>payments report run</c>: the reports of the API, straight from the database.</summary>
internal static class ReportRunCommand
{
    public static Command Create()
    {
        var type = new Argument<string>("type") { Description = "What it tells.", HelpName = "TYPE" };
        type.AcceptOnlyFromAmong([.. ReportWriter.Types.Select(one => one.Name)]);
        var merchant = new Option<string?>("--merchant") { Description = "Whose it is; the whole platform's when it is not given.", HelpName = "MER" };
        var from = Instant("--from", "The first day or instant that it tells of; the beginning when it is not given.");
        var to = Instant("--to", "The day or instant before which it ends; now when it is not given.");
        var currency = new Option<string?>("--currency") { Description = "Only amounts in this currency.", HelpName = "CODE" };
        var account = new Option<string?>("--account") { Description = "The account that it is of (account_statement).", HelpName = "ID" };
        var columns = new Option<string?>("--columns") { Description = "Which columns, in their order, with commas between them.", HelpName = "NAMES" };
        var format = new Option<string>("--format") { Description = "csv, json or ndjson.", DefaultValueFactory = _ => "csv" };
        format.AcceptOnlyFromAmong("csv", "json", "ndjson");
        var output = new Option<FileInfo?>("--output") { Description = "The file to write; it must not exist. Standard output when it is not given.", HelpName = "FILE" };
        var command = new Command("run", "Any report of the API, row by row.") { type, merchant, from, to, currency, account, columns, format, output }.WithExamples($"""
            Types: {string.Join(", ", ReportWriter.Types.Select(one => one.Name))}.
            As CSV amounts are in major units (19.99), as JSON in minor units (1999). For the same interval, which must be over, it is the same for ever.

            Example:
              payments report run balance_change_from_activity.itemized --from 2026-10-01 --to 2026-11-01 --output october.csv
            """);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var chosen = parsed.GetValue(columns)?.Split(',', StringSplitOptions.TrimEntries) ?? [];
            var order = new ReportOrder(
                parsed.GetValue(type)!, parsed.GetValue(from), parsed.GetValue(to), parsed.GetValue(currency), parsed.GetValue(account), [.. chosen], parsed.GetValue(format)!);
            var owner = parsed.GetValue(merchant);
            if (order.FirstMistake(ReportWriter.Types, owner is null, TimeProvider.System.Now()) is var (field, rule))
            {
                throw new UnusableException($"{field} {rule}.");
            }

            await using var database = await Settings.OpenDatabaseAsync(cancellationToken);
            if (owner is not null && await new MerchantStore(database, TimeProvider.System).MerchantAsync(owner, cancellationToken) is null)
            {
                throw new UnusableException($"There is no merchant {owner}.");
            }

            if (order.Account is { } known && await new LedgerQueries(database).AccountAsync(owner, known, null, cancellationToken) is null)
            {
                throw new UnusableException($"There is no account {known}.");
            }

            var asOf = await new Books(database, TimeProvider.System).FixAsync(order.To - TimeSpan.FromMicroseconds(1), cancellationToken);
            await using var file = parsed.GetValue(output) is { } path ? new FileStream(path.FullName, FileMode.CreateNew, FileAccess.Write) : Console.OpenStandardOutput();
            ReportFile written;
            try
            {
                written = await WithBarAsync(order.Type, progress => new ReportWriter(database).WriteAsync(
                    owner, order, asOf, (piece, stop) => file.WriteAsync(piece, stop), progress, cancellationToken));
            }
            catch
            {
                // A part of a report looks like a whole one.
                parsed.GetValue(output)?.Delete();
                throw;
            }

            await Console.Error.WriteLineAsync(
                $"{written.Rows:N0} rows, as of {asOf.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.FFFFFF'Z'", CultureInfo.InvariantCulture)}, SHA-256 {Convert.ToHexStringLower(written.Digest.AsSpan())}.");
            return ExitCode.Ok;
        });
        return command;
    }

    // The rows may go to standard output, so the bar goes beside it.
    private static Task<ReportFile> WithBarAsync(string name, Func<IProgress<int>, Task<ReportFile>> write)
    {
        var console = AnsiConsole.Create(new() { Out = new AnsiConsoleOutput(Console.Error), Ansi = Console.IsErrorRedirected ? AnsiSupport.No : AnsiSupport.Detect });
        return Console.IsErrorRedirected
            ? write(new Bar(_ => { }))
            : console.Progress().AutoClear(true).StartAsync(async context =>
            {
                var task = context.AddTask(Markup.Escape(name));
                return await write(new Bar(percent => task.Value = percent));
            });
    }

    private static Option<DateTimeOffset?> Instant(string name, string description) => new(name)
    {
        Description = description,
        HelpName = "TIME",
        CustomParser = result => DateTimeOffset.TryParseExact(
            result.Tokens[0].Value, ["yyyy-MM-dd", "yyyy-MM-dd'T'HH:mm:ss.FFFFFF'Z'"], CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var instant) ? instant
            : throw new UnusableException($"'{result.Tokens[0].Value}' is neither a day such as 2026-10-31 nor an instant such as 2026-10-31T12:00:00Z."),
    };

    private sealed class Bar(Action<int> show) : IProgress<int>
    {
        public void Report(int value) => show(value);
    }
}
