using System.CommandLine;
using System.Numerics;
using Payments.Benchmarks;
using Payments.Benchmarks.Full;
using Payments.Benchmarks.Load;
using Payments.Benchmarks.Report;
using Payments.Benchmarks.Systems;

var root = new RootCommand("Measures the system beside its references. ./bench runs it.") { MeasureCommand(), HttpLoadCommand(), GrainsCommand() };
return await root.Parse(args).InvokeAsync();

static Command MeasureCommand()
{
    var rounds = new Option<int>("--rounds") { DefaultValueFactory = _ => 3, HelpName = "N", Description = "How often each measurement is made." };
    var seconds = new Option<double>("--seconds") { DefaultValueFactory = _ => 8, HelpName = "S", Description = "How long each of them takes." };
    var full = new Option<bool>("--full") { Description = "Also measures what takes hours." };
    var only = new Option<string?>("--only") { HelpName = "PARTS", Description = $"Some of {string.Join(", ", [.. Plan.QuickParts, .. Plan.FullParts])}, with commas between them." };
    var charges = new Option<long>("--charges") { DefaultValueFactory = _ => 5_000_000, HelpName = "N", Description = "How many charges growth makes." };
    var minutes = new Option<double>("--minutes") { DefaultValueFactory = _ => 30, HelpName = "M", Description = "How long soak takes." };
    var lines = new Option<int>("--lines") { DefaultValueFactory = _ => 1_000_000, HelpName = "N", Description = "How many payments the month of books has." };
    only.Validators.Add(result =>
    {
        if (result.GetValueOrDefault<string?>()?.Split(',').Except([.. Plan.QuickParts, .. Plan.FullParts]).FirstOrDefault() is { } unknown)
        {
            result.AddError($"There is no part called '{unknown}': name some of {string.Join(", ", [.. Plan.QuickParts, .. Plan.FullParts])}.");
        }
    });
    MustBePositive(rounds);
    MustBePositive(seconds);
    MustBePositive(charges);
    MustBePositive(minutes);
    MustBePositive(lines);
    var profile = new Option<bool>("--profile") { Description = "Also shows which statements took PostgreSQL's time." };
    var command = new Command("measure", "Makes all measurements, prints the table and saves it.") { rounds, seconds, full, only, charges, minutes, lines, profile };
    command.SetAction(async (parsed, _) =>
    {
        var folder = Required("BENCH_FOLDER");
        var cluster = new Cluster(Required("BENCH_OWNER_DATABASE"), Required("BENCH_APP_PASSWORD"), Required("BENCH_POSTGRES_PROGRAMS"));
        var plan = new Plan(parsed.GetValue(rounds), parsed.GetValue(seconds), WarmUp: 8, Calibration: 2, parsed.GetValue(full), parsed.GetValue(only), parsed.GetValue(charges),
            parsed.GetValue(minutes), parsed.GetValue(lines));
        try
        {
            var statements = parsed.GetValue(profile) ? await StatementProfile.StartAsync(cluster, Required("BENCH_POSTGRES")) : null;
            var (series, noise) = (new Series(), Noise.Read());
            var progress = Progress();
            await using var quick = new QuickBench(cluster, folder, plan, series, progress);
            if (plan.IsQuick)
            {
                await quick.RunAsync();
            }

            await quick.DisposeAsync(); // its processes would take part in what follows
            var rest = new FullBench(cluster, folder, plan, series, progress);
            await rest.RunAsync();
            var results = new BenchResults(
                TimeProvider.System.GetUtcNow(), Machine.Describe(Payments.Silo.SiloEngine.Name, await SettingsAsync(cluster)), plan.Seconds, plan.Rounds,
                [.. quick.Measures(), .. rest.Measures()], series.Values, [.. Warnings(series, noise)]);
            results.Print();
            if (statements is not null)
            {
                await statements.PrintAsync("bench_http");
                await statements.PrintAsync("bench_grains");
            }

            await results.SaveAsync(Required("BENCH_RESULTS"));
            return results.Measures.All(measure => measure.IsReached != false) ? 0 : 1;
        }
        catch (BenchException failure)
        {
            Console.Error.WriteLine(failure.Message);
            return 2;
        }
    });
    return command;
}

static void MustBePositive<T>(Option<T> option)
    where T : struct, INumber<T> => option.Validators.Add(result =>
{
    if (result.GetValueOrDefault<T>() <= T.Zero)
    {
        result.AddError($"{option.Name} must be more than 0.");
    }
});

static Command HttpLoadCommand()
{
    var nodes = new Option<string>("--nodes") { Required = true };
    var keys = new Option<string>("--keys");
    var read = new Option<string?>("--read");
    var inFlight = new Option<int>("--in-flight");
    var rate = new Option<double?>("--rate");
    var seconds = new Option<double>("--seconds");
    var warmUp = new Option<double>("--warm-up");
    var command = new Command("http-load", "Charges, or reads, over HTTP; prints what it came to.") { nodes, keys, read, inFlight, rate, seconds, warmUp };
    command.SetAction(async (parsed, cancellationToken) =>
    {
        var load = new HttpLoad(
            [.. parsed.GetValue(nodes)!.Split(',').Select(url => new Uri(url))], await File.ReadAllLinesAsync(parsed.GetValue(read) ?? parsed.GetValue(keys)!, cancellationToken),
            parsed.GetValue(read) is not null, Guid.NewGuid().ToString("N")[..12]);
        Console.WriteLine((await load.RunAsync(
            parsed.GetValue(inFlight), parsed.GetValue(rate), TimeSpan.FromSeconds(parsed.GetValue(warmUp)), TimeSpan.FromSeconds(parsed.GetValue(seconds)))).ToJson());
    });
    return command;
}

static Command GrainsCommand()
{
    var command = new Command("grains", "A node that calls its own grains; reads on its input what to do.");
    command.SetAction((_, _) => GrainLoad.RunAsync());
    return command;
}

static string Required(string name) => Environment.GetEnvironmentVariable(name) ?? throw new BenchException($"{name} is not set: ./bench sets it.");

static Action<string> Progress()
{
    var started = TimeProvider.System.GetTimestamp();
    return what => Console.Error.WriteLine($"  {TimeProvider.System.GetElapsedTime(started):h\\:mm\\:ss}  {what}");
}

static async Task<IReadOnlyDictionary<string, string>> SettingsAsync(Cluster cluster)
{
    string[] names = ["server_version", "shared_buffers", "max_wal_size", "checkpoint_timeout", "fsync", "synchronous_commit", "full_page_writes", "wal_sync_method"];
    var settings = new Dictionary<string, string>();
    foreach (var name in names)
    {
        settings[name] = await cluster.ScalarAsync<string>("postgres", $"SELECT current_setting('{name}')");
    }

    return settings;
}

static IEnumerable<string> Warnings(Series series, (long All, long Stolen) before)
{
    var now = Noise.Read();
    if ((double)(now.Stolen - before.Stolen) / (now.All - before.All) is > 0.02 and var stolen)
    {
        yield return $"Noisy: the host took {stolen * 100:0.0} % of the processors away.";
    }

    foreach (var name in new[] { "TPC-B", "SQL transfer function", "batched SQL" }.Where(name => series.Has(name) && series.Spread(name) > 0.25))
    {
        yield return $"Noisy: the rounds of {name} lie {series.Spread(name) * 100:0} % apart; run it again when nothing else runs.";
    }
}
