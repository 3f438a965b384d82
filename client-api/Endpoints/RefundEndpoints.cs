using System.ComponentModel;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Extensions.Options;
using Payments.ClientApi.Documents;
using Payments.ClientApi.Errors;
using Payments.ClientApi.Requests;
using Payments.ClientApi.Resources;
using Payments.ClientApi.Security;
using Payments.Domain;
using Payments.Grains;
using Payments.Storage;

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
            .Answers<RefundResource>(StatusCodes.Status201Created, StatusCodes.Status202Accepted)
            .Refuses(400, 401, 403, 404, 409, 413, 415, 422, 500, 503);

        refunds.MapGet("{refund}", GetAsync)
            .WithName("getRefund")
            .WithSummary("Get a refund")
            .RequireScope(Scopes.Read)
            .Answers<RefundResource>(StatusCodes.Status200OK)
            .Refuses(401, 403, 404, 500, 503);
    }

    private static async Task<IResult> CreateAsync(
        HttpContext context, [Description("The payment.")] string id, [FromServices] IPaymentQueries queries, [FromServices] PaymentCalls calls,
        [FromServices] IOptions<PaymentsApiOptions> options)
    {
        var caller = Caller.Of(context);
        if (!IdempotencyKey.TryRead(context.Request, out var key, out var problem))
        {
            return problem;
        }

        using var body = await RequestBody.ReadAsync(context.Request);
        if (body.Problem is not null)
        {
            return body.Problem;
        }

        var fields = new Fields(body.Root);
        var (amount, reason) = (fields.OptionalAmount("amount"), fields.OptionalText("reason", ApiLimits.MaxReason));
        if (fields.Problem is { } wrong)
        {
            return wrong;
        }

        // Read first: an id that is not there, or somebody else's, must activate nothing.
        if (!Ids.TryParse(Ids.PaymentPrefix, id, out var paymentId)
            || await queries.PaymentAsync(caller.Merchant, paymentId, context.RequestAborted) is not { } stored)
        {
            return Problems.PaymentNotFound();
        }

        var refundId = Ids.Refund(caller.Salt.AsSpan(), caller.Mode, paymentId, key);
        var request = new RefundRequest { RefundId = refundId, Amount = amount, Reason = reason };
        var reply = await calls.RefundAsync(context, caller.Merchant, paymentId, request);
        if (Answers.Refusal(reply, stored.Status.Name()) is { } refusal)
        {
            return refusal;
        }

        var (payment, refund) = (reply.Payment!, reply.Operation!);
        var patience = Patience.OfPost(context.Request, options.Value);
        if (!RefundResource.IsFinal(refund) && patience.Time > TimeSpan.Zero)
        {
            refund = (await calls.WaitAsync(caller.Merchant, paymentId, refundId, patience.Time))?.Operation ?? refund;
        }

        var resource = RefundResource.Of(payment, refund);
        context.Response.Headers.Location = $"/v1/payments/{resource.Payment}/refunds/{resource.Id}";
        return Answers.Made(context, reply, patience, RefundResource.IsFinal(refund), resource, ApiJson.Default.RefundResource);
    }

    private static async Task<IResult> GetAsync(
        HttpContext context, [Description("The payment.")] string id, [Description("The refund.")] string refund, [FromServices] IPaymentQueries queries)
    {
        if (!Ids.TryParse(Ids.PaymentPrefix, id, out var paymentId)
            || await queries.PaymentAsync(Caller.Of(context).Merchant, paymentId, context.RequestAborted) is not { } payment)
        {
            return Problems.PaymentNotFound();
        }

        return Ids.TryParse(Ids.RefundPrefix, refund, out var refundId)
            && payment.Find(refundId) is { Kind: OperationKind.Refund } operation
                ? TypedResults.Json(RefundResource.Of(PaymentView.Of(payment), OperationView.Of(operation)), ApiJson.Default.RefundResource)
                : Problems.RefundNotFound();
    }
}
