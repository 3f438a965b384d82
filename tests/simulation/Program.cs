using System.CommandLine;
using Payments.Simulation;
using Trace = Payments.Simulation.Trace;
using Spectre.Console;

#pragma warning disable RS0030 // The report is timed, not the runs.
var clock = TimeProvider.System;
#pragma warning restore RS0030

var seed = new Option<string?>("--seed") { Description = "One run, with a trace of what happened in it: a seed, or a form that a failing run printed.", HelpName = "N" };
var seeds = new Option<long>("--seeds") { Description = "How many seeds to run.", HelpName = "N", DefaultValueFactory = _ => 5_000 };
var from = new Option<long>("--from") { Description = "The first of them.", HelpName = "N", DefaultValueFactory = _ => 1 };
var rare = new Option<long>("--rare") { Description = "How often each rare path must be taken at least; 0: do not look.", HelpName = "N", DefaultValueFactory = _ => -1 };
var command = new RootCommand("Simulates the whole system: the real grains in a made-up, hostile world, everything from one seed. See docs/simulation.md.") { seed, seeds, from, rare };
command.SetAction(parsed => parsed.GetValue(seed) is { } text ? Replay(text) : Explore(parsed.GetValue(from), parsed.GetValue(seeds), parsed.GetValue(rare)));
return command.Parse(args).Invoke();

int Replay(string text)
{
    if (!Form.TryParse(text, out var form))
    {
        Console.Error.WriteLine($"'{text}' is no seed. Give a number, or what a failing run printed, e.g. 4711 or 4711,without=Crash,payments=1+3.");
        return 2;
    }

    var trace = new Trace();
    var result = SimulatedRun.Of(form, trace);
    Console.Write(trace);
    Console.WriteLine($"seed {form}: {result.Steps:N0} steps, {result.Elapsed:hh\\:mm\\:ss} of virtual time, fingerprint {result.Fingerprint:x16}");
    return Judge(result.Violation);
}

int Explore(long first, long count, long least)
{
    if (count < 1 || first < 0 || first > long.MaxValue / 2)
    {
        Console.Error.WriteLine("--seeds takes a number from 1 on, --from a number from 0 on.");
        return 2;
    }

    var started = clock.GetTimestamp();
    var report = AnsiConsole.Progress()
        .Columns(new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn(), new RemainingTimeColumn(), new SpinnerColumn())
        .Start(progress =>
        {
            var bar = progress.AddTask("seeds", maxValue: count);
            var gate = new Lock();
            var done = SeedRun.Run(first, count, at =>
            {
                lock (gate)
                {
                    bar.Value = Math.Max(bar.Value, at);
                    bar.Description = $"{at / clock.GetElapsedTime(started).TotalSeconds:N0} seeds/s";
                }
            });
            bar.Value = done.First is null ? count : bar.Value;
            return done;
        });
    var seconds = clock.GetElapsedTime(started).TotalSeconds;
    Console.WriteLine($"{report.Seeds:N0} seeds, {report.Steps:N0} steps in {seconds:0.0} s: {report.Seeds / seconds:N0} seeds and {report.Steps / seconds:N0} steps a second");
    Console.WriteLine("How often each rare path was taken:");
    Print(report.Counters);
    if (report.First is { } failure)
    {
        Console.WriteLine($"seed {failure.Form.Seed} breaks {failure.Violation.Promise} at step {failure.Steps:N0}: {failure.Violation.What}");
        Console.WriteLine("shrinking ...");
        var smallest = Shrinker.Shrink(failure);
        Console.WriteLine($"shortest form: {smallest.Form}, which breaks {smallest.Violation.Promise} at step {smallest.Steps:N0}: {smallest.Violation.What}");
        Console.WriteLine($"replay it with: ./test --seed {smallest.Form}");
        return 1;
    }

    // A path that a thousand seeds never take is not tested: 100 times in 100,000 seeds is little enough.
    least = least < 0 ? count / 1_000 : least;
    var missed = report.Counters.Below(least);
    if (missed.Count > 0)
    {
        Console.WriteLine($"taken less than {least:N0} times: {string.Join(", ", missed)}");
        return 1;
    }

    return Judge(null);
}

int Judge(Violation? violation)
{
    Console.WriteLine(violation is null ? "every promise was kept" : $"{violation.Promise} is broken: {violation.What}");
    return violation is null ? 0 : 1;
}

void Print(Counters counters)
{
    var paths = Enum.GetValues<Rare>();
    var half = (paths.Length + 1) / 2;
    for (var i = 0; i < half; i++)
    {
        Console.WriteLine($"  {Cell(i)}{(i + half < paths.Length ? Cell(i + half) : "")}");
    }

    string Cell(int i) => $"{paths[i],-28}{counters[paths[i]],12:N0}    ";
}
