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

/// <summary>Payments: make one, list them, look at one, see what happened to it.</summary>
internal static class PaymentEndpoints
{
    private static readonly TimeSpan NewsWithin = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan NewsPoll = TimeSpan.FromMilliseconds(100);

    public static void Map(IEndpointRouteBuilder routes)
    {
        var payments = routes.MapGroup("/v1/payments").WithTags("Payments");

        payments.MapPost("", CreateAsync)
            .WithName("createPayment")
            .WithSummary("Charge a customer, or authorize an amount")
            .WithDescription(
                "Stores the payment, asks the processor to charge (capture automatic) or to hold the amount (capture manual), and waits for its word (10 seconds unless Prefer says otherwise). 201: final, 202: still processing. "
                + "A decline is a result, not an error: 201 with status declined; a new attempt needs a new key.")
            .RequireScope(Scopes.Write)
            .MovesMoney()
            .TakesBody<PaymentBody>()
            .Answers<PaymentResource>(StatusCodes.Status201Created, StatusCodes.Status202Accepted)
            .Refuses(400, 401, 403, 413, 415, 422, 500, 503);

        payments.MapGet("", ListAsync)
            .WithName("listPayments")
            .WithSummary("List payments, newest first")
            .WithDescription("Payments made meanwhile do not move the pages: a page goes on where the one before it ended.")
            .RequireScope(Scopes.Read)
            .Answers<Page<PaymentResource>>(StatusCodes.Status200OK)
            .Refuses(400, 401, 403, 500, 503);

        payments.MapGet("{id}", GetAsync)
            .WithName("getPayment")
            .WithSummary("Get a payment")
            .WithDescription("With wait=N (or Prefer: wait=N) the answer comes once the payment is final, or after N seconds.")
            .RequireScope(Scopes.Read)
            .Answers<PaymentResource>(StatusCodes.Status200OK)
            .Refuses(400, 401, 403, 404, 500, 503);

        payments.MapPost("{id}/refresh", RefreshAsync)
            .WithName("refreshPayment")
            .WithSummary("Ask the processor now what became of a payment")
            .WithDescription(
                "For when there is reason to think that it knows more: the customer has come back from it. It is asked at most every five seconds; with wait=N the "
                + "answer comes once the payment is final, or after N seconds. Nothing is ever sent twice by this.")
            .RequireScope(Scopes.Write)
            .Answers<PaymentResource>(StatusCodes.Status200OK)
            .Refuses(400, 401, 403, 404, 500, 503);

        payments.MapGet("{id}/disputes", ListDisputesAsync)
            .WithName("listDisputes")
            .WithSummary("List the disputes of a payment, newest first")
            .RequireScope(Scopes.Read)
            .Answers<Page<DisputeResource>>(StatusCodes.Status200OK)
            .Refuses(400, 401, 403, 404, 500, 503);

        payments.MapGet("{id}/timeline", TimelineAsync)
            .WithName("getPaymentTimeline")
            .WithSummary("See what happened to a payment")
            .WithDescription("All evidence in order: requests, claims, sends, queries, answers, postings and events, each with its meaning.")
            .RequireScope(Scopes.Read)
            .Answers<Page<TimelineItemResource>>(StatusCodes.Status200OK)
            .Refuses(400, 401, 403, 404, 410, 500, 503);
    }

