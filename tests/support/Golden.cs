using System.Runtime.CompilerServices;

namespace Payments.Tests.Support;

/// <summary>A reviewed text in the repository that the code must reproduce.</summary>
internal static class Golden
{
    /// <summary>Compares, or writes anew when UPDATE_TABLES=1.</summary>
    public static void Check(string path, string actual)
    {
        var file = Path.Combine(Repository.Root, path);
        if (Environment.GetEnvironmentVariable("UPDATE_TABLES") == "1")
        {
            Directory.CreateDirectory(Path.GetDirectoryName(file)!);
            File.WriteAllText(file, actual);
        }

        Assert.True(File.Exists(file), $"{path} is missing; UPDATE_TABLES=1 writes it.");
        Assert.Equal(File.ReadAllText(file), actual);
    }
}

/// <summary>Where the repository lies while its tests run.</summary>
internal static class Repository
{
    public static string Root { get; } = Find(ThisFile());

    private static string Find(string file) => Path.GetFullPath(Path.Combine(Path.GetDirectoryName(file)!, "..", ".."));

    private static string ThisFile([CallerFilePath] string path = "") => path;
}
