using System.Text.Json.Serialization;

namespace Payments.GatewaySimulator.Rules;

internal enum OperationKind
{
    [JsonStringEnumMemberName("charge")]
    Charge,

    [JsonStringEnumMemberName("authorization")]
    Authorization,

    [JsonStringEnumMemberName("capture")]
    Capture,

    [JsonStringEnumMemberName("void")]
    Void,

    [JsonStringEnumMemberName("refund")]
    Refund,
}
