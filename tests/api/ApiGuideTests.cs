using System.Diagnostics;
using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Payments.Tests.Faults;
using Payments.Tests.Support;

namespace Payments.Tests.Api;

/// <summary>docs/api.md is run as it is written, block after block in one shell, against the real system.</summary>
public sealed partial class ApiGuideTests(OneNode node) : IClassFixture<OneNode>
{
    [Fact]
    public async Task Every_call_of_the_guide_runs_as_written_and_answers_as_shown()
    {
        var blocks = Block().Matches(await File.ReadAllTextAsync(Path.Combine(Repository.Root, "docs", "api.md")))
            .Select(block => (Language: block.Groups[1].Value, Text: block.Groups[2].Value)).ToArray();
        var calls = blocks.Where(block => block.Language == "sh").Select(block => block.Text).ToArray();
        var shown = blocks.Where(block => block.Language == "json").Select(block => block.Text).ToArray();
        Assert.Equal((13, 12), (calls.Length, shown.Length)); // the first block only sets the scene

        var folder = Directory.CreateTempSubdirectory("guide");
        Directory.CreateDirectory(Path.Combine(folder.FullName, ".data"));
        await File.WriteAllTextAsync(Path.Combine(folder.FullName, ".data", "secret_key"), $"{node.System.SecretKey}\n");
        var script = new StringBuilder("set -euo pipefail\n");
        for (var i = 0; i < calls.Length; i++)
        {
            script.Append("{\n").Append(calls[i]).Append($"}} > answer-{i}\n");
        }

        using var shell = Process.Start(new ProcessStartInfo("bash", ["-c", script.ToString()])
        {
            WorkingDirectory = folder.FullName,
            Environment = { ["API"] = node.System.Addresses[0].ToString().TrimEnd('/') },
            RedirectStandardError = true,
        })!;
        var complaints = await shell.StandardError.ReadToEndAsync();
        await shell.WaitForExitAsync();
        Assert.True(shell.ExitCode == 0, complaints);
        for (var i = 0; i < shown.Length; i++)
        {
            var answer = await File.ReadAllTextAsync(Path.Combine(folder.FullName, $"answer-{i + 1}"));
            Assert.True(Holds(JsonNode.Parse(answer), JsonNode.Parse(shown[i])), $"{calls[i + 1]} answered {answer}\nand should have {shown[i]}");
        }

        folder.Delete(recursive: true);
    }

    // An excerpt: what it has, the answer has too.
    private static bool Holds(JsonNode? whole, JsonNode? part) => part switch
    {
        JsonObject members => whole is JsonObject && members.All(member => Holds(whole[member.Key], member.Value)),
        JsonArray items => whole is JsonArray list && list.Count >= items.Count && items.Zip(list).All(pair => Holds(pair.Second, pair.First)),
        _ => JsonNode.DeepEquals(whole, part),
    };

    [GeneratedRegex("^```(sh|json)\n(.*?)^```$", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Block();
}
