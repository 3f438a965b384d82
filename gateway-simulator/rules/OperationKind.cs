using System.Text.Json.Serialization;

namespace Payments.GatewaySimulator.Rules;

internal enum OperationKind
{
    [JsonStringEnumMemberName("charge")]
    Charge,

    [JsonStringEnumMemberName("refund")]
    Refund,
}
