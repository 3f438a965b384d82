using System.Net;
using Payments.Hosting;

namespace Payments.Silo;

/// <summary>What a node must be told besides.</summary>
public sealed record NodeOptions
{
    /// <summary><c>PAYMENTS_UNKNOWN_SECONDS</c>: how long an outcome may be unknown before somebody is told.</summary>
    public required TimeSpan UnknownFor { get; init; }

    /// <summary><c>PAYMENTS_STATE</c>: where checkpoints and their key are kept; without it none are taken.</summary>
    public string? State { get; init; }

    /// <summary><c>PAYMENTS_SILO_ADDRESS</c>: this node's IP address or host name, as the other nodes of an Orleans cluster reach it.</summary>
    public required IPAddress SiloAddress { get; init; }

    /// <summary><c>PAYMENTS_SILO_PORT</c>: where they reach it. A node that keeps its address and port is known again at once when it comes back.</summary>
    public required int SiloPort { get; init; }

    /// <summary><c>PAYMENTS_GATEWAY_PORT</c>: where Orleans clients of other processes reach the grains; 0 for nowhere.</summary>
    public required int GatewayPort { get; init; }

    /// <summary>Reads the environment.</summary>
    /// <exception cref="ConfigurationException">Something is malformed; the message names the variable.</exception>
    public static NodeOptions FromEnvironment() => new()
    {
        UnknownFor = TimeSpan.FromSeconds(Variables.Number("PAYMENTS_UNKNOWN_SECONDS", 300)),
        State = Variables.Optional("PAYMENTS_STATE"),
        SiloAddress = Variables.Ip("PAYMENTS_SILO_ADDRESS", IPAddress.Loopback),
        SiloPort = Variables.Port("PAYMENTS_SILO_PORT", 11111, lowest: 1),
        GatewayPort = Variables.Port("PAYMENTS_GATEWAY_PORT", 30000, lowest: 0),
    };
}
