namespace Payments.Benchmarks;

/// <summary>How long everything is measured, and what.</summary>
/// <param name="Seconds">Of each measurement in each round.</param>
/// <param name="WarmUp">Seconds before the first round: what is compiled while it runs is compiled by then.</param>
/// <param name="Calibration">Seconds of each try to find pgbench's best number of clients.</param>
/// <param name="IsFull">Whether what takes hours is measured too.</param>
/// <param name="Only">Which parts; null: all.</param>
/// <param name="Charges">How many charges make the large database of <c>growth</c>.</param>
/// <param name="Minutes">How long <c>soak</c> takes.</param>
/// <param name="Lines">How many payments the month of <c>books</c> has; its settlement file has about as many lines.</param>
internal sealed record Plan(
    int Rounds, double Seconds, double WarmUp, double Calibration, bool IsFull, string? Only, long Charges, double Minutes, int Lines)
{
    public static readonly string[] QuickParts = ["references", "http", "grains", "ledger"];
    public static readonly string[] FullParts = ["nodes", "growth", "reads", "soak", "books"];

    public bool IsQuick => QuickParts.Any(Has);

    public bool Has(string part) => Only is null ? IsFull || QuickParts.Contains(part) : Only.Split(',').Contains(part);
}
