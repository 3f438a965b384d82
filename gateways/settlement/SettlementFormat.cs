namespace Payments.Gateways.Settlement;

/// <summary>How one kind of settlement file is read.</summary>
/// <param name="Name">E.g. <c>stripe</c>.</param>
/// <param name="Columns">The columns that it needs, whatever their order; others may stand between them.</param>
/// <param name="Read">Makes a line of a row; null for a row that says nothing about money.</param>
public sealed record SettlementFormat(string Name, IReadOnlyList<string> Columns, Func<SettlementRow, SettlementLine?> Read)
{
    public static IReadOnlyList<SettlementFormat> All { get; } = [StripeSettlement.Format, AdyenSettlement.Format, SimulatorSettlement.Format];
}

/// <summary>A settlement file that cannot be read; the message names the line and what is wrong with it.</summary>
public sealed class SettlementFileException(int line, string what) : Exception($"line {line}: {what}")
{
    public int Line => line;
}
