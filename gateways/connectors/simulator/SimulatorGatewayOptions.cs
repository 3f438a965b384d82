using Payments.Domain;

namespace Payments.Gateways.Connectors.Simulator;

/// <summary>Where the simulated processor is, and what it promises.</summary>
public sealed record SimulatorGatewayOptions
{
    /// <summary>What it is called here: part of account names.</summary>
    public string Name { get; init; } = "simulator";

    /// <summary>How long to wait between attempts; null: as everywhere.</summary>
    public RetrySchedule? Retries { get; init; }

    /// <summary>The processor's root, e.g. <c>http://127.0.0.1:8090/</c>.</summary>
    public required Uri BaseAddress { get; init; }

    /// <summary>How long one call may take, connecting included.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long the processor honours a key. The simulator does for ever; a day is what processors commonly promise.</summary>
    public TimeSpan IdempotencyKeyLife { get; init; } = TimeSpan.FromHours(24);

    /// <summary>How long after the last send "not found" is final; null: twice <see cref="Timeout"/>.</summary>
    /// <remarks>
    /// A call that timed out may still lie in a socket's buffer, so this must be longer than the timeout. The work's own duration does not
    /// count: the processor shows an operation as pending from the moment it takes the request up.
    /// </remarks>
    public TimeSpan? AbsenceFinalAfter { get; init; }

    /// <summary>How many connections at most; a call that gets none within its timeout was not sent.</summary>
    public int MaxConnections { get; init; } = 256;
}
