using System.ComponentModel;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Payments.ClientApi.Documents;
using Payments.ClientApi.Errors;
using Payments.ClientApi.Requests;
using Payments.ClientApi.Resources;
using Payments.ClientApi.Security;
using Payments.Domain;
using Payments.Gateways;
using Payments.Storage;

namespace Payments.ClientApi.Endpoints;

/// <summary>Processors and what they sent, for operators.</summary>
internal static class GatewayEndpoints
{
    public static void Map(IEndpointRouteBuilder routes)
    {
        var admin = routes.MapGroup("/v1/admin").WithTags("Administration");

        admin.MapGet("gateways", ListAsync)
            .WithName("listGateways")
            .WithSummary("List the processors, as the nodes see them")
            .WithDescription("Each node has a breaker of its own. Nodes tell of theirs within a second when it changes, and every 15 seconds; one that was silent for a minute is left out.")
            .RequireScope(Scopes.Operator)
            .Answers<Page<GatewayResource>>(StatusCodes.Status200OK)
            .Refuses(400, 401, 403, 500, 503);

        admin.MapPatch("gateways/{gateway}", ChangeAsync)
            .WithName("updateGateway")
            .WithSummary("Close a processor for new payments, or open it again")
            .WithDescription("All nodes know within seconds. What was begun there goes on: captures, refunds and questions still reach it.")
            .RequireScope(Scopes.Operator)
            .TakesBody<GatewayPatchBody>()
            .Answers<GatewayResource>(StatusCodes.Status200OK)
            .Refuses(400, 401, 403, 404, 413, 415, 500, 503);

        admin.MapGet("evidence", FlaggedAsync)
            .WithName("listEvidence")
            .WithSummary("List what processors said that does not fit what is known, the newest first")
            .RequireScope(Scopes.Operator)
            .Answers<Page<EvidenceResource>>(StatusCodes.Status200OK)
            .Refuses(400, 401, 403, 500, 503);
    }

    private static async Task<JsonHttpResult<Page<GatewayResource>>> ListAsync([FromServices] IGatewayStates gateways, [FromServices] GatewayViews views) => TypedResults.Json(
        new Page<GatewayResource> { Data = [.. await Task.WhenAll(gateways.All().Select(views.OfAsync))], NextCursor = null }, ApiJson.Default.PageGatewayResource);

    private static async Task<IResult> ChangeAsync(
        HttpContext context, [Description("The processor.")] string gateway, [FromServices] IGatewayStates gateways, [FromServices] GatewayViews views,
        [FromServices] IOperatorStore store, [FromServices] TimeProvider time)
    {
        var (_, (drained, reason), problem) = await Command<(bool, string?)>.ReadBodyAsync(
            context, fields => (fields.Boolean("drained"), fields.OptionalText("reason", FieldRules.MaxReason)));
        if (problem is not null)
        {
            return problem;
        }

        if (gateways.All().FirstOrDefault(one => one.Name == gateway) is not { } state)
        {
            return Problems.GatewayNotFound();
        }

        await store.DrainAsync(gateway, drained, reason, Caller.Of(context).KeyId, time.Now(), CancellationToken.None);
        return TypedResults.Json(await views.OfAsync(state with { IsDrained = drained }), ApiJson.Default.GatewayResource);
    }

    private static async Task<IResult> FlaggedAsync(
        HttpContext context, [FromServices] IOperatorStore store, [FromServices] Cursors cursors,
        [FromQuery, Description(Paging.LimitNote)] string? limit = null, [FromQuery, Description(Paging.CursorNote)] string? cursor = null)
    {
        var parameters = new Parameters(context.Request.Query);
        var paging = Paging.Of(parameters);
        return parameters.Problem ?? await paging.AnswerAsync(
            context, cursors, "evidence", (after, count) => store.FlaggedAsync(ProcessorOperationEndpoints.Place(after), count, context.RequestAborted),
            flagged => $"{flagged.ReceivedAt.UtcTicks} {flagged.Id.EventId}", EvidenceResource.Of, ApiJson.Default.PageEvidenceResource);
    }
}
