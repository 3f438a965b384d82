using Microsoft.Extensions.Options;
using Payments.ClientApi.Errors;
using Payments.ClientApi.Requests;
using Payments.ClientApi.Resources;
using Payments.ClientApi.Security;
using Payments.Domain;
using Payments.Grains;
using Payments.Storage;

namespace Payments.ClientApi.Endpoints;

/// <summary>What captures, cancellations and refunds have in common: an operation of a payment that is there, under a key of its own.</summary>
internal sealed class OperationCalls(IPaymentQueries queries, PaymentCalls calls, IOptions<PaymentsApiOptions> options)
{
    /// <param name="operation">What the operation is called, and where it is found.</param>
    /// <param name="read">Reads the body into what sends the request, once the id of the operation is known.</param>
    public async Task<IResult> CreateAsync(HttpContext context, string id, OperationName operation, Func<Fields, Func<Guid, Send>> read)
    {
        var caller = Caller.Of(context);
        var (key, send, problem) = await Command<Func<Guid, Send>>.ReadAsync(context, read);
        if (problem is not null)
        {
            return problem;
        }

        // Read first: an id that is not there, or somebody else's, must activate nothing.
        if (!Ids.TryParse(Ids.PaymentPrefix, id, out var paymentId)
            || await queries.PaymentAsync(caller.Merchant, paymentId, context.RequestAborted) is not { } stored)
        {
            return Problems.PaymentNotFound();
        }

        var operationId = operation.Id(caller.Salt.AsSpan(), caller.Mode, paymentId, key);
        var reply = await send(operationId)(calls, context, caller.Merchant, paymentId);
        if (Answers.Refusal(reply, stored.Status.Name()) is { } refusal)
        {
            return refusal;
        }

        var (payment, made) = (reply.Payment!, reply.Operation!);
        var patience = Patience.OfPost(context.Request, options.Value);
        if (!OperationResource.IsFinal(made) && patience.Time > TimeSpan.Zero
            && await calls.WaitAsync(caller.Merchant, paymentId, operationId, patience.Time) is { Payment: { } now, Operation: { } then })
        {
            (payment, made) = (now, then);
        }

        var resource = OperationResource.Of(operation, payment, made);
        context.Response.Headers.Location = $"/v1/payments/{resource.Payment}/{operation.Path}/{resource.Id}";
        return Answers.Made(context, reply, patience, OperationResource.IsFinal(made), resource, ApiJson.Default.OperationResource);
    }

    /// <summary>One operation of a payment; absent when it is of another kind.</summary>
    public async Task<IResult> GetAsync(HttpContext context, string id, string operationId, OperationName operation)
    {
        if (await FindAsync(context, id) is not { } payment)
        {
            return Problems.PaymentNotFound();
        }

        return Ids.TryParse(operation.Prefix, operationId, out var wanted) && payment.Find(wanted) is { } found && found.Kind == operation.Kind
            ? TypedResults.Json(
                OperationResource.Of(operation, PaymentView.Of(payment), OperationView.Of(payment, found)), ApiJson.Default.OperationResource)
            : Problems.OperationNotFound(operation);
    }

    /// <summary>All operations of one kind of a payment, newest first: their number is limited, so they come at once.</summary>
    public async Task<IResult> ListAsync(HttpContext context, string id, OperationName operation)
    {
        if (await FindAsync(context, id) is not { } payment)
        {
            return Problems.PaymentNotFound();
        }

        var view = PaymentView.Of(payment);
        var all = payment.Operations.Reverse().Where(one => one.Kind == operation.Kind).Select(one => OperationResource.Of(operation, view, OperationView.Of(payment, one)));
        var page = new Page<OperationResource> { Data = [.. all], NextCursor = null };
        return TypedResults.Json(page, ApiJson.Default.PageOperationResource);
    }

    private async Task<Payment?> FindAsync(HttpContext context, string id) => Ids.TryParse(Ids.PaymentPrefix, id, out var paymentId)
        ? await queries.PaymentAsync(Caller.Of(context).Merchant, paymentId, context.RequestAborted)
        : null;
}

/// <summary>Sends a request to its payment.</summary>
internal delegate Task<PaymentReply> Send(PaymentCalls calls, HttpContext context, string merchantId, Guid paymentId);

/// <summary>Turns an idempotency key into the id of an operation.</summary>
internal delegate Guid DeriveId(ReadOnlySpan<byte> salt, Mode mode, Guid paymentId, string key);

/// <summary>What a kind of operation is called outside.</summary>
/// <param name="Name">Its <c>object</c>.</param>
/// <param name="Path">Where a payment's are found.</param>
/// <param name="Prefix">What its ids begin with.</param>
internal sealed record OperationName(OperationKind Kind, string Name, string Path, string Prefix, DeriveId Id)
{
    public static readonly OperationName Capture = new(OperationKind.Capture, "capture", "captures", Ids.CapturePrefix, Ids.Capture);
    public static readonly OperationName Cancellation = new(OperationKind.Void, "cancellation", "cancellations", Ids.CancellationPrefix, Ids.Cancellation);
    public static readonly OperationName Refund = new(OperationKind.Refund, "refund", "refunds", Ids.RefundPrefix, Ids.Refund);

    /// <summary>The one of a kind; null for what a payment begins with.</summary>
    public static OperationName? Of(OperationKind kind) => kind switch
    {
        OperationKind.Capture => Capture,
        OperationKind.Void => Cancellation,
        OperationKind.Refund => Refund,
        OperationKind.Charge or OperationKind.Authorize or OperationKind.Dispute or OperationKind.DisputeWon or OperationKind.DisputeLost
            or OperationKind.RefundFailure => null,
    };
}
