using System.ComponentModel;
using Microsoft.AspNetCore.Mvc;
using Payments.ClientApi.Documents;
using Payments.ClientApi.Resources;
using Payments.ClientApi.Security;
using Payments.Domain;

namespace Payments.ClientApi.Endpoints;

/// <summary>Refunds of a payment.</summary>
internal static class RefundEndpoints
{
    public static void Map(IEndpointRouteBuilder routes)
    {
        var refunds = routes.MapGroup("/v1/payments/{id}/refunds").WithTags("Refunds");

        refunds.MapPost("", CreateAsync)
            .WithName("createRefund")
            .WithSummary("Give a part or all of a payment back")
            .WithDescription(
                "Reserves the amount, asks the processor, and waits for its word (10 seconds unless Prefer says otherwise). 201: final, 202: still pending. "
                + "Without an amount it gives back all that is left.")
            .RequireScope(Scopes.Write)
            .MovesMoney()
            .TakesBody<RefundBody>()
            .Answers<OperationResource>(StatusCodes.Status201Created, StatusCodes.Status202Accepted)
            .Refuses(400, 401, 403, 404, 409, 413, 415, 422, 500, 503);

        refunds.MapGet("", ListAsync)
            .WithName("listRefunds")
            .WithSummary("List the refunds of a payment, newest first")
            .RequireScope(Scopes.Read)
            .Answers<Page<OperationResource>>(StatusCodes.Status200OK)
            .Refuses(400, 401, 403, 404, 500, 503);

        refunds.MapGet("{refund}", GetAsync)
            .WithName("getRefund")
            .WithSummary("Get a refund")
            .RequireScope(Scopes.Read)
            .Answers<OperationResource>(StatusCodes.Status200OK)
            .Refuses(400, 401, 403, 404, 500, 503);
    }

    private static Task<IResult> CreateAsync(HttpContext context, [Description("The payment.")] string id, [FromServices] OperationCalls operations) =>
        operations.CreateAsync(context, id, OperationName.Refund, fields =>
        {
            var (amount, reason, metadata) = (fields.OptionalAmount("amount"), fields.OptionalText("reason", FieldRules.MaxReason), fields.Metadata("metadata"));
            return refundId => (calls, http, merchant, payment) => calls.RefundAsync(
                http, merchant, payment, new() { RefundId = refundId, Amount = amount, Reason = reason, Metadata = metadata });
        });

    private static Task<IResult> ListAsync(HttpContext context, [Description("The payment.")] string id, [FromServices] OperationCalls operations) =>
        operations.ListAsync(context, id, OperationName.Refund);

    private static Task<IResult> GetAsync(
        HttpContext context, [Description("The payment.")] string id, [Description("The refund.")] string refund, [FromServices] OperationCalls operations) =>
        operations.GetAsync(context, id, refund, OperationName.Refund);
}
