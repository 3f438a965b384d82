using System.ComponentModel;
using Microsoft.AspNetCore.Mvc;
using Orleans;
using Payments.ClientApi.Documents;
using Payments.ClientApi.Errors;
using Payments.ClientApi.Requests;
using Payments.ClientApi.Resources;
using Payments.ClientApi.Security;
using Payments.Domain;
using Payments.Grains;
using Payments.Storage;

namespace Payments.ClientApi.Endpoints;

/// <summary>What processors owe, settled and paid, and the breaks between their files and our books; for operators.</summary>
internal static class ReconciliationEndpoints
{
    private static readonly string[] Kinds = [.. Enum.GetValues<BreakKind>().Select(BreakNames.Name)];

    public static void Map(IEndpointRouteBuilder routes)
    {
        var reconciliation = routes.MapGroup("/v1/reconciliation").WithTags("Reconciliation");

        reconciliation.MapGet("summary", SummaryAsync)
            .WithName("getReconciliationSummary")
            .WithSummary("What each processor owed, what came, what it settled, and what it owes")
            .WithDescription("By processor and currency, from the ledger: opening + activity - settled + corrected = closing, to the minor unit.")
            .RequireScope(Scopes.Operator)
            .Answers<ReconciliationSummaryResource>(StatusCodes.Status200OK)
            .Refuses(400, 401, 403, 410, 500, 503);

        reconciliation.MapGet("breaks", ListAsync)
            .WithName("listBreaks")
            .WithSummary("List the differences between processors' files and our books, the oldest first")
            .RequireScope(Scopes.Operator)
            .Answers<Page<BreakResource>>(StatusCodes.Status200OK)
            .Refuses(400, 401, 403, 500, 503);

        reconciliation.MapGet("breaks/{break_id}", GetAsync)
            .WithName("getBreak")
            .WithSummary("Get a break")
            .RequireScope(Scopes.Operator)
            .Answers<BreakResource>(StatusCodes.Status200OK)
            .Refuses(400, 401, 403, 404, 500, 503);

        reconciliation.MapPatch("breaks/{break_id}", AssignAsync)
            .WithName("assignBreak")
            .WithSummary("Give a break to somebody to look into")
            .RequireScope(Scopes.Operator)
            .TakesBody<BreakPatchBody>()
            .Answers<BreakResource>(StatusCodes.Status200OK)
            .Refuses(400, 401, 403, 404, 409, 413, 415, 500, 503);

        reconciliation.MapPost("breaks/{break_id}/resolution", ResolveAsync)
            .WithName("resolveBreak")
            .WithSummary("End a break, with a reason")
            .WithDescription(
                "What waits in suspense goes where the resolution says: receivable (the processor will correct it), fees (it is the processor's to keep), write_off (it is given up). "
                + "accepted: there is nothing to post. It is recorded for ever, with whoever did it, and cannot be taken back.")
            .RequireScope(Scopes.Operator)
            .TakesIdempotencyKey()
            .TakesBody<BreakResolutionBody>()
            .Answers<BreakResource>(StatusCodes.Status201Created)
            .Refuses(400, 401, 403, 404, 409, 413, 415, 422, 500, 503);
    }

    private static async Task<IResult> SummaryAsync(
        HttpContext context, [FromServices] IBreakBook breaks,
        [FromQuery, Description("Its start, included; left out: the beginning.")] string? from = null, [FromQuery, Description("Its end, not included; left out: now.")] string? to = null)
    {
        var parameters = new Parameters(context.Request.Query);
        var (start, end) = parameters.Range(nameof(from), nameof(to));
        var tick = TimeSpan.FromMicroseconds(1);
        return parameters.Problem ?? (IResult)TypedResults.Json(
            ReconciliationSummaryResource.Of(
                start, end, await breaks.SummaryAsync(start - tick, end - tick, context.RequestAborted)), ApiJson.Default.ReconciliationSummaryResource);
    }

    private static async Task<IResult> ListAsync(
        HttpContext context, [FromServices] IBreakBook breaks, [FromServices] Cursors cursors,
        [FromQuery, Description("Only those that are open, or have ended.")] string? state = null,
        [FromQuery, Description("Only those of this processor.")] string? gateway = null,
        [FromQuery, Description("Only those of this kind.")] string? kind = null,
        [FromQuery, Description(Paging.LimitNote)] string? limit = null, [FromQuery, Description(Paging.CursorNote)] string? cursor = null)
    {
        var parameters = new Parameters(context.Request.Query);
        var wanted = parameters.OneOf(nameof(state), "open", "resolved");
        var ofKind = parameters.OneOf(nameof(kind), Kinds);
        var processor = gateway is null ? null : parameters.Required(nameof(gateway), FieldRules.MaxName);
        var paging = Paging.Of(parameters);
        return parameters.Problem ?? await paging.AnswerAsync(
            context, cursors, $"breaks: {wanted} {processor} {ofKind}",
            (after, count) => breaks.ListAsync(
                wanted is null ? null : wanted == "open", processor, ofKind, ProcessorOperationEndpoints.Place(after), count, context.RequestAborted),
            found => $"{found.OpenedAt.UtcTicks} {found.Id}", BreakResource.Of, ApiJson.Default.PageBreakResource);
    }

