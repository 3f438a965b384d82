using System.Reflection;
using System.Runtime.Loader;
using System.Text.RegularExpressions;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Payments.Tests.Support;

namespace Payments.Tests.Seeds;

/// <summary>
/// The system with one bug: a project compiled from its own sources, but for the bug, and everything else of ours loaded once more beside
/// it. The product itself has no hook for this.
/// </summary>
internal sealed partial class Mutant : AssemblyLoadContext
{
    // What the SDK writes into every project: usings, and the version by which the others refer to it.
    private static readonly string Globals = string.Concat(
        "System System.Collections.Generic System.IO System.Linq System.Threading System.Threading.Tasks".Split(' ').Select(name => $"global using {name};")
            .Append($"[assembly: System.Reflection.AssemblyVersion(\"{typeof(Mutant).Assembly.GetName().Version}\")]"));

    private readonly string name;
    private readonly byte[] image;

    private Mutant(string name, byte[] image) : base(name, isCollectible: true) => (this.name, this.image) = (name, image);

    /// <summary>Plants a bug; throws when the sources are no longer those that it was made for.</summary>
    public static Mutant Of(PlantedBug bug)
    {
        var folder = Path.Combine(Repository.Root, bug.Project);
        var name = Path.GetFileNameWithoutExtension(Directory.GetFiles(folder, "*.csproj").Single());
        var options = new CSharpParseOptions(LanguageVersion.CSharp14, preprocessorSymbols: ["EMBEDDED"]);
        var files = Directory.GetFiles(folder, "*.cs", SearchOption.AllDirectories)
            .Where(file => !Path.GetRelativePath(folder, file).Split(Path.DirectorySeparatorChar).Any(part => part is "obj" or "bin"))
            .ToArray();
        Assert.Single(files, file => Path.GetFileName(file) == bug.File);
        var compilation = CSharpCompilation.Create(
            name,
            files.Select(file => CSharpSyntaxTree.ParseText(Path.GetFileName(file) == bug.File ? Plant(bug, File.ReadAllText(file)) : Read(file), options, file))
                .Prepend(CSharpSyntaxTree.ParseText(Globals, options)),
            ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator)
                .Where(file => Path.GetFileNameWithoutExtension(file) != name).Select(file => MetadataReference.CreateFromFile(file)),
            new(OutputKind.DynamicallyLinkedLibrary, optimizationLevel: OptimizationLevel.Release, checkOverflow: true, nullableContextOptions: NullableContextOptions.Enable));
        using var image = new MemoryStream();
        var emitted = compilation.Emit(image);
        Assert.True(emitted.Success, string.Join('\n', emitted.Diagnostics.Where(diagnostic => diagnostic.Severity == DiagnosticSeverity.Error)));
        return new(name, image.ToArray());
    }

    /// <summary>The first failing seed and how it fails; null when none does.</summary>
    public string? FirstFailure(long from, long count) => (string?)LoadFromAssemblyName(new("Payments.Simulation"))
        .GetType("Payments.Simulation.SeedRun", throwOnError: true)!
        .GetMethod("FirstFailure", BindingFlags.Static | BindingFlags.NonPublic | BindingFlags.Public)!
        .Invoke(null, [from, count]);

    protected override Assembly? Load(AssemblyName assemblyName)
    {
        if (assemblyName.Name?.StartsWith("Payments.", StringComparison.Ordinal) != true)
        {
            return null;
        }

        using var copy = new MemoryStream(assemblyName.Name == name ? image : File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, $"{assemblyName.Name}.dll")));
        return LoadFromStream(copy);
    }

    private static string Plant(PlantedBug bug, string source)
    {
        foreach (var (from, to) in bug.Changes)
        {
            Assert.True(source.Split(from).Length == 2, $"'{bug.Name}' does not fit {bug.File} any more: what it changes is there {source.Split(from).Length - 1} times.\n{from}");
            source = source.Replace(from, to, StringComparison.Ordinal);
        }

        return source;
    }

    // What a source generator would write is not needed here: messages that nobody reads.
    private static string Read(string file) => PartialMethod().Replace(File.ReadAllText(file), "void $1 { }");

    [GeneratedRegex(@"partial void (\w+\([^;]*\));")]
    private static partial Regex PartialMethod();
}
