using System.CommandLine;
using Payments.Storage.Postgres;

namespace Payments.Tools.Commands;

/// <summary><c>payments verify</c>: the audit.</summary>
internal static class VerifyCommand
{
    public static Command Create()
    {
        var state = Settings.StateOption();
        var simulator = Settings.SimulatorOption();
        var since = new Option<string?>("--since") { Description = "Begin from this exported checkpoint.", HelpName = "FILE" };
        var json = new Option<bool>("--json") { Description = "Print the report as JSON." };
        var command = new Command("verify", "Audits the books of a live or stopped system.") { simulator, state, since, json }.WithExamples("""
            Proves from one snapshot of the database that every entry balances, every state was reached by legal steps, payments and ledger
            agree, no sequence has a gap, and no row of the past was touched. With --simulator also that the processor did exactly what the
            books say. Nothing is written, and a live system goes on meanwhile.
            Environment: PAYMENTS_DATABASE.

            Exit codes: 0 no breach; 1 a breach, named in a sentence; 2 the audit could not be done.

            Examples:
              payments verify --simulator http://127.0.0.1:8090 --state .data
              payments verify --since .data/checkpoints/000042-20260101T120000Z.json
            """);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            await using var database = await Settings.OpenDatabaseAsync(cancellationToken);
            var options = new AuditOptions
            {
                Database = database,
                Simulator = parsed.GetValue(simulator),
                StateDirectory = parsed.GetRequiredValue(state),
                SinceFile = parsed.GetValue(since),
            };
            var report = await AuditView.RunAsync(options, showProgress: !parsed.GetValue(json), cancellationToken);
            if (parsed.GetValue(json))
            {
                Console.WriteLine(AuditView.Json(report));
            }
            else
            {
                AuditView.Print(report);
            }

            return report.Passed ? ExitCode.Ok : ExitCode.Breach;
        });
        return command;
    }
}
