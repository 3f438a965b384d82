namespace Payments.Benchmarks.Report;

/// <summary>What the rounds measured, by name.</summary>
internal sealed class Series
{
    private readonly Dictionary<string, List<double>> values = [];

    public void Add(string name, double value)
    {
        if (!values.TryGetValue(name, out var list))
        {
            values.Add(name, list = []);
        }

        list.Add(value);
    }

    public IReadOnlyDictionary<string, List<double>> Values => values;

    public bool Has(string name) => values.ContainsKey(name);

    public double Median(string name) => Median(values[name]);

    /// <summary>How far the rounds lie apart, as a part of their median.</summary>
    public double Spread(string name) => values[name] is { Count: > 1 } list ? (list.Max() - list.Min()) / Median(list) : 0;

    public Measure Alone(string name, string unit) => new(name, unit, Median(name), null, null, null, null, false, Spread(name));

    /// <summary>A figure beside its reference, compared round by round.</summary>
    public Measure Against(string name, string unit, string reference, double reach, bool isCeiling = false) => new(
        name, unit, Median(name), reference, Median(reference), Median([.. values[name].Zip(values[reference], (figure, other) => figure / other)]), reach, isCeiling,
        Math.Max(Spread(name), Spread(reference)));

    private static double Median(IReadOnlyList<double> list)
    {
        var sorted = list.Order().ToArray();
        return sorted.Length % 2 == 1 ? sorted[sorted.Length / 2] : (sorted[(sorted.Length / 2) - 1] + sorted[sorted.Length / 2]) / 2;
    }
}
