namespace Payments.Hosting;

/// <summary>What every program that serves the HTTP API must be told.</summary>
public sealed record ServingOptions
{
    /// <summary><c>PAYMENTS_DATABASE</c>: an Npgsql connection string with the role payments_app.</summary>
    public required string Database { get; init; }

    /// <summary><c>PAYMENTS_URL</c>: where the HTTP API listens.</summary>
    public required Uri Url { get; init; }

    /// <summary><c>PAYMENTS_NODE</c>: this program's name, in logs and in the books' writers.</summary>
    public required string Node { get; init; }

    /// <summary><c>PAYMENTS_SIMULATOR_URL</c>: the simulated processor, which test mode charges.</summary>
    public required Uri Simulator { get; init; }

    /// <summary>Where <c>PAYMENTS_SIMULATOR_WEBHOOK_SECRET</c> is, if it is set: what it signs its webhooks with; without it they are refused.</summary>
    public string? SimulatorWebhookSecret { get; init; }

    /// <summary><c>PAYMENTS_TWO_OPERATORS_FROM</c>: from this amount on, in minor units, two operators must decide alike.</summary>
    public required long TwoOperatorsFrom { get; init; }

    /// <summary><c>PAYMENTS_GATEWAYS</c>: the file that names the processors and routes; without it there is the simulator alone.</summary>
    public string? Gateways { get; init; }

    /// <summary>Reads the environment.</summary>
    /// <exception cref="ConfigurationException">Something is missing or malformed; the message names the variable.</exception>
    public static ServingOptions FromEnvironment(string name) => new()
    {
        Database = Variables.Required("PAYMENTS_DATABASE"),
        Url = Variables.Address("PAYMENTS_URL", "http://127.0.0.1:8080"),
        Node = Variables.Optional("PAYMENTS_NODE") ?? name,
        Simulator = Variables.Address("PAYMENTS_SIMULATOR_URL", "http://127.0.0.1:8090"),
        SimulatorWebhookSecret = Variables.Optional("PAYMENTS_SIMULATOR_WEBHOOK_SECRET") is not null ? "env:PAYMENTS_SIMULATOR_WEBHOOK_SECRET" : null,
        TwoOperatorsFrom = Variables.Number("PAYMENTS_TWO_OPERATORS_FROM", 100_000),
        Gateways = Variables.Optional("PAYMENTS_GATEWAYS"),
    };
}
