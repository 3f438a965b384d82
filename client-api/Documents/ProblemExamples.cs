using System.Collections.Immutable;
using System.Text.Json;
using Microsoft.OpenApi;
using Payments.ClientApi.Errors;
using Payments.ClientApi.Requests;
using Payments.ClientApi.Resources;
using Payments.ClientApi.Security;
using Payments.Domain;
using Payments.Gateways.Settlement;

namespace Payments.ClientApi.Documents;

/// <summary>Every problem that an operation may answer with, by status, each made by the code that answers with it.</summary>
internal static class ProblemExamples
{
    private const string Account = "merchant:mer_2d4f6h8k0m1n3p5r7t9v1x3z58:assets:till:EUR";

    /// <returns>JSON by code.</returns>
    public static IEnumerable<(string Code, string Json)> Of(OpenApiOperation operation, string status, RequiredScopes? scopes) =>
        from problem in Problem(operation, status, scopes)
        let json = JsonSerializer.Serialize(problem with { TraceId = "4bf92f3577b34da6a3ce929d0e0e4736" }, ApiJson.Default.Problem)
        select (problem.Code, json);

    private static IEnumerable<Problem> Problem(OpenApiOperation operation, string status, RequiredScopes? scopes) => status switch
    {
        "400" when operation.OperationId == "receiveWebhook" =>
            [.. new[] { "signature_missing", "signature_invalid", "timestamp_outside_tolerance", "body_unreadable" }.Select(Problems.WebhookUnverified)],
        "400" when operation.OperationId == "importSettlementFile" =>
            [Problems.ParameterInvalid("format", "is required"), Problems.ParameterUnknown("nmae", ["gateway", "format", "name"]), Problems.CardNumberRefused("name")],
        "400" => [.. OfKey(operation), .. OfBody(operation), .. OfParameters(operation)],
        "401" => [Problems.KeyMissing(), Problems.KeyInvalid()],
        "403" => [Problems.ScopeMissing(scopes ?? new(ImmutableArray.Create(Scopes.Write)))],
        "404" => Missing(operation.OperationId!),
        "409" => Conflicting(operation.OperationId!),
        "410" => [Problems.Archived("2026-01")],
        "413" => [Problems.BodyTooLarge(operation.OperationId switch
        {
            "receiveWebhook" => ApiLimits.MaxWebhookBytes,
            "importSettlementFile" => SettlementFile.MaxBytes,
            _ => ApiLimits.MaxBodyBytes,
        })],
        "415" => [Problems.UnsupportedMediaType(operation.OperationId == "importSettlementFile" ? "text/csv" : "application/json")],
        "422" when operation.OperationId == "importSettlementFile" => [Problems.SettlementFileInvalid("line 2: net is 19.45 EUR, and gross less fee is 19.46 EUR.")],
        "422" => [.. Refused(operation.OperationId!), Problems.Refused("idempotency_key_reused", null)],
        "500" => [Problems.Internal(commandSent: false), .. Has(operation, IdempotencyKey.Header) ? [Problems.Internal(commandSent: true)] : Array.Empty<Problem>()],
        "503" when operation.OperationId is "isReady" or "hasStarted" => [Problems.NotReady()],
        "503" when Has(operation, IdempotencyKey.Header) => [Problems.Busy(), Problems.OutcomeUnknown(), Problems.Unavailable()],
        "503" => [Problems.Unavailable()],
        _ => [],
    };

    private static IEnumerable<Problem> OfKey(OpenApiOperation operation) => Has(operation, IdempotencyKey.Header)
        ? [Problems.IdempotencyKeyMissing(), Problems.IdempotencyKeyInvalid()]
        : [];

    private static IEnumerable<Problem> OfBody(OpenApiOperation operation)
    {
        if (operation.RequestBody is null)
        {
            return [];
        }

        var (field, rule) = operation.OperationId switch
        {
            "createPayment" or "createCapture" or "createRefund" => ("amount", FieldRules.AmountRule),
            "cancelPayment" => ("reason", FieldRules.TextRule(FieldRules.MaxReason)),
            "createLedgerEntry" => ("postings", FieldRules.BalanceRule),
            "reverseLedgerEntry" => ("description", FieldRules.TextRule(FieldRules.MaxDescription)),
            "createPayout" => ("amount", FieldRules.AmountRule),
            "putPayoutSettings" => ("destination", Iban.Rule),
            "decidePayout" => ("outcome", "must be paid, failed or returned"),
            "putLedgerAccount" => ("minimum", FieldRules.MinimumRule),
            "decideOperation" => ("outcome", "must be done or declined"),
            "assignBreak" => ("owner", FieldRules.TextRule(FieldRules.MaxName)),
            "resolveBreak" => ("resolution", "must be receivable, fees, write_off or accepted"),
            "updateGateway" => ("drained", "must be true or false"),
            "createReport" => ("to", "must be over: a report tells what was"),
            "rotateKey" => ("grace_seconds", "must be a whole number from 0 to 31622400, written in digits only"),
            "createKey" => ("scopes", "must be a list of one or more of read, write, ledger, each once"),
            _ => ("fee_basis_points", $"must be a whole number from 0 to {FeeTerms.MaxBasisPoints}, written in digits only"),
        };
        return
        [
            Problems.InvalidJson("A body is one JSON object in UTF-8."), Problems.FieldMissing(field), Problems.FieldInvalid(field, rule),
            Problems.FieldUnknown("amuont", [field]), Problems.FieldRepeated(field), Problems.CardNumberRefused(field),
        ];
    }

