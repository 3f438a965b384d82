using System.ComponentModel;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Extensions.Options;
using Payments.ClientApi.Documents;
using Payments.ClientApi.Errors;
using Payments.ClientApi.Requests;
using Payments.ClientApi.Resources;
using Payments.ClientApi.Security;
using Payments.Domain;
using Payments.Storage;

namespace Payments.ClientApi.Endpoints;

/// <summary>Operations that are not decided, across all payments; and operators' decisions about those that nobody else can decide.</summary>
internal static class ProcessorOperationEndpoints
{
    public static void Map(IEndpointRouteBuilder routes)
    {
        var operations = routes.MapGroup("/v1/operations").WithTags("Operations");

        operations.MapGet("", ListAsync)
            .WithName("listOperations")
            .WithSummary("List the operations that are not decided, the longest open first")
            .WithDescription("A merchant's key sees the merchant's own, an operator's key everybody's.")
            .RequireScope(Scopes.Read, Scopes.Operator)
            .Answers<Page<ProcessorOperationResource>>(StatusCodes.Status200OK)
            .Refuses(400, 401, 403, 500, 503);

        operations.MapGet("{operation}", GetAsync)
            .WithName("getOperation")
            .WithSummary("Get an operation")
            .RequireScope(Scopes.Read, Scopes.Operator)
            .Answers<ProcessorOperationResource>(StatusCodes.Status200OK)
            .Refuses(400, 401, 403, 404, 500, 503);

        operations.MapPost("{operation}/decisions", DecideAsync)
            .WithName("decideOperation")
            .WithSummary("Decide an operation that nobody else can decide")
            .WithDescription(
                "When the processor never answers again, people find out by other ways, and say so here, with their evidence. It is recorded for ever. Above a limit two "
                + "different operators must say the same: the first decision is recorded, the second one decides. Where an attempt has begun meanwhile, the decision waits for its end: asked "
                + "again under the same key, the answer says what became of it. What the processor says later is still heard, and flagged if it contradicts.")
            .RequireScope(Scopes.Operator)
            .TakesIdempotencyKey()
            .TakesBody<DecisionBody>()
            .Answers<ProcessorOperationResource>(StatusCodes.Status201Created)
            .Refuses(400, 401, 403, 404, 409, 413, 415, 422, 500, 503);
    }

    private static async Task<IResult> ListAsync(
        HttpContext context, [FromServices] IOperatorStore store, [FromServices] Cursors cursors,
        [FromQuery, Description("Only those of this outcome.")] string? outcome = null,
        [FromQuery(Name = "sent_before"), Description("Only those first sent before then.")] string? sentBefore = null,
        [FromQuery, Description(Paging.LimitNote)] string? limit = null, [FromQuery, Description(Paging.CursorNote)] string? cursor = null)
    {
        var caller = Caller.Of(context);
        var parameters = new Parameters(context.Request.Query);
        var wanted = parameters.OneOf(nameof(outcome), "unknown", "not_sent");
        var before = parameters.Instant("sent_before");
        var paging = Paging.Of(parameters);
        return parameters.Problem ?? await paging.AnswerAsync(
            context, cursors, $"operations of {caller.MerchantId ?? "all"}: {wanted} {before?.UtcTicks}",
            (after, count) => store.OpenOperationsAsync(
                caller.MerchantId, wanted is null ? null : StatusNames.Parse<Outcome>(wanted, StatusNames.Name), before, Place(after), count, context.RequestAborted),
            found => $"{found.Operation.FirstSentAt.UtcTicks} {found.Operation.Id}", ProcessorOperationResource.Of,
            ApiJson.Default.PageProcessorOperationResource);
    }

    internal static OperationCursor? Place(string? after) => after?.Split(' ', 2) is [var ticks, var id]
        ? new(new DateTimeOffset(long.Parse(ticks), TimeSpan.Zero), id)
        : null;

