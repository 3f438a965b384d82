using System.CommandLine;
using System.Diagnostics;
using System.Security.Cryptography;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using Payments.Domain;
using Payments.Gateways.Settlement;
using Payments.Storage;
using Payments.Storage.Postgres;
using Payments.Tools.Months;
using Spectre.Console;

namespace Payments.Tools.Commands;

/// <summary><c>payments month</c>: a month of payments from one seed, settled with planted mistakes, reconciled, audited and closed.</summary>
internal static class MonthCommand
{
    private const string Database = "payments_month";
    private const string Bars = "▁▂▃▄▅▆▇█";

    public static Command Create()
    {
        var payments = new Option<int>("--payments") { Description = "How many.", HelpName = "N", DefaultValueFactory = _ => 100_000 };
        var seed = new Option<int>("--seed") { Description = "Which: the same seed makes the same month.", HelpName = "N", DefaultValueFactory = _ => 1 };
        var keep = new Option<bool>("--keep") { Description = $"Leave the database {Database} there, to look into." };
        var command = new Command("month", "Plays a month of payments, and shows the books an accountant would read.") { payments, seed, keep }.WithExamples($"""
            In a database of its own, {Database}, which it makes anew: last month's charges, refunds, disputes and fees in four currencies, and the processor's settlement
            file about them, with mistakes of every kind planted in it. Imports and reconciles it; every planted mistake must be found, and nothing else. Then the audit, the
            closing of the month, and the tables. Environment: PAYMENTS_OWNER_DATABASE, PAYMENTS_APP_PASSWORD.

            Exit codes: 0 all was found and everything ties; 1 it was not, or does not.

            Example:
              ./run demo --month --payments 20000 --seed 7
            """);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var count = parsed.GetValue(payments);
            if (count is < 100 or > 5_000_000)
            {
                throw new UnusableException("--payments goes from 100 to 5000000.");
            }

            var (owner, app) = await MakeAsync(cancellationToken);
            var folder = Directory.CreateTempSubdirectory("payments-month");
            try
            {
                await using var database = NpgsqlDataSource.Create(app);
                return await PlayAsync(database, app, Path.Combine(folder.FullName, "settlement.csv"), count, parsed.GetValue(seed), cancellationToken);
            }
            finally
            {
                folder.Delete(recursive: true);
                NpgsqlConnection.ClearAllPools();
                if (!parsed.GetValue(keep))
                {
                    await DropAsync(owner, CancellationToken.None);
                }
            }
        });
        return command;
    }

    private static async Task<int> PlayAsync(NpgsqlDataSource database, string app, string path, int count, int seed, CancellationToken cancellationToken)
    {
        var month = Month.Of(Month.Of(TimeProvider.System.Now()).Start.AddDays(-1));
        var clock = new MonthClock(month.Start);
        await using var writing = Connections.ForWriting(app);
        await using var committer = new GroupCommitter(writing, new() { Node = "month" }, clock, NullLogger<GroupCommitter>.Instance);
        await committer.StartAsync(cancellationToken);
        var breaks = new BreakBook(database, clock);
        var reconciler = new Reconciler(database, new Inbox(database), clock);
        var run = new ReconciliationRun(reconciler, committer.CommitAsync, clock);
        HashSet<(string Kind, string About)> planted = [];
        var resolved = 0;
        var watch = Stopwatch.StartNew();
        var times = new List<(string What, TimeSpan Time)>();

        await ProgressAsync(async bars =>
        {
            using (var file = new ProcessorFile(path))
            {
                var played = new MonthBooks(database, committer, clock, file, month, count, seed);
                await TermsAsync(database, cancellationToken);
                await played.WriteAsync(bars($"{count:N0} payments of {month}", count), cancellationToken);
                resolved = played.Unknown;
                planted = file.Planted;
                Lap("payments");
                file.Dispose();
                clock.MoveTo(month.End - TimeSpan.FromMinutes(1));
                var total = await ImportAsync(database, clock, path, month, bars, cancellationToken);
                Lap("import");
                await run.RunAsync(MonthBooks.Gateway, progress => bars("lines reconciled", total)(progress.Lines), cancellationToken);
                Lap("reconciliation");

                // What the lines proved reaches its payments, and what waited for it is judged anew.
                await played.HearAsync(cancellationToken);
                await run.RunAsync(MonthBooks.Gateway, null, cancellationToken);
                Lap("evidence");
            }
        });

        var open = await breaks.ListAsync(isOpen: true, null, null, null, int.MaxValue, cancellationToken);
        var seen = open.Select(one => (one.Kind, About(one))).ToHashSet();
        var books = new Books(database, clock);
        var (closing, _) = await books.CloseAsync(month, "demo", cancellationToken);
        var trial = await books.TrialBalanceAsync(month.End, null, cancellationToken);
        ReportView.Print(trial, ReportForm.Table);
        ReportView.PrintBalanceSheet(trial, ReportForm.Table);
        var summary = await breaks.SummaryAsync(null, month.End, cancellationToken);
        ReconciliationCommand.Show(summary);
        var isFound = ShowBreaks(planted, open, seen);
        await ChartAsync(database, month, cancellationToken);
        var report = await AuditView.RunAsync(new AuditOptions { Database = database, StateDirectory = Path.GetDirectoryName(path)! }, showProgress: true, cancellationToken);
        AuditView.Print(report);
        Lap("closing and audit");

        var ties = summary.All(line => line.Opening + line.Activity - line.Settled + line.Corrected == line.Closing) && closing.Digest.AsSpan().SequenceEqual(trial.Digest());
        Console.WriteLine($"{resolved:N0} payments of unknown outcome were resolved by the lines that prove them.");
        Console.WriteLine($"{month} is closed; SHA-256 of its trial balance: {Convert.ToHexStringLower(closing.Digest)}");
        Console.WriteLine(string.Join(", ", times.Select(lap => $"{lap.What} {lap.Time.TotalSeconds:0.0} s")) + ".");
        Console.WriteLine(isFound ? $"All {planted.Count:N0} planted mistakes were found, and nothing else." : "What was planted and what was found differ.");
        return isFound && ties && !report.Breaches.Any() ? ExitCode.Ok : ExitCode.Breach;

        void Lap(string what)
        {
            times.Add((what, watch.Elapsed));
            watch.Restart();
        }
    }

    private static string About(BreakRow found) => found.OperationId is { } operation ? Ids.ProcessorReference(operation) : found.LineId!;

    private static bool ShowBreaks(HashSet<(string Kind, string About)> planted, IReadOnlyList<BreakRow> open, HashSet<(string Kind, string About)> seen)
    {
        var table = Tables.Numbers("What does not fit", "kind", "planted", "found", "too many", "missed");
        foreach (var kind in planted.Concat(seen).Select(one => one.Kind).Distinct().Order(StringComparer.Ordinal))
        {
            var (here, there) = (planted.Where(one => one.Kind == kind).ToHashSet(), seen.Where(one => one.Kind == kind).ToHashSet());
            table.AddRow(kind, $"{here.Count:N0}", $"{there.Count:N0}", $"{there.Except(here).Count():N0}", $"{here.Except(there).Count():N0}");
        }

        AnsiConsole.Write(table);
        return planted.SetEquals(seen) && open.Count == planted.Count;
    }

    // The volume of each day as a bar, one line a currency.
    private static async Task ChartAsync(NpgsqlDataSource database, Month month, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand("""
            SELECT a.currency, extract(day FROM e.posted_at AT TIME ZONE 'UTC')::integer, sum(p.amount)::bigint
            FROM accounts a JOIN postings p ON p.account_no = a.no JOIN journal_entries e ON e.id = p.entry_id AND e.kind IN ('charge', 'capture')
            WHERE a.id LIKE 'gateway:%:receivable:%' AND e.posted_at >= $1 AND e.posted_at <= $2 GROUP BY 1, 2
            """);
        command.CommandTimeout = 0;
        command.Parameters.Add(new() { Value = month.Start });
        command.Parameters.Add(new() { Value = month.End });
        var volumes = new SortedDictionary<string, long[]>(StringComparer.Ordinal);
        await using (var reader = await command.ExecuteReaderAsync(cancellationToken))
        {
            while (await reader.ReadAsync(cancellationToken))
            {
                var code = reader.GetString(0);
                volumes.TryAdd(code, new long[month.End.Day]);
                volumes[code][reader.GetInt32(1) - 1] = reader.GetInt64(2);
            }
        }

        var table = Tables.Numbers($"Taken day by day in {month}", "day 1 to the last", "currency", "most in a day", "in all");
        foreach (var (code, days) in volumes)
        {
            var (currency, most) = (Currency.Of(code), Math.Max(1, days.Max()));
            table.AddRow(
                new string([.. days.Select(day => Bars[(int)((Int128)day * (Bars.Length - 1) / most)])]), code, Tables.Amount(most, currency), Tables.Amount(days.Sum(), currency));
        }

        AnsiConsole.Write(table);
    }

    private static async Task<int> ImportAsync(
        NpgsqlDataSource database, MonthClock clock, string path, Month month, Func<string, int, Action<int>> bars, CancellationToken cancellationToken)
    {
        await using var stream = File.OpenRead(path);
        var digest = await SHA256.HashDataAsync(stream, cancellationToken);
        stream.Position = 0;
        var format = SettlementFormat.All.Single(known => known.Name == "stripe");
        var told = bars("settlement file imported", (int)(stream.Length / 1024));
        var (file, _) = await new SettlementFiles(database, clock).ImportAsync(
            new(MonthBooks.Gateway, $"{month}.csv", format.Name, digest, "demo") { CoversUntil = month.Next.Start.AddHours(2) },
            SettlementFile.ReadUnchanged(stream, format, digest).Select(line =>
            {
                told((int)(stream.Position / 1024));
                return SettlementImport.ToRow(line);
            }), cancellationToken);
        return file.Lines;
    }

    private static async Task TermsAsync(NpgsqlDataSource database, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand("INSERT INTO processor_terms SELECT $1, unnest($2::text[]), $3, $4");
        foreach (var value in new object[] { MonthBooks.Gateway, new[] { "EUR", "USD", "JPY" }, ProcessorFile.Terms.BasisPoints, ProcessorFile.Terms.Fixed })
        {
            command.Parameters.Add(new() { Value = value });
        }

        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private static async Task<(string Owner, string App)> MakeAsync(CancellationToken cancellationToken)
    {
        var owner = Settings.Required("PAYMENTS_OWNER_DATABASE");
        var password = Settings.Required("PAYMENTS_APP_PASSWORD");
        await DropAsync(owner, cancellationToken);
        var target = new NpgsqlConnectionStringBuilder(owner) { Database = Database };
        await Migrations.ApplyAsync(target.ConnectionString, password, cancellationToken);
        return (owner, new NpgsqlConnectionStringBuilder(target.ConnectionString) { Username = "payments_app", Password = password, SearchPath = "payments", CommandTimeout = 0 }.ConnectionString);
    }

    private static async Task DropAsync(string owner, CancellationToken cancellationToken)
    {
        await using var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(owner) { Database = "postgres", Pooling = false }.ConnectionString);
        await connection.OpenAsync(cancellationToken);
        await using var command = new NpgsqlCommand($"DROP DATABASE IF EXISTS {Database} WITH (FORCE)", connection);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    // Gives work bars by name; a bar is there from the first time that it is told something.
    private static Task ProgressAsync(Func<Func<string, int, Action<int>>, Task> work) => Console.IsOutputRedirected
        ? work((_, _) => _ => { })
        : AnsiConsole.Progress().StartAsync(context =>
        {
            var known = new Dictionary<string, ProgressTask>();
            return work((name, most) =>
            {
                if (!known.TryGetValue(name, out var bar))
                {
                    known.Add(name, bar = context.AddTask(Markup.Escape(name), maxValue: Math.Max(1, most)));
                }

                return done => bar.Value = done;
            });
        });
}
