using System.ComponentModel;
using Microsoft.AspNetCore.Mvc;
using Payments.ClientApi.Documents;
using Payments.ClientApi.Resources;
using Payments.ClientApi.Security;
using Payments.Domain;

namespace Payments.ClientApi.Endpoints;

/// <summary>What becomes of a payment that was authorized: captures take the money, a cancellation releases what is left.</summary>
internal static class AuthorizationEndpoints
{
    public static void Map(IEndpointRouteBuilder routes)
    {
        var payment = routes.MapGroup("/v1/payments/{id}").WithTags("Captures");

        payment.MapPost("captures", CaptureAsync)
            .WithName("createCapture")
            .WithSummary("Take a part or all of what is authorized")
            .WithDescription(
                "Without an amount it takes all that is left. It releases the rest, unless final is false: then more can be captured, up to what was authorized. "
                + "201: final, 202: still pending. A capture that the processor declines is a result: 201 with status failed.")
            .RequireScope(Scopes.Write)
            .MovesMoney()
            .TakesBody<CaptureBody>()
            .Answers<OperationResource>(StatusCodes.Status201Created, StatusCodes.Status202Accepted)
            .Refuses(400, 401, 403, 404, 409, 413, 415, 422, 500, 503);

        payment.MapGet("captures", ListCapturesAsync)
            .WithName("listCaptures")
            .WithSummary("List the captures of a payment, newest first")
            .RequireScope(Scopes.Read)
            .Answers<Page<OperationResource>>(StatusCodes.Status200OK)
            .Refuses(400, 401, 403, 404, 500, 503);

        payment.MapGet("captures/{capture}", GetCaptureAsync)
            .WithName("getCapture")
            .WithSummary("Get a capture")
            .RequireScope(Scopes.Read)
            .Answers<OperationResource>(StatusCodes.Status200OK)
            .Refuses(400, 401, 403, 404, 500, 503);

        payment.MapPost("cancel", CancelAsync)
            .WithName("cancelPayment")
            .WithSummary("Release what is authorized and was not captured")
            .WithDescription("What was captured stays captured. 201: final, 202: still pending.")
            .RequireScope(Scopes.Write)
            .MovesMoney()
            .TakesBody<CancelBody>()
            .Answers<OperationResource>(StatusCodes.Status201Created, StatusCodes.Status202Accepted)
            .Refuses(400, 401, 403, 404, 409, 413, 415, 422, 500, 503);

        payment.MapGet("cancellations", ListCancellationsAsync)
            .WithName("listCancellations")
            .WithSummary("List the cancellations of a payment, newest first")
            .WithDescription("A payment whose authorization the processor let go of has one that it made itself.")
            .RequireScope(Scopes.Read)
            .Answers<Page<OperationResource>>(StatusCodes.Status200OK)
            .Refuses(400, 401, 403, 404, 500, 503);

        payment.MapGet("cancellations/{cancellation}", GetCancellationAsync)
            .WithName("getCancellation")
            .WithSummary("Get a cancellation")
            .RequireScope(Scopes.Read)
            .Answers<OperationResource>(StatusCodes.Status200OK)
            .Refuses(400, 401, 403, 404, 500, 503);
    }

    private static Task<IResult> CaptureAsync(HttpContext context, [Description("The payment.")] string id, [FromServices] OperationCalls operations) =>
        operations.CreateAsync(context, id, OperationName.Capture, fields =>
        {
            var (amount, isFinal, metadata) = (fields.OptionalAmount("amount"), fields.OptionalBoolean("final") ?? true, fields.Metadata("metadata"));
            return captureId => (calls, http, merchant, payment) => calls.CaptureAsync(
                http, merchant, payment, new() { CaptureId = captureId, Amount = amount, IsFinal = isFinal, Metadata = metadata });
        });

    private static Task<IResult> CancelAsync(HttpContext context, [Description("The payment.")] string id, [FromServices] OperationCalls operations) =>
        operations.CreateAsync(context, id, OperationName.Cancellation, fields =>
        {
            var (reason, metadata) = (fields.OptionalText("reason", FieldRules.MaxReason), fields.Metadata("metadata"));
            return cancellationId => (calls, http, merchant, payment) => calls.CancelAsync(
                http, merchant, payment, new() { CancellationId = cancellationId, Reason = reason, Metadata = metadata });
        });

    private static Task<IResult> ListCapturesAsync(
        HttpContext context, [Description("The payment.")] string id, [FromServices] OperationCalls operations) =>
        operations.ListAsync(context, id, OperationName.Capture);

    private static Task<IResult> GetCaptureAsync(
        HttpContext context, [Description("The payment.")] string id, [Description("The capture.")] string capture, [FromServices] OperationCalls operations) =>
        operations.GetAsync(context, id, capture, OperationName.Capture);

    private static Task<IResult> ListCancellationsAsync(
        HttpContext context, [Description("The payment.")] string id, [FromServices] OperationCalls operations) =>
        operations.ListAsync(context, id, OperationName.Cancellation);

    private static Task<IResult> GetCancellationAsync(
        HttpContext context, [Description("The payment.")] string id, [Description("The cancellation.")] string cancellation,
        [FromServices] OperationCalls operations) =>
        operations.GetAsync(context, id, cancellation, OperationName.Cancellation);
}
