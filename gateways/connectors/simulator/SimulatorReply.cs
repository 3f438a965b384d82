using System.Net;
using System.Text.Json;

namespace Payments.Gateways.Connectors.Simulator;

/// <summary>What the processor answered: the status, and the body as far as it could be read.</summary>
internal sealed record SimulatorReply(HttpStatusCode Status, SimulatorReply.Fields Body)
{
    private const int MaxLength = 64 * 1024;

    private static readonly Fields Nothing = new(null, null, null, null, null, null, null, null, null, null, null);

    public static async Task<SimulatorReply> ReadAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        await using var stream = await response.Content.ReadAsStreamAsync(cancellationToken);
        var buffer = new byte[4 * 1024];
        var length = 0;
        while (true)
        {
            var read = await stream.ReadAsync(buffer.AsMemory(length), cancellationToken);
            if (read == 0)
            {
                return new SimulatorReply(response.StatusCode, Parse(buffer.AsSpan(0, length)));
            }

            length += read;
            if (length == buffer.Length)
            {
                if (length == MaxLength)
                {
                    // No answer of this processor is that long.
                    return new SimulatorReply(response.StatusCode, Nothing);
                }

                Array.Resize(ref buffer, buffer.Length * 2);
            }
        }
    }

    private static Fields Parse(ReadOnlySpan<byte> json)
    {
        try
        {
            return JsonSerializer.Deserialize(json, SimulatorJson.Default.Fields) ?? Nothing;
        }
        catch (JsonException)
        {
            return Nothing;
        }
    }

    /// <summary>The fields of every answer: an operation has the first five, an authorization its end besides, a refusal the code.</summary>
    internal sealed record Fields(string? Id, string? Kind, string? Reference, string? Status, string? DeclineCode, string? Code, DateTimeOffset? ExpiresAt,
        long? Amount, string? Currency, string? ActionUrl, bool? Retryable);
}
