namespace Payments.Benchmarks;

/// <summary>How long everything is measured, and what.</summary>
/// <param name="Seconds">Of each measurement in each round.</param>
/// <param name="WarmUp">Seconds before the first round: what is compiled while it runs is compiled by then.</param>
/// <param name="Calibration">Seconds of each try to find pgbench's best number of clients.</param>
/// <param name="Only">Which parts; null: all.</param>
internal sealed record Plan(int Rounds, double Seconds, double WarmUp, double Calibration, string? Only)
{
    public bool Has(string part) => Only is null || Only.Split(',').Contains(part);
}
