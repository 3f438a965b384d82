using System.Text.RegularExpressions;
using System.Xml.Linq;
using Payments.Tests.Support;

namespace Payments.Tests.Architecture;

/// <summary>The arrows of the layout: who may know whom. Read from the project files, so that nothing can slip in unseen.</summary>
public sealed partial class DependencyTests
{
    // A project, and all that it may refer to. The engine (embedded or Orleans) comes in by UsesGrains.
    private static readonly Dictionary<string, string[]> Allowed = new()
    {
        ["domain"] = [],
        ["embedded"] = [],
        ["grain-interfaces"] = ["domain", "engine"],
        ["storage/abstractions"] = ["domain", "engine"],
        ["storage/postgres"] = ["storage/abstractions", "CsvHelper", "Npgsql"],
        ["gateways/abstractions"] = ["domain"],
        ["gateways/connectors"] = ["gateways/abstractions", "Polly.Core"],
        ["grains"] = ["grain-interfaces", "storage/abstractions", "gateways/abstractions", "engine"],
        ["client"] = [],
        ["client-api"] = ["grain-interfaces", "storage/abstractions", "gateways/abstractions", "gateways/settlement", "Microsoft.AspNetCore.OpenApi", "Swashbuckle.AspNetCore.SwaggerUI"],
        ["gateway-simulator"] = [],
        ["gateways/settlement"] = ["gateways/abstractions", "storage/abstractions", "CsvHelper"],
        ["tools"] = ["storage/postgres", "gateways/settlement", "System.CommandLine", "Spectre.Console"],
        ["hosting"] = ["client-api", "storage/postgres", "gateways/connectors", "gateways/settlement", "engine",
            "OpenTelemetry.Extensions.Hosting", "OpenTelemetry.Instrumentation.AspNetCore", "OpenTelemetry.Instrumentation.Http", "OpenTelemetry.Exporter.OpenTelemetryProtocol", "OpenTelemetry.Exporter.Prometheus.AspNetCore"],
        ["client-api/host"] = ["hosting", "grain-interfaces", "engine"],
        ["examples/in-cluster-service"] = ["domain", "grain-interfaces", "Npgsql"],
        ["silo"] = ["hosting", "grains", "engine"],
        ["benchmarks"] = ["silo", "engine", "System.CommandLine", "Spectre.Console"],
    };

    private static readonly string[] Hosts = ["silo", "client-api/host", "tools", "gateway-simulator"];

    [Fact]
    public void Every_project_refers_to_what_it_may_and_to_nothing_else()
    {
        var seen = Projects().ToDictionary(project => project.Folder, project => project.References);
        Assert.Equal(Allowed.Keys.Order(), seen.Keys.Order());
        foreach (var (folder, references) in seen)
        {
            Assert.True(
                references.All(reference => Allowed[folder].Contains(reference) || (folder is "hosting" or "client-api/host" or "grains" or "examples/in-cluster-service" or "silo" && IsOrleans(reference))),
                $"{folder} refers to {string.Join(", ", references.Except(Allowed[folder]))}");
        }
    }

    [Fact]
    public void Nothing_depends_on_a_host_but_what_measures_it() =>
        Assert.All(Projects().Where(project => project.Folder != "benchmarks"), project => Assert.Empty(project.References.Intersect(Hosts)));

    [Theory]
    [InlineData("domain", "Orleans", "Npgsql", "System.Net", "System.IO.File", "Microsoft.Extensions")]
    [InlineData("grains", "Npgsql", "System.Net", "System.IO", "Payments.Embedded", "Payments.Storage.Postgres")]
    [InlineData("grain-interfaces", "Npgsql", "System.Net", "Payments.Embedded", "Payments.Storage")]
    [InlineData("client-api", "Npgsql", "Payments.Embedded", "Payments.Storage.Postgres")]
    public void A_layer_does_not_even_name_what_is_beneath_it(string folder, params string[] forbidden)
    {
        var files = Sources(folder).ToArray();
        Assert.NotEmpty(files);
        foreach (var file in files)
        {
            var names = File.ReadLines(file).Where(line => line.StartsWith("using ", StringComparison.Ordinal)).Select(line => line[6..].TrimEnd(';'));
            Assert.DoesNotContain(names, name => forbidden.Any(word => name == word || name.StartsWith(word + ".", StringComparison.Ordinal)));
        }
    }

    [Theory]
    [InlineData("domain")]
    [InlineData("grain-interfaces")]
    [InlineData("grains")]
    [InlineData("storage/abstractions")]
    [InlineData("gateways/abstractions")]
    public void What_replays_from_a_seed_is_held_to_it_by_the_analyzer(string folder) =>
        Assert.Contains("<ReplaysFromSeed>true</ReplaysFromSeed>", File.ReadAllText(ProjectFile(folder)), StringComparison.Ordinal);

    [Fact]
    public void Amounts_are_never_floating_point()
    {
        var files = Sources("domain").Concat(Sources("grains")).Concat(Sources("storage")).Concat(Sources("grain-interfaces")).ToArray();
        Assert.True(files.Length > 40);
        var code = files.SelectMany(file => File.ReadLines(file).Select(line => (file, line: line.TrimStart()))).Where(code => !code.line.StartsWith("//", StringComparison.Ordinal));
        foreach (var (file, line) in code)
        {
            // Jitter is a share of a waiting time, the one thing here that is not counted in whole units.
            var isJitter = line.Contains("itter", StringComparison.Ordinal) || line.Contains("Dice", StringComparison.Ordinal);
            // Neither are what is measured in seconds, and numbers for a dashboard.
            Assert.False(!isJitter && !file.EndsWith("Telemetry.cs", StringComparison.Ordinal) && Floating().IsMatch(line), $"{file}: {line}");
        }
    }

    [GeneratedRegex(@"\b(double|float|decimal|Half)\b")]
    private static partial Regex Floating();

    private static IEnumerable<(string Folder, string[] References)> Projects() => Directory
        .EnumerateFiles(Repository.Root, "*.csproj", SearchOption.AllDirectories)
        .Select(file => (Folder: Path.GetRelativePath(Repository.Root, Path.GetDirectoryName(file)!).Replace('\\', '/'), References: References(file)))
        .Where(project => !project.Folder.StartsWith("tests", StringComparison.Ordinal) && !project.Folder.StartsWith('.'));

    private static string[] References(string file)
    {
        var project = XDocument.Load(file);
        var references = project.Descendants("ProjectReference").Select(reference => Path.GetRelativePath(
            Repository.Root, Path.GetDirectoryName(Path.GetFullPath(Path.Combine(Path.GetDirectoryName(file)!, reference.Attribute("Include")!.Value)))!).Replace('\\', '/'));
        var packages = project.Descendants("PackageReference").Select(package => package.Attribute("Include")!.Value);
        var engine = project.Descendants("UsesGrains").Any(value => value.Value == "true") ? new[] { "engine" } : [];
        return [.. references, .. packages, .. engine];
    }

    private static bool IsOrleans(string reference) => reference.StartsWith("Microsoft.Orleans.", StringComparison.Ordinal);

    private static string ProjectFile(string folder) => Directory.EnumerateFiles(Path.Combine(Repository.Root, folder), "*.csproj").Single();

    private static IEnumerable<string> Sources(string folder) => Directory
        .EnumerateFiles(Path.Combine(Repository.Root, folder), "*.cs", SearchOption.AllDirectories)
        .Where(file => !file.Contains("/obj/", StringComparison.Ordinal) && !file.Contains("/bin/", StringComparison.Ordinal));
}
