using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Payments.GatewaySimulator.Rules;

/// <summary>An order that was decided, as it stands in the record: approved (an effect) or declined (an outcome without one).</summary>
/// <remarks>Approved has no decline code; a refund has the client's reference of its charge.</remarks>
internal sealed record Operation(Order Order, string? ChargeReference, string? DeclineCode, DateTimeOffset At)
{
    private static readonly JsonTypeInfo<Operation> Layout = Http.Json.Default.Operation;

    public bool IsEffect => DeclineCode is null;

    public static Operation FromBytes(ReadOnlySpan<byte> payload) =>
        JsonSerializer.Deserialize(payload, Layout) ?? throw new InvalidDataException("A record holds null.");

    public byte[] ToBytes() => JsonSerializer.SerializeToUtf8Bytes(this, Layout);
}
