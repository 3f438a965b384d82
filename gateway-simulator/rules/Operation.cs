using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace Payments.GatewaySimulator.Rules;

/// <summary>An order that was decided, as it stands in the record: approved (an effect) or declined (an outcome without one).</summary>
/// <remarks>
/// Approved has no decline code; an approved authorization says from when on it is worth nothing. What builds on another operation
/// has the client's reference of that one, under the name it had in the record when there were charges and refunds only. Only refunds are reversed,
/// and only charges are disputed.
/// </remarks>
internal sealed record Operation(
    Order Order,
    [property: JsonPropertyName("charge_reference")] string? SourceReference,
    string? DeclineCode,
    DateTimeOffset At,
    DateTimeOffset? ExpiresAt = null,
    DateTimeOffset? ReversedAt = null,
    DateTimeOffset? DisputedAt = null,
    DateTimeOffset? DisputeClosedAt = null)
{
    /// <summary>The decline that another processor may see otherwise.</summary>
    public const string TryAgainLater = "try_again_later";

    private static readonly JsonTypeInfo<Operation> Layout = Http.Json.Default.Operation;

    public bool IsEffect => DeclineCode is null;

    /// <summary>A refund that was made and came back. It stands in the record a second time, behind itself.</summary>
    public bool IsReversed => ReversedAt is not null;

    /// <summary>It stands in the record once more, behind itself, with what happened to it since.</summary>
    [JsonIgnore]
    public bool IsSequel => ReversedAt is not null || DisputedAt is not null;

    public static Operation FromBytes(ReadOnlySpan<byte> payload) =>
        JsonSerializer.Deserialize(payload, Layout) ?? throw new InvalidDataException("A record holds null.");

    public byte[] ToBytes() => JsonSerializer.SerializeToUtf8Bytes(this, Layout);
}
