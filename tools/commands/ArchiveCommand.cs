using System.CommandLine;
using Npgsql;
using Payments.Domain;
using Payments.Storage.Postgres;
using Spectre.Console;

namespace Payments.Tools.Commands;

/// <summary><c>payments archive [MONTH --to DIR] | check DIR</c>: lets old months leave the database.</summary>
internal static class ArchiveCommand
{
    public static Command Create()
    {
        var month = new Argument<Month?>("month")
        {
            Description = "The month, in UTC, e.g. 2026-01; without it the months are listed.",
            Arity = ArgumentArity.ZeroOrOne,
            CustomParser = result => Settings.Month(result.Tokens[0].Value),
        };
        var to = new Option<string?>("--to") { Description = "The folder that takes a folder for the month.", HelpName = "DIR" };
        var by = Names.Option("--by", "Who archives it.", Environment.UserName);
        var state = Settings.StateOption();
        var command = new Command("archive", "Lets a closed month's postings, trails, events and evidence leave the database, as signed files; or lists the months.")
        {
            month, to, by, state, Check(),
        }.WithExamples("""
            The month must be closed, all months before it archived, and nothing in it unfinished; whatever is in the way is named. The books are audited first. Then each
            table's month is written to DIR/MONTH as CSV (gzip) with a manifest, read again, signed with the checkpoints' key, recorded, and only then detached and
            dropped. A system that is running goes on meanwhile. Stopped at any point, the same command goes on where it was. Payments, operations, ids of entries and the
            inbox's memory stay: keys are good for ever, and old payments can be refunded. `payments verify` begins from what was signed, and needs its public key.
            Environment: PAYMENTS_DATABASE; to archive, PAYMENTS_OWNER_DATABASE too: no node may remove a month.

            Exit codes: 0 it is archived; 1 the audit found a breach, and nothing was archived; 2 it cannot be archived, and why.

            Examples:
              payments archive
              payments archive 2026-01 --to /backups/payments --state .data --by "Ada Counting"
              payments archive check /backups/payments --state .data
            """);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            await using var database = await Settings.OpenDatabaseAsync(cancellationToken);
            if (parsed.GetValue(month) is not { } wanted)
            {
                await ListAsync(database, cancellationToken);
                return ExitCode.Ok;
            }

            var directory = parsed.GetValue(to) ?? throw new UnusableException("Say where to: payments archive MONTH --to DIR");
            var owner = Settings.Required("PAYMENTS_OWNER_DATABASE");
            var keys = parsed.GetRequiredValue(state);
            if (!await IsRecordedAsync(database, wanted, cancellationToken) && !await PassesAsync(database, keys, cancellationToken))
            {
                return ExitCode.Breach;
            }

            var (archived, isNew) = await WithBarAsync(progress => new Archiver(owner, keys, TimeProvider.System).RunAsync(
                wanted, directory, parsed.GetRequiredValue(by)!, progress, cancellationToken));
            var files = ArchiveDocument.Read(archived.Signed.Document).Files;
            Console.WriteLine(isNew
                ? $"{wanted} is archived: {files.Sum(file => file.Rows):N0} rows in {files.Sum(file => file.Bytes):N0} bytes, in {Path.Combine(directory, $"{wanted}")}. Keep copies of it elsewhere."
                : $"{wanted} was archived at {archived.ArchivedAt:u} by {archived.ArchivedBy}; nothing of it is left here.");
            return ExitCode.Ok;
        });
        return command;
    }

    private static Command Check()
    {
        var directory = new Argument<string>("dir") { Description = "The folder that months were archived to." };
        var state = Settings.StateOption();
        var command = new Command("check", "Reads the files of archived months, and holds them against manifest, signature and database.") { directory, state }.WithExamples("""
            Exit codes: 0 all is as it was signed; 1 something is not, named in a sentence; 2 there is no key to check with, or nothing to check.
            Environment: PAYMENTS_DATABASE.
            """);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            await using var database = await Settings.OpenDatabaseAsync(cancellationToken);
            var verdicts = await WithBarAsync(progress => ArchiveVerifier.CheckAsync(
                database, parsed.GetRequiredValue(directory), parsed.GetRequiredValue(state), progress, cancellationToken));
            foreach (var verdict in verdicts)
            {
                Console.WriteLine(verdict.Mistakes.Count == 0
                    ? $"{verdict.Month}: {verdict.Rows:N0} rows, as they were signed."
                    : $"{verdict.Month}: {string.Join("; ", verdict.Mistakes)}.");
            }

            return verdicts.All(verdict => verdict.Mistakes.Count == 0) ? ExitCode.Ok : ExitCode.Breach;
        });
        return command;
    }

    private static async Task ListAsync(NpgsqlDataSource database, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        var table = new Table().AddColumns("month", "state").AddColumn(new TableColumn("rows").RightAligned()).AddColumn(new TableColumn("bytes").RightAligned()).AddColumn("in the way");
        foreach (var month in await ArchivedMonths.AllAsync(connection, TimeProvider.System.GetUtcNow(), cancellationToken))
        {
            table.AddRow(
                $"{month.Month}", month.State.ToString().ToLowerInvariant(), $"{month.Rows:N0}", $"{month.Bytes:N0}", Markup.Escape(string.Join("; ", month.InTheWay)));
        }

        AnsiConsole.Write(table);
    }

    private static async Task<bool> IsRecordedAsync(NpgsqlDataSource database, Month month, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        return await ArchivedMonths.FindAsync(connection, month, cancellationToken) is not null;
    }

    // What is signed is where later audits begin: it must be right.
    private static async Task<bool> PassesAsync(NpgsqlDataSource database, string state, CancellationToken cancellationToken)
    {
        var report = await AuditView.RunAsync(new() { Database = database, StateDirectory = state }, showProgress: true, cancellationToken);
        if (!report.Passed)
        {
            AuditView.Print(report);
            Console.Error.WriteLine("payments: nothing was archived: what is signed must be right.");
        }

        return report.Passed;
    }

    private static Task<T> WithBarAsync<T>(Func<IProgress<ArchiveProgress>?, Task<T>> run) => Console.IsOutputRedirected
        ? run(null)
        : AnsiConsole.Progress().AutoClear(true).StartAsync(context => run(new Bar(context.AddTask("archive"))));

    private sealed class Bar(ProgressTask task) : IProgress<ArchiveProgress>
    {
        public void Report(ArchiveProgress value)
        {
            task.MaxValue = value.Of;
            task.Value = value.Done;
            task.Description = Markup.Escape(value.Step);
        }
    }
}
