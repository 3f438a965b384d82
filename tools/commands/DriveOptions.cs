using System.CommandLine;

namespace Payments.Tools.Commands;

/// <summary>What demo and load have in common.</summary>
internal sealed class DriveOptions(int payments)
{
    private const int MaxParallel = 2000;

    private readonly Option<Uri[]> api = new("--api")
    {
        Description = "The nodes, separated by commas.",
        HelpName = "URL[,URL...]",
        Required = true,
        CustomParser = result => [.. result.Tokens[0].Value.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Select(Settings.Url)],
    };

    private readonly Option<int> count = new("--payments") { Description = "How many payments.", HelpName = "N", DefaultValueFactory = _ => payments };
    private readonly Option<int> parallel = new("--parallel") { Description = "How many at a time.", HelpName = "P", DefaultValueFactory = _ => 64 };
    private readonly Option<string> state = Settings.StateOption();

    public void AddTo(Command command)
    {
        command.Options.Add(api);
        command.Options.Add(count);
        command.Options.Add(parallel);
        command.Options.Add(state);
    }

    public Uri[] Api(ParseResult parsed) => parsed.GetValue(api) is { Length: > 0 } nodes ? nodes : throw new UnusableException("--api names no node.");

    public int Payments(ParseResult parsed) => InRange("--payments", parsed.GetValue(count), 10_000_000);

    public int Parallel(ParseResult parsed) => InRange("--parallel", parsed.GetValue(parallel), MaxParallel);

    public string State(ParseResult parsed) => Path.GetFullPath(parsed.GetRequiredValue(state));

    /// <summary>A key out of the state folder.</summary>
    public string Key(ParseResult parsed, string file) => SecretFile.Read(Path.Combine(State(parsed), file))
        ?? throw new UnusableException($"There is no {file} in {State(parsed)}: run `payments init --state {State(parsed)}`.");

    private static int InRange(string option, int value, int most) =>
        value >= 1 && value <= most ? value : throw new UnusableException($"{option} goes from 1 to {most:N0}.");
}
