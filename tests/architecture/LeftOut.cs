#if EMBEDDED
using System.Text.RegularExpressions;
using Payments.Tests.Support;
using Xunit.Sdk;

namespace Payments.Tests.Architecture;

/// <summary>Tests of the cluster do not even compile without Orleans. Where they are left out, each is counted as skipped, and says why.</summary>
public sealed class LeftOut
{
    [Theory, TestsOfTheOtherEngine]
    public void Needs_Orleans(string test) => Assert.Fail($"{test} cannot run here.");
}

/// <summary>The tests of the Orleans build that this one does not have, as their sources name them.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed partial class TestsOfTheOtherEngineAttribute : DataAttribute
{
    public TestsOfTheOtherEngineAttribute() =>
        Skip = "of the Orleans engine, and this is the embedded one; ./test runs both where the packages of Orleans restore";

    public override IEnumerable<object[]> GetData(System.Reflection.MethodInfo testMethod) =>
        from file in Directory.EnumerateFiles(Path.Combine(Repository.Root, "tests"), "*Tests.cs", SearchOption.AllDirectories).Order(StringComparer.Ordinal)
        let source = OfOrleansAlone(file)
        from test in Test().Matches(source)
        where !test.Groups[1].Value.Contains("\"long\"", StringComparison.Ordinal)
        select new object[] { $"{Path.GetFileNameWithoutExtension(file)}.{test.Groups[2].Value}" };

    // What the compiler leaves out: the folder, and the lines between the directives.
    private static string OfOrleansAlone(string file)
    {
        if (Path.GetFileName(Path.GetDirectoryName(file)) == "engines")
        {
            return File.ReadAllText(file);
        }

        var (isLeftOut, isElse) = (false, false);
        var lines = new List<string>();
        foreach (var line in File.ReadLines(file))
        {
            (isLeftOut, isElse) = line switch
            {
                "#if ORLEANS" => (true, false),
                "#if EMBEDDED" => (false, true),
                "#else" => (isElse, !isElse),
                "#endif" => (false, false),
                _ => (isLeftOut, isElse),
            };
            if (isLeftOut)
            {
                lines.Add(line);
            }
        }

        return string.Join('\n', lines);
    }

    [GeneratedRegex(@"^ *(\[(?:\w*Fact|Theory)\b[^\n]*\n(?: *\[[^\n]*\n)*) *public (?:async )?[\w<>]+ (\w+)\(", RegexOptions.Multiline)]
    private static partial Regex Test();
}
#endif
