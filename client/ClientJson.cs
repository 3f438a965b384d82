using System.Text.Json.Serialization;

namespace Payments.Client;

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(NewPayment))]
[JsonSerializable(typeof(NewCapture))]
[JsonSerializable(typeof(NewCancellation))]
[JsonSerializable(typeof(NewRefund))]
[JsonSerializable(typeof(NewEntry))]
[JsonSerializable(typeof(NewReversal))]
[JsonSerializable(typeof(NewLimit))]
[JsonSerializable(typeof(NewPayout))]
[JsonSerializable(typeof(Payout))]
[JsonSerializable(typeof(Page<Payout>))]
[JsonSerializable(typeof(PayableBalance))]
[JsonSerializable(typeof(NewReport))]
[JsonSerializable(typeof(Report))]
[JsonSerializable(typeof(Page<Report>))]
[JsonSerializable(typeof(Payment))]
[JsonSerializable(typeof(Operation))]
[JsonSerializable(typeof(LedgerEntry))]
[JsonSerializable(typeof(LedgerAccount))]
[JsonSerializable(typeof(Balance))]
[JsonSerializable(typeof(Page<Payment>))]
[JsonSerializable(typeof(Page<Operation>))]
[JsonSerializable(typeof(Page<Dispute>))]
[JsonSerializable(typeof(Page<TimelineItem>))]
[JsonSerializable(typeof(Page<LedgerAccount>))]
[JsonSerializable(typeof(Page<StatementLine>))]
[JsonSerializable(typeof(Problem))]
internal sealed partial class ClientJson : JsonSerializerContext;