    private static async Task<IResult> CreateAsync(
        HttpContext context, [FromServices] PaymentCalls calls, [FromServices] IOptions<PaymentsApiOptions> options)
    {
        var caller = Caller.Of(context);
        var (key, request, problem) = await Command<ChargeRequest>.ReadAsync(context, fields => new()
        {
            Amount = fields.Amount("amount"),
            Currency = fields.Currency("currency"),
            PaymentMethod = fields.Token("payment_method", FieldRules.MaxPaymentMethod),
            Capture = fields.OptionalText("capture", text => text is "automatic" or "manual", FieldRules.CaptureRule) ?? CaptureMode.Automatic.Name(),
            Reference = fields.OptionalText("reference", FieldRules.MaxReference),
            Description = fields.OptionalText("description", FieldRules.MaxDescription),
            Customer = fields.OptionalText("customer", FieldRules.MaxCustomer),
            StatementDescriptor = fields.OptionalText("statement_descriptor", FieldRules.IsStatementDescriptor, FieldRules.StatementDescriptorRule),
            ReturnUrl = fields.OptionalText("return_url", FieldRules.IsUrl, FieldRules.UrlRule),
            Metadata = fields.Metadata("metadata"),
        });
        if (problem is not null)
        {
            return problem;
        }

        var paymentId = Ids.Payment(caller.Salt.AsSpan(), caller.Mode, key);
        var reply = await calls.ChargeAsync(context, caller.Merchant, paymentId, request);
        if (Answers.Refusal(reply) is { } refusal)
        {
            return refusal;
        }

        var payment = reply.Payment!;
        var patience = Patience.OfPost(context.Request, options.Value);
        if (!PaymentResource.IsFinal(payment) && patience.Time > TimeSpan.Zero)
        {
            payment = (await calls.WaitAsync(caller.Merchant, paymentId, null, patience.Time))?.Payment ?? payment;
        }

        context.Response.Headers.Location = $"/v1/payments/{Ids.Format(Ids.PaymentPrefix, paymentId)}";
        return Answers.Made(
            context, reply, patience, PaymentResource.IsFinal(payment), PaymentResource.Of(payment), ApiJson.Default.PaymentResource);
    }

    private static async Task<IResult> ListAsync(
        HttpContext context, [FromServices] IPaymentQueries queries, [FromServices] Cursors cursors,
        [FromQuery, Description("Only those that stand so.")] string? status = null,
        [FromQuery(Name = "created_from"), Description("Only those made then or later.")] string? createdFrom = null,
        [FromQuery(Name = "created_to"), Description("Only those made before then.")] string? createdTo = null,
        [FromQuery, Description("Only those with exactly this reference.")] string? reference = null,
        [FromQuery, Description("Only those over exactly this amount, in minor units.")] string? amount = null,
        [FromQuery, Description("Only this customer's.")] string? customer = null,
        [FromQuery, Description(Paging.LimitNote)] string? limit = null, [FromQuery, Description(Paging.CursorNote)] string? cursor = null)
    {
        var caller = Caller.Of(context);
        var parameters = new Parameters(context.Request.Query);
        var wanted = parameters.OneOf(nameof(status), [.. Enum.GetValues<PaymentStatus>().Select(one => one.Name())]);
        var (from, to) = parameters.Range("created_from", "created_to");
        var filter = new PaymentFilter(
            wanted, from, to, parameters.Text(nameof(reference), FieldRules.MaxReference),
            parameters.Number(nameof(amount), 1, Money.MaxOperation), parameters.Text(nameof(customer), FieldRules.MaxCustomer));
        var paging = Paging.Of(parameters);
        return parameters.Problem ?? await paging.AnswerAsync(
            context, cursors, $"payments of {caller.Merchant}: {filter}",
            (after, count) => queries.PaymentsAsync(caller.Merchant, filter, Place(after), count, context.RequestAborted),
            payment => $"{payment.CreatedAt.UtcTicks} {payment.Id:N}", payment => PaymentResource.Of(PaymentView.Of(payment)), ApiJson.Default.PagePaymentResource);

        static PaymentPlace? Place(string? after) => after?.Split(' ') is [var ticks, var id]
            ? new(new DateTimeOffset(long.Parse(ticks), TimeSpan.Zero), Guid.Parse(id))
            : null;
    }

    private static Task<IResult> GetAsync(
        HttpContext context, [Description("The payment.")] string id, [FromServices] IPaymentQueries queries, [FromServices] PaymentCalls calls,
        [FromServices] IOptions<PaymentsApiOptions> options, [FromServices] TimeProvider time,
        [FromQuery, Description("Seconds to wait for a final state.")] string? wait = null) =>
        ReadAsync(context, id, queries, calls, options.Value, time, asksProcessor: false);

