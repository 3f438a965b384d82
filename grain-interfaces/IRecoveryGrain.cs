using Orleans;
using Orleans.CodeGeneration;

namespace Payments.Grains;

/// <summary>Finds payments whose next action is due and wakes them, so that a lost timer, reminder or process loses nothing. One grain a shard.</summary>
[Alias("payments.IRecoveryGrain"), Version(1)]
public interface IRecoveryGrain : IGrainWithStringKey
{
    /// <summary>Makes sure that this shard is looked after from now on.</summary>
    [Alias("Start")]
    Task StartAsync();
}
