namespace Orleans.Runtime;

/// <summary>One activation: a grain's instance and the turns that it takes.</summary>
public interface IGrainContext
{
    /// <summary>The instance, once it is constructed.</summary>
    object? GrainInstance { get; }

    /// <summary>Where the grain's dependencies come from.</summary>
    IServiceProvider ActivationServices { get; }

    /// <summary>Completes when the activation has ended.</summary>
    Task Deactivated { get; }

    /// <summary>Ends the activation as soon as the requests that it runs are done.</summary>
    void Deactivate(DeactivationReason deactivationReason, CancellationToken cancellationToken = default);
}
