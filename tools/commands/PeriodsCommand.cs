using System.CommandLine;
using Payments.Domain;
using Payments.Storage.Postgres;
using Spectre.Console;

namespace Payments.Tools.Commands;

/// <summary><c>payments periods close|list</c>: months of the books.</summary>
internal static class PeriodsCommand
{
    public static Command Create() => new("periods", "Closes months of the books, and lists the closed ones. Environment: PAYMENTS_DATABASE.") { Close(), List() };

    private static Command Close()
    {
        var month = new Argument<Month>("month") { Description = "The month, in UTC, e.g. 2026-10.", CustomParser = result => Settings.Month(result.Tokens[0].Value) };
        var by = Names.Option("--by", "Who closes it.", Environment.UserName);
        var command = new Command("close", "Closes a month: whatever is posted later goes to a later month.") { month, by }.WithExamples("""
            The month must be over, and the one behind the last closed one; the first that is closed closes everything before it too. It cannot be
            opened again: what turns out later is posted to an open month. The trial balance at its end is sealed, and `payments verify` adds all
            postings up again to see that it is still the same. A system that is running goes on meanwhile. Closing a month twice changes nothing.

            Exit codes: 0 it is closed; 2 it cannot be closed, and why.

            Example:
              payments periods close 2026-10 --by "Ada Counting"
            """);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            await using var database = await Settings.OpenDatabaseAsync(cancellationToken);
            var (closing, isNew) = await new Books(database, TimeProvider.System).CloseAsync(parsed.GetValue(month), parsed.GetRequiredValue(by)!, cancellationToken);
            Console.WriteLine(isNew
                ? $"{closing.Month} is closed. Its trial balance: payments report trial-balance --at {closing.Month}; SHA-256 of it as CSV: {Convert.ToHexStringLower(closing.Digest)}"
                : $"{closing.Month} was closed already, at {closing.ClosedAt:u} by {closing.ClosedBy}.");
            return ExitCode.Ok;
        });
        return command;
    }

    private static Command List()
    {
        var command = new Command("list", "Lists the closed months.");
        command.SetAction(async (_, cancellationToken) =>
        {
            await using var database = await Settings.OpenDatabaseAsync(cancellationToken);
            var closings = await new Books(database, TimeProvider.System).ClosingsAsync(cancellationToken);
            if (closings.Count == 0)
            {
                Console.WriteLine("No month is closed yet: payments periods close 2026-10");
                return ExitCode.Ok;
            }

            var table = new Table().AddColumns("month", "closed at", "by", "SHA-256 of its trial balance as CSV");
            foreach (var closing in closings)
            {
                table.AddRow($"{closing.Month}", $"{closing.ClosedAt:u}", Markup.Escape(closing.ClosedBy), Convert.ToHexStringLower(closing.Digest));
            }

            AnsiConsole.Write(table);
            return ExitCode.Ok;
        });
        return command;
    }
}
