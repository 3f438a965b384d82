using System.Text;
using System.Text.RegularExpressions;

namespace Payments.Simulation;

/// <summary>What a run did, for people: the steps in which something happened, and what. Ids are given short names.</summary>
internal sealed partial class Trace
{
    private readonly StringBuilder text = new();
    private readonly Dictionary<string, string> names = [];
    private string? header;

    /// <summary>What stands for an id from now on.</summary>
    public void Name(string id, string name) => names[id] = name;

    /// <summary>A step begins. It is written down only if something happens in it.</summary>
    public void Begin(int step, TimeSpan elapsed, string lane, object? job) =>
        header = $"{step,6}  {elapsed:hh\\:mm\\:ss\\.fff}  {lane,-8}  {(job is Task { AsyncState: { } state and not Delegate } ? Short($"{state}") : job is null ? "timer" : "")}";

    public void Add(string what)
    {
        if (header is not null)
        {
            text.AppendLine(header.TrimEnd());
            header = null;
        }

        text.Append(' ', 10).AppendLine(Short(what));
    }

    public override string ToString() => text.ToString();

    private string Short(string line) => Ids().Replace(line, id => names.GetValueOrDefault(id.Value, id.Value[..Math.Min(id.Length, 10)]));

    [GeneratedRegex("\\b[a-z]{2,3}_[0-9a-z]{26}\\b")]
    private static partial Regex Ids();
}
