using Orleans.Runtime;
using Payments.Embedded;

namespace Orleans;

/// <summary>The base of every grain class.</summary>
public abstract class Grain : IGrainBase, IAddressable
{
    /// <summary>Grains are constructed by the engine only, which knows which activation it is constructing.</summary>
    protected Grain() => Activation = Activation.UnderConstruction
        ?? throw new InvalidOperationException($"{GetType().Name} is a grain: get it from an {nameof(IGrainFactory)}.");

    /// <inheritdoc/>
    public IGrainContext GrainContext => Activation;

    internal Activation Activation { get; }

    /// <summary>Gives references to other grains.</summary>
    protected IGrainFactory GrainFactory => Activation.Node.Grains;

    /// <summary>The services of the node.</summary>
    protected internal IServiceProvider ServiceProvider => Activation.ActivationServices;

    /// <inheritdoc/>
    public virtual Task OnActivateAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public virtual Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Ends this activation once the requests that it runs are done; whatever waits is served by a fresh one.</summary>
    protected void DeactivateOnIdle() => GrainBaseExtensions.DeactivateOnIdle(this);

    /// <summary>Keeps this activation for at least this long; a negative time takes that back.</summary>
    protected void DelayDeactivation(TimeSpan timeSpan) => Activation.DelayDeactivation(timeSpan);
}
