namespace Payments.Benchmarks.Report;

/// <summary>A line of the table: a figure beside its reference.</summary>
/// <param name="Unit">Of figure and reference.</param>
/// <param name="Figure">The median over the rounds.</param>
/// <param name="Reference">Likewise; null where the figure is only reported.</param>
/// <param name="Ratio">The median of the rounds' own ratios: figure and reference of one round ran next to each other.</param>
/// <param name="Reach">What the ratio shall reach; null where it is only reported.</param>
/// <param name="IsCeiling">Whether less is better.</param>
/// <param name="Spread">How far the rounds lie apart, as a part of the median: figure and reference, the larger.</param>
internal sealed record Measure(
    string Name, string Unit, double Figure, string? ReferenceName, double? Reference, double? Ratio, double? Reach, bool IsCeiling, double Spread)
{
    public bool? IsReached => Ratio is { } ratio && Reach is { } reach ? (IsCeiling ? ratio <= reach : ratio >= reach) : null;
}
