using System.Text.RegularExpressions;
using System.Xml.Linq;
using Payments.Tests.Support;

namespace Payments.Tests.Architecture;

/// <summary>Where the tests run on Orleans, <c>./test</c> runs those of the embedded engine besides: all that the other run leaves out.</summary>
public sealed partial class TestSelectionTests
{
    [Fact]
    public void What_is_compiled_on_the_embedded_engine_alone_is_selected_by_name()
    {
        var project = XDocument.Load(Path.Combine(Repository.Root, "tests/Payments.Tests.csproj"));
        var left = project.Descendants("ItemGroup").Single(group => group.Attribute("Condition")?.Value == "'$(GrainEngine)' != 'embedded'")
            .Element("Compile")!.Attribute("Remove")!.Value.Split(';');
        var selected = File.ReadLines(Path.Combine(Repository.Root, "test")).Where(line => line.StartsWith("EMBEDDED", StringComparison.Ordinal))
            .SelectMany(line => Selected().Matches(line).Select(match => match.Groups[1].Value)).ToArray();
        Assert.NotEmpty(left);
        Assert.Equal(left.Select(NameOf).Concat(DifferByEngine()).Order(), selected.Order());
    }

    // What is compiled on both, with other tests in it.
    private static IEnumerable<string> DifferByEngine() => Directory.EnumerateFiles(Path.Combine(Repository.Root, "tests"), "*Tests.cs", SearchOption.AllDirectories)
        .Where(file => File.ReadLines(file).Any(line => line is "#if EMBEDDED" or "#if ORLEANS"))
        .Select(file => Path.GetFileNameWithoutExtension(file));

    // A folder is a namespace, a file a class.
    private static string NameOf(string pattern) => pattern.EndsWith("/**", StringComparison.Ordinal)
        ? $"Tests.{char.ToUpperInvariant(pattern[0])}{pattern[1..^3]}"
        : Path.GetFileNameWithoutExtension(pattern);

    [GeneratedRegex(@"FullyQualifiedName~([\w.]+)")]
    private static partial Regex Selected();
}
