using System.CommandLine;
using System.Globalization;
using Payments.Domain;
using Payments.Storage.Postgres;

namespace Payments.Tools.Commands;

/// <summary><c>payments report …</c>: the books as accountants read them.</summary>
internal static class ReportCommand
{
    public static Command Create() => new("report", "Reports from the books. Environment: PAYMENTS_DATABASE.")
    {
        AsOf("trial-balance", "All lines of the books: debits equal credits.", ReportView.Print),
        AsOf("balance-sheet", "What there is, whose it is, and what was earned.", ReportView.PrintBalanceSheet),
        Income(),
        ReportRunCommand.Create(),
    };

    private static Command AsOf(string name, string description, Action<TrialBalance, ReportForm> print)
    {
        var at = new Option<DateTimeOffset?>("--at")
        {
            Description = "The end of a month (2026-10), or an instant (2026-10-31T12:00:00Z); now when it is not given.",
            HelpName = "TIME",
            CustomParser = result => Instant(result.Tokens[0].Value),
        };
        var (mode, form) = Common();
        var command = new Command(name, description) { at, mode, form }.WithExamples($"""
            As of an instant that is over, the same for ever to the byte: what is posted while it is made is posted later.
            As CSV amounts are in major units (19.99), as JSON in minor units (1999); the instant is then told on stderr. `payments report trial-balance --at MONTH --format csv | sha256sum`
            is what `payments periods list` shows for a closed month.

            Example:
              payments report {name} --at 2026-10 --mode live --format csv
            """);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            await using var database = await Settings.OpenDatabaseAsync(cancellationToken);
            print(await new Books(database, TimeProvider.System).TrialBalanceAsync(parsed.GetValue(at), ModeOf(parsed.GetValue(mode)), cancellationToken), parsed.GetValue(form));
            return ExitCode.Ok;
        });
        return command;
    }

    private static Command Income()
    {
        var from = new Option<Month>("--from") { Description = "The first month, e.g. 2026-10.", HelpName = "MONTH", Required = true, CustomParser = result => Settings.Month(result.Tokens[0].Value) };
        var through = new Option<Month?>("--through") { Description = "The last month, included; the first one when it is not given.", HelpName = "MONTH", CustomParser = result => Settings.Month(result.Tokens[0].Value) };
        var (mode, form) = Common();
        var command = new Command("fee-income", "What was earned and what it cost, by account and kind of entry.") { from, through, mode, form }.WithExamples("""
            Of months that are over, or of the running month until now; the same for ever for months that are over.

            Example:
              payments report fee-income --from 2026-10 --through 2026-12 --format csv
            """);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var (first, last) = (parsed.GetValue(from), parsed.GetValue(through) ?? parsed.GetValue(from));
            if (last < first)
            {
                throw new UnusableException($"--through {last} is before --from {first}.");
            }

            await using var database = await Settings.OpenDatabaseAsync(cancellationToken);
            DateTimeOffset? until = last == Month.Of(TimeProvider.System.Now()) ? null : last.End;
            var income = await new Books(database, TimeProvider.System).IncomeAsync(
                first.Start - TimeSpan.FromMicroseconds(1), until, ModeOf(parsed.GetValue(mode)), cancellationToken);
            ReportView.Print(income, parsed.GetValue(form));
            return ExitCode.Ok;
        });
        return command;
    }

    private static (Option<string> Mode, Option<ReportForm> Form) Common()
    {
        var mode = new Option<string>("--mode") { Description = "live, test, or all.", DefaultValueFactory = _ => "all" };
        mode.AcceptOnlyFromAmong("all", "live", "test");
        return (mode, new("--format") { Description = "table, csv or json.", DefaultValueFactory = _ => ReportForm.Table });
    }

    private static Mode? ModeOf(string? name) => name switch { "live" => Mode.Live, "test" => Mode.Test, _ => null };

    private static DateTimeOffset Instant(string text) =>
        Month.TryParse(text, out var month) ? month.End
        : DateTimeOffset.TryParseExact(
            text, ["yyyy-MM-dd'T'HH:mm:ss'Z'", "yyyy-MM-dd'T'HH:mm:ss.FFFFFF'Z'"], CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var instant) ? instant
        : throw new UnusableException($"'{text}' is neither a month such as 2026-10 nor an instant such as 2026-10-31T12:00:00Z.");
}
