using Payments.Simulation;
using Payments.Tests.Support;

namespace Payments.Tests.Seeds;

/// <summary>A simulation that finds no bug proves nothing: so bugs are planted, one at a time, and it must find each of them.</summary>
public sealed class PlantedBugTests
{
    private const int MostSeeds = 10_000;

    public static TheoryData<string> Bugs => [.. PlantedBug.All.Select(bug => bug.Name)];

    [Theory]
    [MemberData(nameof(Bugs))]
    public void It_is_found(string name)
    {
        var mutant = Mutant.Of(PlantedBug.All.Single(bug => bug.Name == name));
        var started = TimeProvider.System.GetTimestamp();
        var found = mutant.FirstFailure(1, MostSeeds);
        Report.Line($"planted bug: {name}: {TimeProvider.System.GetElapsedTime(started).TotalSeconds:0.0} s, {found ?? "NOT FOUND"}");
        mutant.Unload();
        Assert.True(found is not null, $"{MostSeeds:N0} seeds do not find it");
    }

    public static TheoryData<string> FoundBugs => [.. PlantedBug.Found.Select(bug => bug.Name)];

    [Theory]
    [MemberData(nameof(FoundBugs))]
    public void What_was_found_once_would_be_found_again_by_the_same_seed_and_is_mended(string name)
    {
        var bug = PlantedBug.Found.Single(bug => bug.Name == name);
        var mutant = Mutant.Of(bug);
        var shown = mutant.FirstFailure(bug.Seed, 1) ?? $"seed {bug.Seed} no longer shows it; the first that does: {mutant.FirstFailure(1, 100_000) ?? "none of 100,000"}";
        mutant.Unload();
        Assert.True(shown.StartsWith($"seed {bug.Seed} breaks", StringComparison.Ordinal), shown);
        Assert.Null(SeedRun.FirstFailure(bug.Seed, 1));
    }

    [Fact]
    public void Sources_without_a_bug_have_none_that_the_planting_brings()
    {
        var mutant = Mutant.Of(new("nothing", "grains", "PaymentGrain.cs"));
        Assert.Null(mutant.FirstFailure(1, 100));
        mutant.Unload();
    }
}
