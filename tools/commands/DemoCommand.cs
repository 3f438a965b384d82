using System.CommandLine;
using Payments.Storage.Postgres;
using Payments.Tools.Driving;

namespace Payments.Tools.Commands;

/// <summary><c>payments demo</c>: the main job in one go, and then everybody's books beside each other.</summary>
internal static class DemoCommand
{
    public static Command Create()
    {
        var drive = new DriveOptions(1000);
        var simulator = Settings.SimulatorOption();
        simulator.Required = true;
        var seed = new Option<int>("--seed") { Description = "Which payments: the same seed makes the same ones.", HelpName = "N", DefaultValueFactory = _ => 1 };
        var command = new Command("demo", "Drives mixed payments over HTTP, then compares clients, books and processor.") { simulator, seed }.WithExamples("""
            Approved and declined payments, partial and full refunds, retries under the same key (also many at once, on different nodes), answers
            of the processor that get lost, a processor that is slow or away: whatever breaks, requests are repeated under their keys until there
            is an answer, so nodes may be killed meanwhile. Then: what happened, the trial balance, the processor's own effects beside ours, and
            the audit. Environment: PAYMENTS_DATABASE.

            Exit codes: 0 everybody agrees; 1 somebody does not, and what to do next; 2 nothing moved for a minute.

            Example:
              payments demo --api http://127.0.0.1:8080,http://127.0.0.1:8081 --simulator http://127.0.0.1:8090 --state .data --payments 1000 --seed 1
            """);
        drive.AddTo(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var (patience, tally, run) = (new Patience(TimeProvider.System), new Tally(), Plan.NewRun());
            var (nodes, parallel, processor) = (drive.Api(parsed), drive.Parallel(parsed), parsed.GetRequiredValue(simulator)!);
            using var api = new ApiClient(nodes, drive.Key(parsed, "secret_key"), parallel, patience);
            using var asOperator = new ApiClient(nodes, drive.Key(parsed, "operator_key"), 1, patience);
            await (await Settings.OpenDatabaseAsync(cancellationToken)).DisposeAsync();
            using var weather = new Weather(processor);
            await weather.BeginAsync(cancellationToken);

            await DriveView.RunAsync(
                new Driver(api, patience, tally), Plan.Mixed(run, drive.Payments(parsed), parsed.GetValue(seed)), parallel, cancellationToken);

            // Opened anew: the database may have been killed meanwhile as well, and with it every connection.
            await using var database = await Settings.OpenDatabaseAsync(cancellationToken);
            var inFlight = await Settling.WaitAsync(database, TimeProvider.System, cancellationToken);

            DemoView.Happened(tally, await weather.EndAsync(cancellationToken));
            var told = DemoView.Told(tally, await RunBooks.ReadAsync(database, run, cancellationToken));
            var balanced = DemoView.TrialBalance(await asOperator.GetAsync("/v1/ledger/trial_balance", 0, cancellationToken));
            var options = new AuditOptions { Database = database, Simulator = processor, StateDirectory = drive.State(parsed) };
            var report = await AuditView.RunAsync(options, showProgress: true, cancellationToken);
            var effects = DemoView.Effects(report);
            AuditView.Print(report);
            return DemoView.Verdict(tally, inFlight, told, balanced, effects, report) ? ExitCode.Ok : ExitCode.Breach;
        });
        return command;
    }
}
