namespace Payments.Gateways.Connectors.Guard;

/// <summary>How a processor is kept from harm, and we from it.</summary>
public sealed record GuardOptions
{
    /// <summary>Calls under way at once; one more is not sent.</summary>
    public int MaxInFlight { get; init; } = 256;

    /// <summary>What part of the calls must fail for the breaker to open, from 0 to 1.</summary>
    public double FailureRatio { get; init; } = 0.5;

    /// <summary>How many calls there must be before that says anything.</summary>
    public int MinimumCalls { get; init; } = 20;

    /// <summary>Over which time they are counted.</summary>
    public TimeSpan SamplingTime { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long the breaker stays open before one call is let through to see.</summary>
    public TimeSpan BreakTime { get; init; } = TimeSpan.FromSeconds(5);
}
