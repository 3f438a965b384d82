using System.CommandLine;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using Payments.Domain;
using Payments.Storage;
using Payments.Storage.Postgres;
using Spectre.Console;

namespace Payments.Tools.Commands;

/// <summary><c>payments reconciliation run|summary|breaks|terms</c>: processors' files against our operations and our ledger.</summary>
internal static class ReconciliationCommand
{
    private const int Listed = 100;

    public static Command Create() => new("reconciliation", "Holds processors' files against the books. Environment: PAYMENTS_DATABASE.") { Run(), Summary(), Breaks(), Terms() };

    private static Command Run()
    {
        var command = new Command("run", "Reconciles all imported files now, and shows what they come to.").WithExamples("""
            Nodes do this by themselves within seconds; here one can watch it. Each line is matched with our operation and our ledger: what fits leaves the
            receivable for the way to our bank and the processor's fees, what does not waits in suspense under a break. Run twice, or beside nodes, it posts
            nothing twice.

            Exit codes: 0 no break is open; 1 breaks are open; 2 it could not be done, and why.
            """);
        command.SetAction(async (_, cancellationToken) =>
        {
            await using var database = await Settings.OpenDatabaseAsync(cancellationToken);
            await using var writing = Connections.ForWriting(Settings.Required("PAYMENTS_DATABASE"));
            await using var committer = new GroupCommitter(
                writing, new() { Node = "payments reconciliation" }, TimeProvider.System, NullLogger<GroupCommitter>.Instance);
            await committer.StartAsync(cancellationToken);
            var reconciler = new Reconciler(database, new Inbox(database), TimeProvider.System);
            var run = new ReconciliationRun(reconciler, committer.CommitAsync, TimeProvider.System);
            try
            {
                foreach (var gateway in await reconciler.GatewaysAsync(cancellationToken))
                {
                    await WatchedAsync(told => run.RunAsync(gateway, told, cancellationToken));
                }
            }
            catch (ReconciliationHaltedException halted)
            {
                throw new UnusableException($"{halted.Message} What was done stays; run it again.");
            }

            return await ShowAsync(new BreakBook(database, TimeProvider.System), null, null, cancellationToken) ? ExitCode.Ok : ExitCode.Breach;
        });
        return command;
    }

