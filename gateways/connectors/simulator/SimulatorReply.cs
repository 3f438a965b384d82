using System.Net;
using System.Text.Json;
using Payments.Gateways.Connectors.Http;

namespace Payments.Gateways.Connectors.Simulator;

/// <summary>What the processor answered: the status, and the body as far as it could be read.</summary>
internal sealed record SimulatorReply(HttpStatusCode Status, SimulatorReply.Fields Body)
{
    private static readonly Fields Nothing = new(null, null, null, null, null, null, null, null, null, null, null);

    public static SimulatorReply Of(ProcessorReply reply)
    {
        try
        {
            return new(reply.Status, JsonSerializer.Deserialize(reply.Body, SimulatorJson.Default.Fields) ?? Nothing);
        }
        catch (JsonException)
        {
            return new(reply.Status, Nothing);
        }
    }

    /// <summary>The fields of every answer: an operation has the first five, an authorization its end besides, a refusal the code.</summary>
    internal sealed record Fields(
        string? Id, string? Kind, string? Reference, string? Status, string? DeclineCode, string? Code, DateTimeOffset? ExpiresAt,
        long? Amount, string? Currency, string? ActionUrl, bool? Retryable);
}
