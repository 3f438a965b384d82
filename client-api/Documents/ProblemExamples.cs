using System.Collections.Immutable;
using System.Text.Json;
using Payments.ClientApi.Errors;
using Payments.ClientApi.Resources;
using Payments.ClientApi.Security;
using Payments.Domain;

namespace Payments.ClientApi.Documents;

/// <summary>One typical problem for every status, made by the code that answers with it.</summary>
internal static class ProblemExamples
{
    public static string? Of(string? operation, string status)
    {
        var example = (operation, status) switch
        {
            ("isReady", "503") => Problems.NotReady(),
            ("listLedgerAccounts", "400") => Problems.ParameterInvalid("limit", $"must be a whole number from 1 to {ApiLimits.MaxPage}"),
            ("getPayment", "400") => Problems.ParameterInvalid("wait", "must be a whole number of seconds from 0 to 30"),
            ("listPayments", "400") => Problems.CursorExpired(),
            ("getStatement", "400") => Problems.ParameterInvalid("to", "must not be before from"),
            ("listLedgerAccounts" or "getTrialBalance" or "getLedgerAccount" or "getBalance", "400") =>
                Problems.ParameterInvalid("at", "must be an instant in UTC since 1970, e.g. 2026-03-01T12:00:00Z"),
            ("getLedgerAccount" or "getStatement" or "putLedgerAccount" or "createLedgerEntry", "404") => Problems.AccountNotFound(),
            ("getMerchant" or "updateMerchant" or "createKey", "404") => Problems.MerchantNotFound(),
            ("getKey" or "rotateKey" or "revokeKey", "404") => Problems.KeyNotFound(),
            ("rotateKey", "409") => Problems.KeyNotRotatable(),
            ("updateMerchant", "400") => Problems.FieldInvalid("fee_basis_points", "must be a whole number from 0 to 10000, written in digits only"),
            ("listMerchants" or "listKeys", "400") => Problems.CursorInvalid(),
            ("getLedgerEntry" or "reverseLedgerEntry", "404") => Problems.EntryNotFound(),
            ("getTimeline" or "getPaymentTimeline" or "getRefund" or "listRefunds" or "getCapture" or "listCaptures" or "getCancellation" or "listCancellations"
                or "getLedgerEntry" or "getMerchant" or "getKey" or "revokeKey", "400") => Problems.ParameterUnknown("limit", []),
            ("putLedgerAccount", "400") => Problems.FieldInvalid("minimum", FieldRules.MinimumRule),
            (_, "400") => Problems.IdempotencyKeyMissing(),
            (_, "401") => Problems.KeyMissing(),
            (_, "403") => Problems.ScopeMissing(new RequiredScopes(ImmutableArray.Create(Scopes.Write))),
            (_, "404") => Problems.PaymentNotFound(),
            ("reverseLedgerEntry", "409") => Problems.Refused("entry_reversed", null),
            ("createLedgerEntry", "422") => Problems.AccountBelowMinimum("merchant:mer_2d4f6h8k0m1n3p5r7t9v1x3z58:assets:till:EUR"),
            ("reverseLedgerEntry", "422") => Problems.Refused("entry_not_reversible", null),
            ("createCapture", "409") => Problems.Refused("payment_not_capturable", PaymentStatus.Succeeded.Name()),
            ("cancelPayment", "409") => Problems.Refused("operation_in_flight", PaymentStatus.Authorized.Name()),
            (_, "409") => Problems.Refused("payment_not_refundable", PaymentStatus.Declined.Name()),
            (_, "413") => Problems.BodyTooLarge(),
            (_, "415") => Problems.UnsupportedMediaType(),
            ("createCapture", "422") => Problems.Refused("capture_exceeds_authorization", null),
            ("createRefund", "422") => Problems.Refused("refund_exceeds_payment", null),
            (_, "422") => Problems.Refused("idempotency_key_reused", null),
            (_, "500") => Problems.Internal(commandSent: false),
            ("createPayment" or "createCapture" or "cancelPayment" or "createRefund" or "createLedgerEntry" or "reverseLedgerEntry", "503") => Problems.OutcomeUnknown(),
            (_, "503") => Problems.Unavailable(),
            _ => null,
        };
        return example is null
            ? null
            : JsonSerializer.Serialize(example with { TraceId = "4bf92f3577b34da6a3ce929d0e0e4736" }, ApiJson.Default.Problem);
    }
}
