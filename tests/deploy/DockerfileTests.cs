using System.Diagnostics;
using System.Text.RegularExpressions;
using Payments.Silo;
using Payments.Tests.Support;

namespace Payments.Tests.Deploy;

/// <summary>The steps of the Dockerfile as a script: what it builds is there, and starts.</summary>
public sealed partial class DockerfileTests : IDisposable
{
    private static readonly string Dockerfile = File.ReadAllText(Path.Combine(Repository.Root, "Dockerfile"));
    private readonly string folder = Directory.CreateTempSubdirectory("image").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact, Trait("Length", "long")]
    public async Task Its_steps_make_programs_that_start()
    {
        var source = Directory.CreateDirectory(Path.Combine(folder, "source")).FullName;
        Assert.Equal(0, (await RunAsync(Repository.Root, $"git archive HEAD | tar -x -C '{source}'")).Code);
        var steps = Step().Matches(Dockerfile).Select(step => step.Groups[1].Value).ToArray();
        Assert.Equal(4, steps.Length);
        foreach (var step in steps)
        {
            var (code, said) = await RunAsync(source, step.Replace("/out/", $"{folder}/out/", StringComparison.Ordinal));
            Assert.True(code == 0, said);
        }

        var programs = Program().Matches(Dockerfile).ToDictionary(stage => stage.Groups[1].Value, stage => $"{folder}/out/{stage.Groups[2].Value}/{stage.Groups[3].Value}");
        Assert.Equal(["front-end", "silo", "simulator", "tools"], programs.Keys.Order());

        // Without an environment each says in a sentence what it lacks.
        foreach (var (name, needs) in new[] { ("silo", "PAYMENTS_DATABASE"), ("front-end", SiloEngine.Name == "orleans" ? "PAYMENTS_DATABASE" : "GRAIN_ENGINE"), ("simulator", "SIMULATOR_DATA") })
        {
            var (code, said) = await RunAsync(folder, $"dotnet '{programs[name]}'");
            Assert.True(code != 0 && said.Contains(needs, StringComparison.Ordinal) && !said.Contains("   at ", StringComparison.Ordinal), $"{name}: {code}, {said}");
        }

        Assert.Equal(0, (await RunAsync(folder, $"dotnet '{programs["tools"]}' --help")).Code);
    }

    private static async Task<(int Code, string Said)> RunAsync(string directory, string command)
    {
        var start = new ProcessStartInfo("sh", ["-c", $"{command} 2>&1"]) { WorkingDirectory = directory, RedirectStandardOutput = true };
        foreach (var variable in start.Environment.Keys.Where(name => name.StartsWith("PAYMENTS_", StringComparison.Ordinal)).ToArray())
        {
            start.Environment.Remove(variable);
        }

        foreach (var argument in Argument().Matches(Dockerfile).Cast<Match>())
        {
            start.Environment[argument.Groups[1].Value] = argument.Groups[2].Value;
        }

        start.Environment["GRAIN_ENGINE"] = SiloEngine.Name;
        using var process = Process.Start(start)!;
        var said = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return (process.ExitCode, said);
    }

    [GeneratedRegex(@"^RUN (dotnet publish .*)$", RegexOptions.Multiline)]
    private static partial Regex Step();

    [GeneratedRegex(@"^ARG (\w+)=""?(.*?)""?$", RegexOptions.Multiline)]
    private static partial Regex Argument();

    [GeneratedRegex(@"^FROM runtime AS (\S+)\nCOPY --from=build /out/(\S+) \.\nENTRYPOINT \[""dotnet"", ""(\S+)""\]$", RegexOptions.Multiline)]
    private static partial Regex Program();
}
