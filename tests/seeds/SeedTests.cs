using Payments.Simulation;
using Payments.Tests.Support;

namespace Payments.Tests.Seeds;

/// <summary>The whole system, simulated. <c>./test --seed N</c> shows what happened in a run, <c>./test --seeds N</c> tries many.</summary>
public sealed class SeedTests
{
    private const int Seeds = 5_000;

    // Each of them is taken hundreds of times in so many seeds, except for the rarest.
    private const int LeastOfEach = 5;

    [Fact]
    public void Every_promise_is_kept_in_thousands_of_hostile_worlds_and_every_rare_path_is_taken()
    {
        var started = TimeProvider.System.GetTimestamp();
        var report = SeedRun.Run(1, Seeds);
        var seconds = TimeProvider.System.GetElapsedTime(started).TotalSeconds;
        Report.Line($"simulation: {report.Seeds:N0} seeds, {report.Steps:N0} steps, {report.Seeds / seconds:N0} seeds and {report.Steps / seconds:N0} steps a second");
        Assert.True(report.First is null, report.First is { } failure ? Explain(failure) : "");
        Assert.Empty(report.Counters.Below(LeastOfEach));
    }

    [Fact]
    public void One_seed_is_one_run()
    {
        var traces = Enumerable.Range(0, 200).AsParallel().Select(_ =>
        {
            var trace = new Trace();
            var result = SimulatedRun.Of(new Form(4711), trace);
            return (result.Fingerprint, result.Steps, Trace: trace.ToString());
        }).ToArray();
        Assert.Single(traces.Distinct());
        Assert.InRange(traces[0].Steps, 200, int.MaxValue);
        Assert.NotEqual(traces[0].Fingerprint, SimulatedRun.Of(new Form(4712)).Fingerprint);
        // Looking does not change what is looked at.
        Assert.Equal(traces[0].Fingerprint, SimulatedRun.Of(new Form(4711)).Fingerprint);
    }

    [Fact]
    public void A_seed_is_large_enough_to_be_worth_running()
    {
        for (var seed = 1; seed <= 50; seed++)
        {
            var (scenario, result) = (Scenario.Of(new Form(seed)), SimulatedRun.Of(new Form(seed)));
            Assert.Equal((5, true, true), (scenario.Payments.Length, scenario.Nodes >= 2, result.Steps >= 200));
        }
    }

    [Theory]
    [InlineData("4711")]
    [InlineData("4711,without=Crash+Freeze,payments=1+3,steps=1.0+3.2,entries=none,turns=7")]
    public void A_form_reads_back_as_it_was_written(string text)
    {
        Assert.True(Form.TryParse(text, out var form));
        Assert.Equal(text, form.ToString());
    }

    [Theory]
    [InlineData("")]
    [InlineData("-1")]
    [InlineData("4711,")]
    [InlineData("4711,without=Rain")]
    [InlineData("4711,steps=1")]
    [InlineData("4711,payments=x")]
    [InlineData("4711,turns=")]
    public void What_is_no_form_is_said_to_be_none(string text) => Assert.False(Form.TryParse(text, out _));

    [Fact]
    public void The_trace_in_the_guide_is_the_one_that_the_command_prints()
    {
        var guide = File.ReadAllText(Path.Combine(Repository.Root, "docs", "simulation.md"));
        var (command, block) = (guide.Split("`./test --seed ")[^1].Split('`')[0], guide.Split("```\n")[^2]);
        Assert.True(Form.TryParse(command, out var form));
        var trace = new Trace();
        SimulatedRun.Of(form, trace);
        Assert.StartsWith(trace.ToString(), block, StringComparison.Ordinal);
        Assert.NotEmpty(trace.ToString());
    }

    private static string Explain(Failure failure)
    {
        var smallest = Shrinker.Shrink(failure);
        return $"seed {failure.Form.Seed} breaks {failure.Violation.Promise}: {failure.Violation.What}\nshortest form: ./test --seed {smallest.Form}";
    }
}