    private static IEnumerable<Problem> OfParameters(OpenApiOperation operation)
    {
        var names = (operation.Parameters ?? []).Where(parameter => parameter.In == ParameterLocation.Query).Select(parameter => parameter.Name!).ToArray();
        yield return Problems.ParameterUnknown("limt", names);
        if (names.Length > 0)
        {
            yield return names switch
            {
                _ when names.Contains("wait") => Problems.ParameterInvalid("wait", "must be a whole number of seconds from 0 to 30"),
                _ when names.Contains("to") => Problems.ParameterInvalid("to", "must not be before from"),
                _ when names.Contains("limit") => Problems.ParameterInvalid("limit", $"must be a whole number from 1 to {ApiLimits.MaxPage}"),
                _ => Problems.ParameterInvalid("at", "must be an instant in UTC since 1970, e.g. 2026-03-01T12:00:00Z"),
            };
        }

        if (names.Contains("cursor"))
        {
            yield return Problems.CursorInvalid();
            yield return Problems.CursorExpired();
        }
    }

    private static IEnumerable<Problem> Missing(string operation) => operation switch
    {
        "getLedgerAccount" or "getStatement" or "putLedgerAccount" or "createLedgerEntry" => [Problems.AccountNotFound()],
        "getLedgerEntry" or "reverseLedgerEntry" => [Problems.EntryNotFound()],
        "createReport" => [Problems.AccountNotFound()],
        "getReport" or "endReport" or "getReportFile" => [Problems.ReportNotFound()],
        "getOperation" or "decideOperation" => [Problems.ProcessorOperationNotFound()],
        "updateGateway" or "receiveWebhook" or "importSettlementFile" => [Problems.GatewayNotFound()],
        "getPayout" or "decidePayout" => [Problems.PayoutNotFound()],
        "getMerchant" or "updateMerchant" or "createKey" or "listPayoutSettings" or "putPayoutSettings" => [Problems.MerchantNotFound()],
        "getBreak" or "assignBreak" or "resolveBreak" => [Problems.BreakNotFound()],
        "getKey" or "rotateKey" or "revokeKey" => [Problems.KeyNotFound()],
        "getCapture" => [Problems.PaymentNotFound(), Problems.OperationNotFound(Endpoints.OperationName.Capture)],
        "getCancellation" => [Problems.PaymentNotFound(), Problems.OperationNotFound(Endpoints.OperationName.Cancellation)],
        "getRefund" => [Problems.PaymentNotFound(), Problems.OperationNotFound(Endpoints.OperationName.Refund)],
        _ => [Problems.PaymentNotFound()],
    };

    private static IEnumerable<Problem> Conflicting(string operation) => operation switch
    {
        "createCapture" => [Of("payment_not_capturable", PaymentStatus.Succeeded), Of("operation_in_flight", PaymentStatus.Authorized)],
        "cancelPayment" => [Of("payment_not_cancelable", PaymentStatus.Succeeded), Of("operation_in_flight", PaymentStatus.Authorized)],
        "createRefund" => [Of("payment_not_refundable", PaymentStatus.Declined)],
        "reverseLedgerEntry" => [Problems.Refused("entry_reversed", null)],
        "rotateKey" => [Problems.KeyNotRotatable()],
        "decidePayout" => [Problems.PayoutDecided(), Problems.OperationUnderWay()],
        "assignBreak" or "resolveBreak" => [Problems.BreakResolved()],
        "importSettlementFile" => [Problems.SettlementFileDiffers(), Problems.SettlementImportUnderWay()],
        "getReportFile" => [Problems.ReportNotReady(), Problems.ReportHasNoFile(Payments.Storage.ReportStatus.Deleted)],
        "decideOperation" => [Problems.OperationDecided(), Problems.OperationUnderWay(), Problems.DecisionMadeBefore(), Problems.DecisionsDiffer()],
        _ => [],
    };

    private static IEnumerable<Problem> Refused(string operation) => operation switch
    {
        "createPayment" => [Problems.Refused("no_processor", null)],
        "createPayout" =>
        [
            Problems.Refused("payout_exceeds_available", null), Problems.Refused("payout_settings_missing", null), Problems.Refused("no_bank", null),
        ],
        "createCapture" => [Problems.Refused("capture_exceeds_authorization", null), Problems.Refused("capture_must_be_final", null), Problems.Refused("too_many_captures", null)],
        "cancelPayment" => [Problems.Refused("too_many_cancellations", null)],
        "createRefund" =>
        [
            Problems.Refused("refund_exceeds_payment", null), Problems.Refused("too_many_refunds", null), Problems.Refused("balance_insufficient", null),
        ],
        "createLedgerEntry" => [Problems.AccountBelowMinimum(Account), Problems.Refused("balance_out_of_range", null)],
        "createReport" => [Problems.Refused("too_many_reports", null)],
        "resolveBreak" => [Problems.BreakCannotEndSo("accepted")],
        "reverseLedgerEntry" =>
        [
            Problems.Refused("entry_not_reversible", null), Problems.AccountBelowMinimum(Account), Problems.Refused("balance_out_of_range", null),
        ],
        _ => [],
    };

    private static Problem Of(string code, PaymentStatus status) => Problems.Refused(code, status.Name());

    private static bool Has(OpenApiOperation operation, string parameter) => operation.Parameters?.Any(one => one.Name == parameter) == true;
}
