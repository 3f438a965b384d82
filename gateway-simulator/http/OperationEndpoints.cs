using Payments.GatewaySimulator.Rules;

namespace Payments.GatewaySimulator.Http;

/// <summary>What merchants' backends call: six kinds of orders, and a look at what became of them.</summary>
internal static class OperationEndpoints
{
    public static void MapOperations(this WebApplication app, Processor processor)
    {
        foreach (var (path, kind) in new[]
        {
            ("/v1/charges", OperationKind.Charge),
            ("/v1/authorizations", OperationKind.Authorization),
            ("/v1/captures", OperationKind.Capture),
            ("/v1/voids", OperationKind.Void),
            ("/v1/refunds", OperationKind.Refund),
            ("/v1/transfers", OperationKind.Transfer),
        })
        {
            app.MapPost(path, context => OrderAsync(context, processor, kind));
        }

        app.MapGet("/v1/operations/{reference}", context => FindAsync(context, processor));
        app.MapGet("/v1/transfers/{reference}", context => FindAsync(context, processor));
    }

    private static async Task OrderAsync(HttpContext context, Processor processor, OperationKind kind)
    {
        if (processor.IsDown)
        {
            context.Abort();
            return;
        }

        var key = Key(context);
        var (body, refusal) = await context.ReadJsonAsync(Json.Default.OrderBody);
        refusal ??= Check.Key(key) ?? body!.FirstFault(kind);
        await (refusal is not null
            ? context.RefuseAsync(refusal)
            : HandleAsync(context, processor, body!.ToOrder(kind, key!)));
    }

    private static Task FindAsync(HttpContext context, Processor processor)
    {
        if (processor.IsDown)
        {
            context.Abort();
            return Task.CompletedTask;
        }

        var reference = (string?)context.Request.RouteValues["reference"];
        return Check.Reference(reference) is { } refusal ? context.RefuseAsync(refusal)
            : processor.Find(reference!) is { } found
                ? context.WriteJsonAsync(OperationReply.Of(found.Order, found.Decided, ActionUrl(context, found.Order, found.WaitsForCustomer)), Json.Default.OperationReply)
            : context.RefuseAsync(
                new Refusal("not_found", "reference", "No operation has this reference."), StatusCodes.Status404NotFound);
    }

    private static async Task HandleAsync(HttpContext context, Processor processor, Order order)
    {
        Outcome outcome;
        try
        {
            outcome = await processor.HandleAsync(order);
        }
        catch (IOException)
        {
            // The record failed with the work under way. Any status would claim to know what became of it.
            outcome = new Outcome.NoAnswer();
        }

        switch (outcome)
        {
            case Outcome.Decided decided:
                await context.WriteJsonAsync(OperationReply.Of(decided.Operation.Order, decided.Operation), Json.Default.OperationReply);
                break;
            case Outcome.Accepted accepted:
                await context.WriteJsonAsync(
                    OperationReply.Of(accepted.Order, null, ActionUrl(context, accepted.Order, accepted.WaitsForCustomer)), Json.Default.OperationReply);
                break;
            case Outcome.Refused refused:
                await context.RefuseAsync(refused.Refusal);
                break;
            case Outcome.TurnedAway:
                await context.RefuseAsync(
                    new Refusal("processor_unavailable", null, "Nothing was done. Try again later."),
                    StatusCodes.Status503ServiceUnavailable);
                break;
            case Outcome.NoAnswer:
                context.Abort();
                break;
        }
    }

    private static string? ActionUrl(HttpContext context, Order order, bool waitsForCustomer) =>
        waitsForCustomer ? $"{context.Request.Scheme}://{context.Request.Host}/actions/{order.Id}" : null;

    private static string? Key(HttpContext context)
    {
        var given = context.Request.Headers["Idempotency-Key"];
        // Two headers are no key; the empty one is refused by its shape.
        return given.Count switch { 0 => null, 1 => given[0], _ => "" };
    }
}
