using Orleans;
using Orleans.CodeGeneration;

namespace Payments.Grains;

/// <summary>Reconciles one processor's settlement files. Key: <see cref="GrainKeys.Reconciliation"/>.</summary>
[Alias("payments.IReconciliationGrain"), Version(1)]
public interface IReconciliationGrain : IGrainWithStringKey
{
    /// <summary>Makes sure that the processor's files are reconciled from now on.</summary>
    [Alias("Start")]
    Task StartAsync();

    /// <summary>Does what there is to do now, or leaves it to the run that is under way.</summary>
    [Alias("Run")]
    Task RunAsync();
}