    private static Command Summary()
    {
        var from = new Option<Month?>("--from") { Description = "The first month; the beginning when it is not given.", HelpName = "MONTH", CustomParser = result => Settings.Month(result.Tokens[0].Value) };
        var through = new Option<Month?>("--through") { Description = "The last month, included; until now when it is not given.", HelpName = "MONTH", CustomParser = result => Settings.Month(result.Tokens[0].Value) };
        var command = new Command("summary", "What each processor owed, what came, what it settled, and what it owes.") { from, through }.WithExamples("""
            By processor and currency, from the ledger: opening + activity - settled + corrected = closing, to the minor unit.

            Example:
              payments reconciliation summary --from 2026-10 --through 2026-10
            """);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            await using var database = await Settings.OpenDatabaseAsync(cancellationToken);
            await ShowAsync(
                new BreakBook(database, TimeProvider.System), parsed.GetValue(from)?.Start - TimeSpan.FromMicroseconds(1), parsed.GetValue(through)?.End, cancellationToken);
            return ExitCode.Ok;
        });
        return command;
    }

    private static Command Breaks()
    {
        var all = new Option<bool>("--all") { Description = "Those that have ended too." };
        var gateway = new Option<string?>("--gateway") { Description = "Only those of this processor.", HelpName = "NAME" };
        var command = new Command("breaks", "Lists the differences between processors' files and the books, the oldest first.") { all, gateway }.WithExamples("""
            How a break ends is for operators to say, with a reason: POST /v1/reconciliation/breaks/ID/resolution (see docs/api.md).

            Example:
              payments reconciliation breaks --gateway stripe
            """);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            await using var database = await Settings.OpenDatabaseAsync(cancellationToken);
            var breaks = await new BreakBook(database, TimeProvider.System).ListAsync(
                parsed.GetValue(all) ? null : true, parsed.GetValue(gateway), null, null, Listed + 1, cancellationToken);
            if (breaks.Count == 0)
            {
                Console.WriteLine("No break is open.");
                return ExitCode.Ok;
            }

            var now = TimeProvider.System.Now();
            var table = new Table().AddColumns("break", "processor", "kind").AddColumn(new TableColumn("amount").RightAligned())
                .AddColumn(new TableColumn("days").RightAligned()).AddColumns("where", "owner", "ended");
            foreach (var found in breaks.Take(Listed))
            {
                var currency = Currency.Of(found.Currency);
                table.AddRow(
                    Ids.Format(Ids.BreakPrefix, found.Id), found.Gateway, found.Kind, $"{Tables.Amount(found.Amount, currency)} {currency.Code}",
                    $"{(int)(now - found.OpenedAt).TotalDays}",
                    Markup.Escape(found.File is null ? Ids.ProcessorReference(found.OperationId!.Value) : $"{found.File}, line {found.Line}"), Markup.Escape(found.Owner ?? ""),
                    Markup.Escape(found.Ended is { } end ? $"{end.Resolution}: {end.Reason}" : ""));
            }

            AnsiConsole.Write(table);
            if (breaks.Count > Listed)
            {
                Console.WriteLine($"These are the first {Listed}; GET /v1/reconciliation/breaks has all of them.");
            }

            return ExitCode.Ok;
        });
        return command;
    }

    private static Command Terms()
    {
        var gateway = new Option<string>("--gateway") { Description = "The processor.", HelpName = "NAME", Required = true };
        var currency = new Option<string>("--currency") { Description = "The currency in which it settles.", HelpName = "CODE", Required = true };
        var points = new Option<int>("--basis-points") { Description = "Of what is settled, in hundredths of a percent.", HelpName = "N", Required = true };
        var fixedPart = new Option<long>("--fixed") { Description = "For each charge, in minor units.", HelpName = "N", Required = true };
        var command = new Command("terms", "Says what a processor may keep of a charge, by contract.") { gateway, currency, points, fixedPart }.WithExamples("""
            From then on each charge that is settled with another fee is a break, fee_differs, and the difference waits in suspense. Without terms any fee is
            taken as right. Rounded half to even.

            Example:
              payments reconciliation terms --gateway stripe --currency EUR --basis-points 140 --fixed 25
            """);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var (code, share, each) = (parsed.GetRequiredValue(currency), parsed.GetValue(points), parsed.GetValue(fixedPart));
            if (!Currency.TryParse(code, out _) || share is < 0 or > FeeTerms.MaxBasisPoints || each is < 0 or > Money.MaxOperation)
            {
                throw new UnusableException($"--currency is a code of ISO 4217, --basis-points goes from 0 to {FeeTerms.MaxBasisPoints}, --fixed from 0.");
            }

            await using var database = await Settings.OpenDatabaseAsync(cancellationToken);
            await using var command = database.CreateCommand(
                "INSERT INTO processor_terms VALUES ($1, $2, $3, $4) ON CONFLICT (gateway, currency) DO UPDATE SET basis_points = excluded.basis_points, fixed = excluded.fixed");
            foreach (var value in new object[] { parsed.GetRequiredValue(gateway), code, share, each })
            {
                command.Parameters.Add(new NpgsqlParameter { Value = value });
            }

            await command.ExecuteNonQueryAsync(cancellationToken);
            Console.WriteLine($"Charges that {parsed.GetRequiredValue(gateway)} settles in {code} from now on are held to {share / 100m:0.00} % and {Currency.Of(code).Major(each)} {code}.");
            return ExitCode.Ok;
        });
        return command;
    }

    /// <returns>Whether no break is open.</returns>
    private static async Task<bool> ShowAsync(BreakBook book, DateTimeOffset? from, DateTimeOffset? until, CancellationToken cancellationToken)
    {
        var lines = await book.SummaryAsync(from, until, cancellationToken);
        Show(lines);
        if (lines.Count == 0)
        {
            Console.WriteLine("No payment was ever made at a processor.");
        }

        var open = lines.Sum(line => line.OpenBreaks);
        Console.WriteLine(open == 0 ? "No break is open." : $"{open:N0} breaks are open: payments reconciliation breaks");
        return open == 0;
    }

    /// <summary>One table a processor.</summary>
    public static void Show(IReadOnlyList<ReceivableSummary> lines)
    {
        foreach (var group in lines.GroupBy(line => line.Gateway))
        {
            var table = Tables.Numbers(
                $"What {group.Key} owes", "currency", "opening", "+ activity", "- settled", "+ corrected", "= closing", "in transit", "fees", "suspense", "open breaks");
            foreach (var line in group)
            {
                var currency = Currency.Of(line.Currency);
                table.AddRow(
                [
                    line.Currency,
                    .. new[] { line.Opening, line.Activity, line.Settled, line.Corrected, line.Closing, line.InTransit, line.Fees, line.Suspense }.Select(amount => Tables.Amount(amount, currency)),
                    $"{line.OpenBreaks:N0}",
                ]);
            }

            AnsiConsole.Write(table);
        }
    }

    private static Task WatchedAsync(Func<Action<MatchProgress>?, Task> work) => Console.IsOutputRedirected
        ? work(null)
        : AnsiConsole.Progress().AutoClear(true).StartAsync(async context =>
        {
            ProgressTask? bar = null;
            await work(progress =>
            {
                if (bar?.Description != progress.File)
                {
                    bar = context.AddTask(Markup.Escape(progress.File), maxValue: Math.Max(1, progress.Total));
                }

                bar.Value = progress.Lines;
            });
        });
}