    private static Task<IResult> RefreshAsync(
        HttpContext context, [Description("The payment.")] string id, [FromServices] IPaymentQueries queries, [FromServices] PaymentCalls calls,
        [FromServices] IOptions<PaymentsApiOptions> options, [FromServices] TimeProvider time,
        [FromQuery, Description("Seconds to wait for a final state.")] string? wait = null) =>
        ReadAsync(context, id, queries, calls, options.Value, time, asksProcessor: true);

    private static async Task<IResult> ReadAsync(
        HttpContext context, string id, IPaymentQueries queries, PaymentCalls calls, PaymentsApiOptions options, TimeProvider time, bool asksProcessor)
    {
        var caller = Caller.Of(context);
        var patience = Patience.OfGet(context.Request, options, out var problem);
        if (problem is not null)
        {
            return problem;
        }

        // Read first: waiting for a payment that is not there would activate a grain for whatever anybody asks for.
        if (!Ids.TryParse(Ids.PaymentPrefix, id, out var paymentId)
            || await queries.PaymentAsync(caller.Merchant, paymentId, context.RequestAborted) is not { } stored)
        {
            return Problems.PaymentNotFound();
        }

        var payment = (asksProcessor ? (await calls.RefreshAsync(caller.Merchant, paymentId))?.Payment : null) ?? PaymentView.Of(stored);
        // Who asks anew while a customer is wanted expects that it has acted: the processor's word of it may be on its way.
        var end = time.GetUtcNow() + (patience.Time < NewsWithin ? patience.Time : NewsWithin);
        while (asksProcessor && payment.Status == PaymentStatus.RequiresAction.Name() && time.GetUtcNow() < end)
        {
            await Task.Delay(NewsPoll, time, context.RequestAborted);
            payment = (await calls.WaitAsync(caller.Merchant, paymentId, null, TimeSpan.Zero))?.Payment ?? payment;
        }

        if (!PaymentResource.IsFinal(payment) && patience.Time > TimeSpan.Zero)
        {
            payment = (await calls.WaitAsync(caller.Merchant, paymentId, null, patience.Time))?.Payment ?? payment;
        }

        patience.Confirm(context.Response, PaymentResource.IsFinal(payment));
        return TypedResults.Json(PaymentResource.Of(payment), ApiJson.Default.PaymentResource);
    }

    private static async Task<IResult> ListDisputesAsync(
        HttpContext context, [Description("The payment.")] string id, [FromServices] IPaymentQueries queries)
    {
        if (!Ids.TryParse(Ids.PaymentPrefix, id, out var paymentId)
            || await queries.PaymentAsync(Caller.Of(context).Merchant, paymentId, context.RequestAborted) is not { } payment)
        {
            return Problems.PaymentNotFound();
        }

        // Their number is limited, so they come at once.
        var disputes = payment.Operations.Reverse().Where(operation => operation.Kind == OperationKind.Dispute).Select(dispute => DisputeResource.Of(payment, dispute));
        return TypedResults.Json(new Page<DisputeResource> { Data = [.. disputes], NextCursor = null }, ApiJson.Default.PageDisputeResource);
    }

    private static async Task<IResult> TimelineAsync(
        HttpContext context, [Description("The payment.")] string id, [FromServices] IPaymentQueries queries)
    {
        var caller = Caller.Of(context);
        if (!Ids.TryParse(Ids.PaymentPrefix, id, out var paymentId)
            || await queries.TimelineAsync(caller.Merchant, paymentId, context.RequestAborted) is not { Count: > 0 } items)
        {
            return Problems.PaymentNotFound();
        }

        var page = new Page<TimelineItemResource> { Data = [.. items.SelectMany(item => TimelineItemResource.Of(paymentId, item))], NextCursor = null };
        return TypedResults.Json(page, ApiJson.Default.PageTimelineItemResource);
    }
}
