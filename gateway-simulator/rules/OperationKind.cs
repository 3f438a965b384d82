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

    /// <summary>The client's bank pays somebody: no card is touched, and nothing of it is settled.</summary>
    [JsonStringEnumMemberName("transfer")]
    Transfer,
}
