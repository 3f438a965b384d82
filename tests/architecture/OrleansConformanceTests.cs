#if EMBEDDED
using System.Reflection;
using Payments.Embedded;
#else
using Payments.Tests.Support;
#endif
using Xunit.Abstractions;

namespace Payments.Tests.Architecture;

/// <summary>
/// The embedded engine declares a part of Orleans' API. Grains that compile against it compile against Orleans too only if that part
/// is exact, so it is compared with the official assemblies.
/// </summary>
public sealed class OrleansConformanceTests(ITestOutputHelper output)
{
#if EMBEDDED
    // Two packages are downloaded for it, as they come without dependencies; with them alone, these types are left to the build on Orleans.
    private static readonly string[] s_definedElsewhere =
    [
        "Orleans.CollectionAgeLimitAttribute",
        "Orleans.GrainReminderExtensions",
        "Orleans.IRemindable",
        "Orleans.KeepAliveAttribute",
        "Orleans.Runtime.IGrainReminder",
        "Orleans.Runtime.IPersistentStateConfiguration",
        "Orleans.Runtime.IPersistentState`1",
        "Orleans.Runtime.PersistentStateAttribute",
        "Orleans.Runtime.TickStatus",
        "Orleans.Storage.InconsistentStateException",
    ];

    private static string Ours => typeof(EmbeddedNode).Assembly.Location;

    private static IEnumerable<string> Official => new[] { "Orleans.Core.Abstractions", "Orleans.Serialization.Abstractions" }.Select(OfficialPath);
#else
    private static readonly string[] s_definedElsewhere = [];

    private static string Ours { get; } = Path.Combine(
        Repository.Root, "embedded", "bin", AppContext.BaseDirectory.Contains("/Release/", StringComparison.Ordinal) ? "Release" : "Debug", "net10.0", "Payments.Embedded.dll");

    private static string[] Official => Directory.GetFiles(AppContext.BaseDirectory, "Orleans.*.dll");
#endif

    [Fact]
    public void What_the_embedded_engine_declares_is_declared_alike_by_Orleans()
    {
        var official = Official.SelectMany(assembly => PublicSurface.Read(assembly, "Orleans")).DistinctBy(type => type.Key).ToDictionary(StringComparer.Ordinal);
        var ours = PublicSurface.Read(Ours, "Orleans");

        var compared = ours.Where(type => official.ContainsKey(type.Key)).OrderBy(type => type.Key, StringComparer.Ordinal).ToList();
        var differences = compared.SelectMany(type => Differences(type.Key, type.Value, official[type.Key])).ToList();
        output.WriteLine($"{compared.Count} types and {compared.Sum(type => type.Value.Members.Count)} members compared: {string.Join(", ", compared.Select(type => type.Key))}");

        Assert.True(differences.Count == 0, string.Join(Environment.NewLine, differences));
        Assert.Equal(s_definedElsewhere, ours.Keys.Except(official.Keys).Order(StringComparer.Ordinal));
        Assert.Equal(ours.Count - s_definedElsewhere.Length, compared.Count);
        Assert.True(compared.Count >= 25, "So few types can not be what grains use: the comparison itself must be broken.");
    }

    private static IEnumerable<string> Differences(string name, TypeSurface ours, TypeSurface official)
    {
        if (ours.Kind != official.Kind || ours.Base != official.Base)
        {
            yield return $"{name} is '{ours.Kind} : {ours.Base}' instead of '{official.Kind} : {official.Base}'";
        }

        foreach (var one in ours.Interfaces.Except(official.Interfaces))
        {
            yield return $"{name} does not implement {one} in Orleans";
        }

        foreach (var one in ours.Members.Except(official.Members))
        {
            yield return $"{name} does not have '{one}' in Orleans";
        }
    }

#if EMBEDDED
    private static string OfficialPath(string assembly)
    {
        var built = typeof(OrleansConformanceTests).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().ToDictionary(each => each.Key, each => each.Value!);
        return Path.Combine(built["NuGetPackageRoot"], $"microsoft.{assembly.ToLowerInvariant()}", built["OrleansVersion"], "lib", "net10.0", $"{assembly}.dll");
    }
#endif
}
