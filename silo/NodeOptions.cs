using System.Globalization;
using System.Net;

namespace Payments.Silo;

/// <summary>What a node must be told, from the environment.</summary>
public sealed record NodeOptions
{
    /// <summary><c>PAYMENTS_DATABASE</c>: an Npgsql connection string with the role payments_app.</summary>
    public required string Database { get; init; }

    /// <summary><c>PAYMENTS_URL</c>: where the HTTP API listens.</summary>
    public required Uri Url { get; init; }

    /// <summary><c>PAYMENTS_NODE</c>: this node's name, in logs and in the books' writers.</summary>
    public required string Node { get; init; }

    /// <summary><c>PAYMENTS_SIMULATOR_URL</c>: the simulated processor, which test mode charges.</summary>
    public required Uri Simulator { get; init; }

    /// <summary>Where <c>PAYMENTS_SIMULATOR_WEBHOOK_SECRET</c> is, if it is set: what it signs its webhooks with; without it they are refused.</summary>
    public string? SimulatorWebhookSecret { get; init; }

    /// <summary><c>PAYMENTS_UNKNOWN_SECONDS</c>: how long an outcome may be unknown before somebody is told.</summary>
    public required TimeSpan UnknownFor { get; init; }

    /// <summary><c>PAYMENTS_TWO_OPERATORS_FROM</c>: from this amount on, in minor units, two operators must decide alike.</summary>
    public required long TwoOperatorsFrom { get; init; }

    /// <summary><c>PAYMENTS_GATEWAYS</c>: the file that names the processors and routes; without it there is the simulator alone.</summary>
    public string? Gateways { get; init; }

    /// <summary><c>PAYMENTS_STATE</c>: where checkpoints and their key are kept; without it none are taken.</summary>
    public string? State { get; init; }

    /// <summary><c>PAYMENTS_SILO_ADDRESS</c>: this node's IP address, as the other nodes of an Orleans cluster reach it.</summary>
    public required IPAddress SiloAddress { get; init; }

    /// <summary><c>PAYMENTS_SILO_PORT</c>: where they reach it. A node that keeps its address and port is known again at once when it comes back.</summary>
    public required int SiloPort { get; init; }

    /// <summary><c>PAYMENTS_GATEWAY_PORT</c>: where Orleans clients of other processes reach the grains; 0 for nowhere.</summary>
    public required int GatewayPort { get; init; }

    /// <summary>Reads the environment.</summary>
    /// <exception cref="ConfigurationException">Something is missing or malformed; the message names the variable.</exception>
    public static NodeOptions FromEnvironment() => new()
    {
        Database = Required("PAYMENTS_DATABASE"),
        Url = Address("PAYMENTS_URL", "http://127.0.0.1:8080"),
        Node = Environment.GetEnvironmentVariable("PAYMENTS_NODE") ?? "node-0",
        Simulator = Address("PAYMENTS_SIMULATOR_URL", "http://127.0.0.1:8090"),
        UnknownFor = TimeSpan.FromSeconds(Number("PAYMENTS_UNKNOWN_SECONDS", 300)),
        TwoOperatorsFrom = Number("PAYMENTS_TWO_OPERATORS_FROM", 100_000),
        SimulatorWebhookSecret = Environment.GetEnvironmentVariable("PAYMENTS_SIMULATOR_WEBHOOK_SECRET") is { Length: > 0 }
            ? "env:PAYMENTS_SIMULATOR_WEBHOOK_SECRET" : null,
        Gateways = Environment.GetEnvironmentVariable("PAYMENTS_GATEWAYS") is { Length: > 0 } path ? path : null,
        State = Environment.GetEnvironmentVariable("PAYMENTS_STATE"),
        SiloAddress = Ip("PAYMENTS_SILO_ADDRESS", IPAddress.Loopback),
        SiloPort = Port("PAYMENTS_SILO_PORT", 11111, lowest: 1),
        GatewayPort = Port("PAYMENTS_GATEWAY_PORT", 30000, lowest: 0),
    };

    private static string Required(string name) =>
        Environment.GetEnvironmentVariable(name) ?? throw new ConfigurationException($"Set {name}; './run --help' shows a node's environment.");

    private static Uri Address(string name, string fallback) =>
        Uri.TryCreate(Environment.GetEnvironmentVariable(name) ?? fallback, UriKind.Absolute, out var address) && address.Scheme is "http" or "https"
            ? address
            : throw new ConfigurationException($"{name} must be an address such as {fallback}.");

    private static IPAddress Ip(string name, IPAddress fallback) =>
        Environment.GetEnvironmentVariable(name) is not { } text ? fallback
        : IPAddress.TryParse(text, out var address) ? address
        : throw new ConfigurationException($"{name} must be an IP address such as {fallback}.");

    private static long Number(string name, long fallback) =>
        Environment.GetEnvironmentVariable(name) is not { Length: > 0 } text ? fallback
        : long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number <= Domain.Money.MaxOperation ? number
        : throw new ConfigurationException($"{name} must be a whole number such as {fallback}.");

    private static int Port(string name, int fallback, int lowest) =>
        Environment.GetEnvironmentVariable(name) is not { } text ? fallback
        : int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var port) && port >= lowest && port <= IPEndPoint.MaxPort ? port
        : throw new ConfigurationException($"{name} must be a port number such as {fallback}.");
}

/// <summary>The environment does not say what a node needs.</summary>
public sealed class ConfigurationException(string message) : Exception(message);
