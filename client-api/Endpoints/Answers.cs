using System.Text.Json.Serialization.Metadata;
using Payments.ClientApi.Errors;
using Payments.ClientApi.Requests;
using Payments.Grains;

namespace Payments.ClientApi.Endpoints;

/// <summary>What a grain's reply to a command becomes over HTTP.</summary>
internal static class Answers
{
    private const string ReplayedHeader = "Idempotent-Replayed";

    /// <summary>The problem that a reply means; null when the command was accepted, now or before.</summary>
    /// <param name="knownStatus">Where the payment stood before, in case that the reply does not say.</param>
    public static Problem? Refusal(PaymentReply reply, string? knownStatus = null) => reply.Kind switch
    {
        ReplyKind.Accepted or ReplyKind.Replayed => null,
        ReplyKind.Refused when reply.Field is { } field => Problems.FieldInvalid(field, reply.Rule ?? "is not valid"),
        ReplyKind.Refused => Problems.Refused(reply.Code, reply.Payment?.Status ?? knownStatus),
        ReplyKind.Busy => Problems.Busy(),
        ReplyKind.Unknown => Problems.OutcomeUnknown(),
    };

    /// <summary>The problem that a reply means; null when the payout is made, or decided, now or before.</summary>
    public static Problem? Refusal(PayoutReply reply) => reply.Kind switch
    {
        ReplyKind.Accepted or ReplyKind.Replayed => null,
        ReplyKind.Refused => reply.Code switch
        {
            "field_invalid" => Problems.FieldInvalid(reply.Field ?? "", reply.Rule ?? "is not valid"),
            "payout_not_found" => Problems.PayoutNotFound(),
            "payout_decided" => Problems.PayoutDecided(),
            "operation_under_way" => Problems.OperationUnderWay(),
            "balance_insufficient" => Problems.Refused("payout_exceeds_available", status: null),
            _ => Problems.Refused(reply.Code, status: null),
        },
        ReplyKind.Busy => Problems.Busy(),
        ReplyKind.Unknown => Problems.OutcomeUnknown(),
    };

    /// <summary>The problem that a reply means; null when the entry is posted, now or before.</summary>
    public static Problem? Refusal(EntryReply reply) => reply.Kind switch
    {
        ReplyKind.Accepted or ReplyKind.Replayed => null,
        ReplyKind.Refused => reply.Code switch
        {
            "field_invalid" => Problems.FieldInvalid(reply.Field ?? "", reply.Rule ?? "is not valid"),
            "entry_not_found" => Problems.EntryNotFound(),
            "account_not_found" => Problems.AccountNotFound(),
            "balance_insufficient" => Problems.AccountBelowMinimum(reply.Field),
            "archived" => Problems.Archived(reply.Field ?? ""),
            _ => Problems.Refused(reply.Code, status: null),
        },
        ReplyKind.Busy => Problems.Busy(),
        ReplyKind.Unknown => Problems.OutcomeUnknown(),
    };

    /// <summary>The problem that a reply means; null when the report is there, or has ended.</summary>
    public static Problem? Refusal(ReportReply reply) => reply.Kind switch
    {
        ReplyKind.Accepted or ReplyKind.Replayed => null,
        ReplyKind.Refused => reply.Code switch
        {
            "field_invalid" => Problems.FieldInvalid(reply.Field ?? "", reply.Rule ?? "is not valid"),
            "account_not_found" => Problems.AccountNotFound(),
            "report_not_found" => Problems.ReportNotFound(),
            "archived" => Problems.Archived(reply.Field ?? ""),
            _ => Problems.Refused(reply.Code, status: null),
        },
        ReplyKind.Busy => Problems.Busy(),
        ReplyKind.Unknown => Problems.OutcomeUnknown(),
    };

    /// <summary>The resource as it now is: 201 when it is final, 202 while it is not.</summary>
    public static IResult Made<T>(HttpContext context, PaymentReply reply, Patience patience, bool isFinal, T resource, JsonTypeInfo<T> json)
    {
        MarkReplayed(context, reply.Kind == ReplyKind.Replayed);
        patience.Confirm(context.Response, isFinal);
        return TypedResults.Json(resource, json, statusCode: isFinal ? StatusCodes.Status201Created : StatusCodes.Status202Accepted);
    }

    /// <summary>Says that the key was used before.</summary>
    public static void MarkReplayed(HttpContext context, bool isReplayed)
    {
        if (isReplayed)
        {
            context.Response.Headers[ReplayedHeader] = "true";
        }
    }
}
