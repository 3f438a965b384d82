using System.Collections.Concurrent;

namespace Payments.Tools.Driving;

/// <summary>What the clients were told, added up.</summary>
internal sealed class Tally
{
    private readonly ConcurrentDictionary<string, long> counts = new(StringComparer.Ordinal);

    /// <summary>How long each first answer took, in milliseconds.</summary>
    public ConcurrentBag<double> Latencies { get; } = [];

    /// <summary>What must never happen, in sentences.</summary>
    public ConcurrentQueue<string> Wrongs { get; } = [];

    public void Add(string what, long count = 1) => counts.AddOrUpdate(what, count, (_, before) => before + count);

    public long this[string what] => counts.GetValueOrDefault(what);

    /// <summary>Everything counted under a heading: names behind it, in order.</summary>
    public IEnumerable<(string Name, long Count)> Under(string heading) => counts
        .Where(line => line.Key.StartsWith(heading, StringComparison.Ordinal))
        .OrderBy(line => line.Key, StringComparer.Ordinal)
        .Select(line => (line.Key[heading.Length..], line.Value));
}
