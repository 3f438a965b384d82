using System.Xml.Linq;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Payments.Tests.Support;

namespace Payments.Tests.Seeds;

/// <summary>What would escape the seed is banned where it matters, and every ban names something that exists.</summary>
public sealed class DeterminismTests
{
    public static TheoryData<string> Bans =>
        [.. File.ReadAllLines(Path.Combine(Repository.Root, "BannedSymbols.Deterministic.txt")).Where(line => line.Length > 0).Select(line => line.Split(';')[0])];

    [Theory]
    [MemberData(nameof(Bans))]
    public void A_ban_names_something_that_exists(string symbol)
    {
        var platform = ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator).Select(file => MetadataReference.CreateFromFile(file));
        var compilation = CSharpCompilation.Create("bans", references: platform);
        Assert.NotNull(DocumentationCommentId.GetFirstSymbolForDeclarationId(symbol, compilation));
    }

    [Theory]
    [InlineData("domain/Payments.Domain.csproj")]
    [InlineData("grains/Payments.Grains.csproj")]
    [InlineData("grain-interfaces/Payments.GrainInterfaces.csproj")]
    [InlineData("storage/abstractions/Payments.Storage.Abstractions.csproj")]
    [InlineData("embedded/Payments.Embedded.csproj")]
    [InlineData("tests/simulation/Payments.Simulation.csproj")]
    public void What_a_simulation_runs_is_held_to_the_bans(string project) =>
        Assert.Contains(XDocument.Load(Path.Combine(Repository.Root, project)).Descendants("ReplaysFromSeed"), element => element.Value == "true");
}
