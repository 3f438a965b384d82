using System.Text.Json.Serialization;

namespace Payments.Gateways.Connectors.Simulator;

/// <summary>The processor's JSON: snake_case.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(ChargeMessage))]
[JsonSerializable(typeof(CaptureMessage))]
[JsonSerializable(typeof(VoidMessage))]
[JsonSerializable(typeof(RefundMessage))]
[JsonSerializable(typeof(SimulatorReply.Fields))]
internal sealed partial class SimulatorJson : JsonSerializerContext;

internal sealed record ChargeMessage(string Reference, long Amount, string Currency, string Token);

internal sealed record CaptureMessage(string Reference, long Amount, string Currency, string AuthorizationId, bool Final);

internal sealed record VoidMessage(string Reference, string AuthorizationId);

internal sealed record RefundMessage(string Reference, long Amount, string Currency, string ChargeId);
