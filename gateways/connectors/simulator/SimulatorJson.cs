using System.Text.Json.Serialization;

namespace Payments.Gateways.Connectors.Simulator;

/// <summary>The processor's JSON: snake_case.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(ChargeMessage))]
[JsonSerializable(typeof(CaptureMessage))]
[JsonSerializable(typeof(VoidMessage))]
[JsonSerializable(typeof(RefundMessage))]
[JsonSerializable(typeof(TransferMessage))]
[JsonSerializable(typeof(SimulatorReply.Fields))]
[JsonSerializable(typeof(SimulatorEvent))]
internal sealed partial class SimulatorJson : JsonSerializerContext;

internal sealed record ChargeMessage(string Reference, long Amount, string Currency, string Token, string? ReturnUrl);

internal sealed record CaptureMessage(string Reference, long Amount, string Currency, string AuthorizationId, bool Final);

internal sealed record VoidMessage(string Reference, string AuthorizationId);

internal sealed record RefundMessage(string Reference, long Amount, string Currency, string ChargeId);

internal sealed record TransferMessage(string Reference, long Amount, string Currency, string Destination);

internal sealed record SimulatorEvent(string? Type, SimulatorReply.Fields? Operation, SimulatorDispute? Dispute);

internal sealed record SimulatorDispute(string? Id, string? ChargeReference, long? Amount, string? Currency, long? Fee, long? Kept, string? Reason);
