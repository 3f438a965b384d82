using System.Text.Json.Serialization;
using Payments.GatewaySimulator.Rules;

namespace Payments.GatewaySimulator.Http;

/// <summary>Everything that is read or written as JSON, over HTTP and in the record: snake_case, nulls left out.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    UseStringEnumConverter = true,
    AllowDuplicateProperties = false)]
[JsonSerializable(typeof(Operation))]
[JsonSerializable(typeof(OrderBody))]
[JsonSerializable(typeof(FaultsBody))]
[JsonSerializable(typeof(FaultDial))]
[JsonSerializable(typeof(OperationReply))]
[JsonSerializable(typeof(EffectReply))]
[JsonSerializable(typeof(EventReply))]
[JsonSerializable(typeof(OutageBody))]
[JsonSerializable(typeof(SummaryReply))]
[JsonSerializable(typeof(HealthReply))]
[JsonSerializable(typeof(Refusal))]
internal sealed partial class Json : JsonSerializerContext;
