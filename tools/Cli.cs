using System.CommandLine;
using System.Net.Sockets;
using Npgsql;
using Payments.Gateways.Settlement;
using Payments.Storage;
using Payments.Storage.Postgres;
using Payments.Tools.Commands;
using Spectre.Console;

namespace Payments.Tools;

/// <summary>What every command answers to the shell.</summary>
public static class ExitCode
{
    public const int Ok = 0;

    /// <summary>The command did its work, and the answer is bad news: a breach, books that disagree.</summary>
    public const int Breach = 1;

    /// <summary>It could not do its work: wrong usage, or something that it needs is not there.</summary>
    public const int Unusable = 2;
}

/// <summary>A condition outside that stops the command; the message says what to do about it.</summary>
public sealed class UnusableException(string message) : Exception(message);

/// <summary>The command line: its commands, and one place where what went wrong becomes a sentence and an exit code.</summary>
public static class Cli
{
    private const string About = """
        Environment:
          PAYMENTS_DATABASE        the database as the nodes see it (role payments_app), e.g.
                                   "Host=127.0.0.1;Port=5433;Database=payments;Username=payments_app;Password=..."
          PAYMENTS_OWNER_DATABASE  the same database with a login that may create roles and databases (migrate), or act as payments_owner (archive)
          PAYMENTS_APP_PASSWORD    the password that payments_app gets (migrate only)
          PAYMENTS_STATE           the folder with keys and checkpoints when --state is not given (.data)

        Exit codes: 0 all is well; 1 the answer is bad news (a breach, books that disagree); 2 wrong usage, or something is unreachable.
        """;

    /// <summary>Runs one command line.</summary>
    public static async Task<int> RunAsync(string[] args)
    {
        var root = new RootCommand("The payments backend's command line.");
        root.Subcommands.Add(MigrateCommand.Create());
        root.Subcommands.Add(InitCommand.Create());
        root.Subcommands.Add(MerchantsCommand.Create());
        root.Subcommands.Add(KeysCommand.Create());
        root.Subcommands.Add(VerifyCommand.Create());
        root.Subcommands.Add(PeriodsCommand.Create());
        root.Subcommands.Add(ReportCommand.Create());
        root.Subcommands.Add(SettlementCommand.Create());
        root.Subcommands.Add(ReconciliationCommand.Create());
        root.Subcommands.Add(CheckpointCommand.Create());
        root.Subcommands.Add(ArchiveCommand.Create());
        root.Subcommands.Add(DemoCommand.Create());
        root.Subcommands.Add(LoadCommand.Create());
        root.Subcommands.Add(MonthCommand.Create());
        root.WithExamples(About);
        Examples.ShowIn(root);
        if (Console.IsOutputRedirected)
        {
            // Nobody's window: tables keep their columns whole, and a file has no use for colours.
            AnsiConsole.Profile.Width = 200;
            AnsiConsole.Profile.Capabilities.Ansi = false;
            AnsiConsole.Profile.Capabilities.ColorSystem = ColorSystem.NoColors;
        }

        try
        {
            var parsed = root.Parse(args);
            var code = await parsed.InvokeAsync(new() { EnableDefaultExceptionHandler = false });
            return parsed.Errors.Count > 0 ? ExitCode.Unusable : code;
        }
        catch (Exception trouble) when (trouble is UnusableException or SchemaMismatchException or AuditNotPossibleException or BooksException or ArchiveException or ArchivedException or SettlementFileException
            or SettlementImportException or ReportImpossibleException)
        {
            return Fail(trouble.Message);
        }
        catch (PostgresException refused)
        {
            return Fail($"The database refused ({refused.SqlState}): {refused.MessageText}");
        }
        catch (Exception trouble) when (trouble is NpgsqlException or SocketException or HttpRequestException)
        {
            return Fail($"Not reachable: {trouble.Message}");
        }
        catch (Exception trouble) when (trouble is UnauthorizedAccessException or IOException or ArgumentException or FormatException)
        {
            return Fail(trouble.Message);
        }
        catch (OperationCanceledException)
        {
            return Fail("Stopped.");
        }
    }

    private static int Fail(string sentence)
    {
        Console.Error.WriteLine($"payments: {sentence}");
        return ExitCode.Unusable;
    }
}
