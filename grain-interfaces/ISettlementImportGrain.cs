using Orleans;
using Orleans.CodeGeneration;

namespace Payments.Grains;

/// <summary>
/// Fetches a processor's settlement file of each day that is over, and imports it. What is imported already is what the database says; the grain
/// itself remembers nothing that matters. One grain a processor that hands files out.
/// </summary>
[Alias("payments.ISettlementImportGrain"), Version(1)]
public interface ISettlementImportGrain : IGrainWithStringKey
{
    /// <summary>Makes sure that this processor's files are looked after from now on.</summary>
    [Alias("Start")]
    Task StartAsync();
}
