using System.Diagnostics;
using Payments.Benchmarks;
using Payments.Benchmarks.Full;
using Payments.Benchmarks.Load;
using Payments.Benchmarks.Report;

namespace Payments.Tests.Benchmarks;

/// <summary>How figures are made of what was measured: a benchmark that computes wrongly misleads more than none.</summary>
public sealed class FiguresTests
{
    [Fact]
    public void A_ratio_is_the_median_of_the_rounds_own_ratios()
    {
        // The machine is half as fast in the second round, and in the third the figure alone is.
        var series = Of(("charges", [100, 50, 60]), ("TPC-B", [200, 100, 200]));
        var measure = series.Against("charges", "/s", "TPC-B", 0.5)!;
        Assert.Equal((60, 200, 0.5), (measure.Figure, measure.Reference, measure.Ratio));
        Assert.True(measure.IsReached);
    }

    [Fact]
    public void A_figure_whose_reference_was_not_measured_stands_alone_and_one_that_was_not_measured_is_left_out()
    {
        var series = Of(("charges", [100, 50]));
        var alone = series.Against("charges", "/s", "TPC-B", 2)!;
        Assert.Equal((75, null, null), (alone.Figure, alone.Ratio, alone.IsReached));
        Assert.Null(series.Against("TPC-B", "/s", "charges", 2));
    }

    [Theory]
    [InlineData(9.9, true, true)]
    [InlineData(10.1, true, false)]
    [InlineData(9.9, false, false)]
    [InlineData(10.1, false, true)]
    public void What_must_stay_below_is_reached_from_below_and_all_else_from_above(double ratio, bool isCeiling, bool isReached)
    {
        var measure = Of(("p99", [ratio]), ("median", [1])).Against("p99", "ms", "median", 10, isCeiling)!;
        Assert.Equal(isReached, measure.IsReached);
    }

    [Fact]
    public void How_far_rounds_lie_apart_is_told_of_the_figure_or_its_reference_whichever_is_worse() =>
        Assert.Equal(0.4, Of(("charges", [100, 110, 90]), ("TPC-B", [80, 100, 120])).Against("charges", "/s", "TPC-B", 1)!.Spread, 3);

    [Fact]
    public void What_grew_is_seen_by_its_first_fifth_beside_its_last()
    {
        var series = new Series();
        Ends.Compare(series, [1, 3, 9, 9, 9, 9, 9, 9, 5, 7], "first", "last");
        Assert.Equal([1, 3], series.Values["first"]);
        Assert.Equal([5, 7], series.Values["last"]);
    }

    [Fact]
    public void Percentiles_are_of_all_latencies_in_any_order()
    {
        var result = LoadResult.Of([.. Enumerable.Range(0, 1_000).Reverse().Select(i => i * TimeSpan.TicksPerMillisecond)], 2, 0, null);
        Assert.Equal((500, 990, 999, 999), (result.P50, result.P99, result.P999, result.Longest));
        Assert.Equal(500, result.PerSecond);
        Assert.Equal(result, LoadResult.Parse(result.ToJson()));
    }

    [Fact]
    public void A_load_of_which_one_request_failed_gives_no_figure()
    {
        var failure = Assert.Throws<BenchException>(LoadResult.Of([1, 2], 1, 1, "HTTP/1.1 503").Checked);
        Assert.StartsWith("1 of 3 requests failed", failure.Message);
        Assert.EndsWith("HTTP/1.1 503", failure.Message);
    }

    [Fact]
    public async Task The_requests_of_an_open_loop_are_due_evenly_whatever_becomes_of_those_before()
    {
        var schedule = new Schedule(Stopwatch.StartNew(), 500, TimeSpan.FromMilliseconds(40));
        var due = new List<TimeSpan>();
        while (await schedule.NextAsync() is var next && next < TimeSpan.MaxValue)
        {
            due.Add(next);
        }

        Assert.Equal(Enumerable.Range(0, 21).Select(i => TimeSpan.FromMilliseconds(i * 2)), due);
    }

    [Theory]
    [InlineData(false, null, "http", true)]
    [InlineData(false, null, "soak", false)]
    [InlineData(true, null, "soak", true)]
    [InlineData(false, "soak,books", "soak", true)]
    [InlineData(true, "soak,books", "http", false)]
    public void A_run_makes_the_parts_that_it_was_asked_for(bool isFull, string? only, string part, bool isMade) =>
        Assert.Equal(isMade, new Plan(3, 8, 8, 2, isFull, only, 1, 1, 1).Has(part));

    private static Series Of(params (string Name, double[] Values)[] all)
    {
        var series = new Series();
        foreach (var (name, values) in all)
        {
            Array.ForEach(values, value => series.Add(name, value));
        }

        return series;
    }
}