    private static async Task<IResult> GetAsync(
        HttpContext context, [Description("The operation.")] string operation, [FromServices] IOperatorStore store) =>
        await FindAsync(context, operation, store) is { } found
            ? TypedResults.Json(ProcessorOperationResource.Of(found), ApiJson.Default.ProcessorOperationResource)
            : Problems.ProcessorOperationNotFound();

    private static async Task<OpenOperation?> FindAsync(HttpContext context, string operation, IOperatorStore store) =>
        Ids.TryParse(Ids.OperationPrefix, operation, out var id) && await store.OperationAsync(id, context.RequestAborted) is { } found
            && (Caller.Of(context).MerchantId is not { } merchant || merchant == found.MerchantId)
            ? found
            : null;

    private static Task<IResult> DecideAsync(
        HttpContext context, [Description("The operation.")] string operation, [FromServices] AdminCalls calls, [FromServices] IOperatorStore store,
        [FromServices] EvidenceCalls evidence, [FromServices] TimeProvider time, [FromServices] IOptions<PaymentsApiOptions> options) =>
        calls.MakeAsync(context, "decision", fields =>
        {
            var outcome = fields.RequiredText("outcome", text => text is "done" or "declined", "must be done or declined");
            var reason = fields.Text("reason", FieldRules.MaxDescription);
            return async id =>
            {
                if (await FindAsync(context, operation, store) is not { } found)
                {
                    return Problems.ProcessorOperationNotFound();
                }

                var request = Fingerprint.Of(("operation", operation), ("outcome", outcome), ("reason", reason));
                if (found.Decisions.FirstOrDefault(decision => decision.Id == id) is { } made)
                {
                    return made.Request != request ? Problems.Refused("idempotency_key_reused", status: null) : await AnswerAsync(isReplayed: true);
                }

                if (WhyNot(found, outcome, Caller.Of(context).KeyId, time.Now()) is { } problem)
                {
                    return problem;
                }

                var decisions = await store.DecideAsync(
                    new(
                        id, found.MerchantId, found.PaymentId, found.Operation.Id, outcome, reason, Caller.Of(context).KeyId, time.Now(),
                        found.Operation.Amount >= options.Value.TwoOperatorsFrom ? 2 : 1, request),
                    CancellationToken.None);
                return decisions.Any(decision => decision.Id == id) ? await AnswerAsync(isReplayed: false) : Problems.DecisionMadeBefore();

                async Task<IResult> AnswerAsync(bool isReplayed)
                {
                    var now = (await store.OperationAsync(found.Operation.Id, CancellationToken.None))!;
                    var agreeing = now.Decisions.Where(decision => decision.Outcome == outcome).ToArray();
                    if (!now.Operation.IsFinal && agreeing.Length >= agreeing.Max(decision => decision.Needed))
                    {
                        await evidence.DecidedAsync(now, outcome, agreeing[^1].Id);
                        now = (await store.OperationAsync(found.Operation.Id, CancellationToken.None))!;
                    }

                    Answers.MarkReplayed(context, isReplayed);
                    context.Response.Headers.Location = $"/v1/operations/{operation}";
                    return TypedResults.Json(ProcessorOperationResource.Of(now), ApiJson.Default.ProcessorOperationResource, statusCode: StatusCodes.Status201Created);
                }
            };
        });

    private static Problem? WhyNot(OpenOperation found, string outcome, Guid operatorKey, DateTimeOffset now) =>
        found.Operation.IsFinal ? Problems.OperationDecided()
        // What is under way may be answered any moment: then nobody has to decide it.
        : found.Operation.Answer is null && found.Operation.NextActionAt > now ? Problems.OperationUnderWay()
        : found.Decisions.Any(decision => decision.DecidedBy == operatorKey) ? Problems.DecisionMadeBefore()
        : found.Decisions.Any(decision => decision.Outcome != outcome) ? Problems.DecisionsDiffer()
        : null;
}