    private static async Task<IResult> GetAsync(HttpContext context, [Description("The break.")][FromRoute(Name = "break_id")] string breakId, [FromServices] IBreakBook breaks) =>
        Ids.TryParse(Ids.BreakPrefix, breakId, out var id) && await breaks.FindAsync(id, context.RequestAborted) is { } found
            ? TypedResults.Json(BreakResource.Of(found), ApiJson.Default.BreakResource)
            : Problems.BreakNotFound();

    private static async Task<IResult> AssignAsync(HttpContext context, [Description("The break.")][FromRoute(Name = "break_id")] string breakId, [FromServices] IBreakBook breaks)
    {
        var (_, owner, problem) = await Command<string?>.ReadBodyAsync(context, fields => fields.OptionalText("owner", FieldRules.MaxName));
        if (problem is not null)
        {
            return problem;
        }

        return !Ids.TryParse(Ids.BreakPrefix, breakId, out var id) || await breaks.FindAsync(id, context.RequestAborted) is null ? Problems.BreakNotFound()
            : await breaks.AssignAsync(id, owner, CancellationToken.None) ? await GetAsync(context, breakId, breaks)
            : Problems.BreakResolved();
    }

    private static Task<IResult> ResolveAsync(
        HttpContext context, [Description("The break.")][FromRoute(Name = "break_id")] string breakId, [FromServices] AdminCalls calls, [FromServices] IBreakBook breaks, [FromServices] IGrainFactory grains,
        [FromServices] ILogger<IBreakBook> log) =>
        calls.MakeAsync(context, "break_resolution", fields =>
        {
            var resolution = fields.RequiredText(
                "resolution", text => text is "receivable" or "fees" or "write_off" or "accepted", "must be receivable, fees, write_off or accepted");
            var reason = fields.Text("reason", FieldRules.MaxDescription);
            return async request =>
            {
                if (!Ids.TryParse(Ids.BreakPrefix, breakId, out var id) || await breaks.FindAsync(id, context.RequestAborted) is not { } found)
                {
                    return Problems.BreakNotFound();
                }

                // The key's own id is the decision's name: sent again, it finds what it did.
                var by = $"{Ids.Format(Ids.KeyPrefix, Caller.Of(context).KeyId)} {Ids.Format(Ids.DecisionPrefix, request)}";
                var verdict = await breaks.ResolveAsync(
                    id, StatusNames.Parse<BreakResolution>(resolution, BreakNames.Name), reason, by, CancellationToken.None);
                var now = (await breaks.FindAsync(id, CancellationToken.None))!;
                switch (verdict)
                {
                    case ResolveVerdict.CannotEndSo:
                        return Problems.BreakCannotEndSo(resolution);
                    case ResolveVerdict.NotFound:
                        return Problems.BreakNotFound();
                    case ResolveVerdict.AlreadyResolved when now.Ended!.By != by:
                        return Problems.BreakResolved();
                    case ResolveVerdict.AlreadyResolved when (now.Ended.Resolution, now.Ended.Reason) != (resolution, reason):
                        return Problems.Refused("idempotency_key_reused", status: null);
                }

                await PostAsync(grains, found.Gateway, log);
                Answers.MarkReplayed(context, verdict == ResolveVerdict.AlreadyResolved);
                context.Response.Headers.Location = $"/v1/reconciliation/breaks/{breakId}";
                return TypedResults.Json(
                    BreakResource.Of((await breaks.FindAsync(id, CancellationToken.None))!), ApiJson.Default.BreakResource, statusCode: StatusCodes.Status201Created);
            };
        });

    // The decision is stored, and its entry will be posted whatever happens here: this is only so that the answer can say that it is.
    private static async Task PostAsync(IGrainFactory grains, string gateway, ILogger log)
    {
        try
        {
            await grains.GetGrain<IReconciliationGrain>(GrainKeys.Reconciliation(gateway)).RunAsync();
        }
        catch (Exception later)
        {
            Log.BreakPostedLater(log, gateway, later.GetType().Name);
        }
    }
}

internal static partial class Log
{
    [LoggerMessage(Level = LogLevel.Warning, Message = "The entry of a break's resolution at {Gateway} was not posted at once ({Error}); it will be")]
    public static partial void BreakPostedLater(ILogger log, string gateway, string error);
}
