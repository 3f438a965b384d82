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
        var stripe = new Option<Uri?>("--stripe") { Description = "A server that speaks Stripe's language, which the nodes are set up to charge (./run demo --stripe does that).", HelpName = "URL", CustomParser = result => Settings.Url(result.Tokens[0].Value) };
        var api = new Option<string>("--stripe-api") { Description = "Which of Stripe's interfaces: payment_intents or charges.", HelpName = "API", DefaultValueFactory = _ => "payment_intents" };
        api.AcceptOnlyFromAmong("payment_intents", "charges");
        var seed = new Option<int>("--seed") { Description = "Which payments: the same seed makes the same ones.", HelpName = "N", DefaultValueFactory = _ => 1 };
        var command = new Command("demo", "Drives mixed payments over HTTP, then compares clients, books and processor.") { simulator, stripe, api, seed }.WithExamples("""
            Approved and declined payments, partial and full refunds, retries under the same key (also many at once, on different nodes), answers
            of the processor that get lost, a processor that is slow or away: whatever breaks, requests are repeated under their keys until there
            is an answer, so nodes may be killed meanwhile. Then: what happened, the trial balance, the processor's own effects beside ours, and
            the audit. With --stripe: charges, captures and refunds with the tokens of Stripe's test mode, and Stripe's own lists beside ours.
            Environment: PAYMENTS_DATABASE; STRIPE_SECRET_KEY with --stripe.

            Exit codes: 0 everybody agrees; 1 somebody does not, and what to do next; 2 nothing moved for a minute.

            Example:
              payments demo --api http://127.0.0.1:8080,http://127.0.0.1:8081 --simulator http://127.0.0.1:8090 --state .data --payments 1000 --seed 1
            """);
        drive.AddTo(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var (patience, tally, run) = (new Patience(TimeProvider.System), new Tally(), Plan.NewRun());
            var (nodes, parallel, processor, server) = (drive.Api(parsed), drive.Parallel(parsed), parsed.GetValue(simulator), parsed.GetValue(stripe));
            if ((processor ?? server) is null)
            {
                throw new UnusableException("Name the processor: --simulator URL or --stripe URL.");
            }

            var secretKey = server is null ? "" : Environment.GetEnvironmentVariable("STRIPE_SECRET_KEY")
                ?? throw new UnusableException("Set STRIPE_SECRET_KEY: the key with which the nodes charge.");
            var plan = server is null
                ? Plan.Mixed(run, drive.Payments(parsed), parsed.GetValue(seed))
                : Plan.Stripe(run, drive.Payments(parsed), parsed.GetValue(seed), parsed.GetValue(api) == "payment_intents");
            using var client = new ApiClient(nodes, drive.Key(parsed, "secret_key"), parallel, patience);
            using var asOperator = new ApiClient(nodes, drive.Key(parsed, "operator_key"), 1, patience);
            await (await Settings.OpenDatabaseAsync(cancellationToken)).DisposeAsync();
            using var weather = server is null ? new Weather(processor!) : null;
            await (weather?.BeginAsync(cancellationToken) ?? Task.CompletedTask);

            await DriveView.RunAsync(new Driver(client, patience, tally), plan, parallel, cancellationToken);

            // Opened anew: the database may have been killed meanwhile as well, and with it every connection.
            await using var database = await Settings.OpenDatabaseAsync(cancellationToken);
            var inFlight = await Settling.WaitAsync(database, TimeProvider.System, cancellationToken);

            DemoView.Happened(tally, weather is null ? null : await weather.EndAsync(cancellationToken));
            var told = DemoView.Told(tally, await RunBooks.ReadAsync(database, run, cancellationToken));
            var balanced = DemoView.TrialBalance(await asOperator.GetAsync("/v1/ledger/trial_balance", 0, cancellationToken));
            var options = new AuditOptions { Database = database, Simulator = server is null ? processor : null, StateDirectory = drive.State(parsed) };
            var report = await AuditView.RunAsync(options, showProgress: true, cancellationToken);
            bool effects;
            if (server is null)
            {
                effects = DemoView.Effects(report);
            }
            else
            {
                using var record = new StripeRecord(server, secretKey);
                effects = DemoView.Effects(await record.CompareAsync(database, run, cancellationToken));
            }

            AuditView.Print(report);
            return DemoView.Verdict(tally, inFlight, told, balanced, effects, report) ? ExitCode.Ok : ExitCode.Breach;
        });
        return command;
    }
}
