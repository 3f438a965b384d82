using System.Text.Json.Serialization;
using Payments.ClientApi.Documents;
using Payments.ClientApi.Errors;

namespace Payments.ClientApi.Resources;

/// <summary>How answers become JSON, worked out when this is compiled.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, NumberHandling = JsonNumberHandling.Strict)]
[JsonSerializable(typeof(PaymentResource))]
[JsonSerializable(typeof(Page<PaymentResource>))]
[JsonSerializable(typeof(OperationResource))]
[JsonSerializable(typeof(Page<OperationResource>))]
[JsonSerializable(typeof(Page<AccountResource>))]
[JsonSerializable(typeof(Page<TimelineItemResource>))]
[JsonSerializable(typeof(Page<StatementLineResource>))]
[JsonSerializable(typeof(EntryResource))]
[JsonSerializable(typeof(BalanceResource))]
[JsonSerializable(typeof(TrialBalanceResource))]
[JsonSerializable(typeof(MerchantResource))]
[JsonSerializable(typeof(Page<MerchantResource>))]
[JsonSerializable(typeof(KeyResource))]
[JsonSerializable(typeof(Page<KeyResource>))]
[JsonSerializable(typeof(HealthResource))]
[JsonSerializable(typeof(Problem))]
[JsonSerializable(typeof(PaymentBody))]
[JsonSerializable(typeof(CaptureBody))]
[JsonSerializable(typeof(CancelBody))]
[JsonSerializable(typeof(RefundBody))]
[JsonSerializable(typeof(AccountBody))]
[JsonSerializable(typeof(EntryBody))]
[JsonSerializable(typeof(ReversalBody))]
[JsonSerializable(typeof(MerchantBody))]
[JsonSerializable(typeof(MerchantPatchBody))]
[JsonSerializable(typeof(KeyBody))]
[JsonSerializable(typeof(RotateBody))]
internal sealed partial class ApiJson : JsonSerializerContext;
