using System.ComponentModel;
using System.Diagnostics.Metrics;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Mvc;
using Payments.ClientApi.Documents;
using Payments.ClientApi.Errors;
using Payments.ClientApi.Requests;
using Payments.ClientApi.Resources;
using Payments.Domain;
using Payments.Gateways;

namespace Payments.ClientApi.Endpoints;

/// <summary>What processors tell by themselves.</summary>
internal static class WebhookEndpoints
{
    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapPost("/v1/gateways/{gateway}/webhooks", ReceiveAsync)
            .WithTags("Webhooks")
            .WithName("receiveWebhook")
            .WithSummary("Take an event of a processor")
            .WithDescription(
                "For processors: signed in the processor's own way over the raw body, at most five minutes old. It is stored before it is answered; what it means is "
                + "found out afterwards. Sent again, nothing happens twice.")
            .Answers<ReceiptResource>(StatusCodes.Status200OK)
            .Refuses(400, 404, 413, 500, 503);
    }

    private static async Task<IResult> ReceiveAsync(
        HttpContext context, [Description("The processor.")] string gateway, [FromServices] IGatewayWebhooks gateways, [FromServices] EvidenceCalls evidence,
        [FromServices] WebhookCounts counts, [FromServices] TimeProvider time)
    {
        if (gateways.Find(gateway) is not { } reader)
        {
            return Problems.GatewayNotFound();
        }

        context.Features.Get<IHttpMaxRequestBodySizeFeature>()?.MaxRequestBodySize = ApiLimits.MaxWebhookBytes;
        if (await RequestBody.BytesAsync(context.Request, ApiLimits.MaxWebhookBytes) is not { } body)
        {
            return Problems.BodyTooLarge(ApiLimits.MaxWebhookBytes);
        }

        switch (reader.Read(name => context.Request.Headers[name] is [{ } only] ? only : null, body, time.Now()))
        {
            case WebhookReading.Refused refused:
                counts.Add(gateway, refused.Reason);
                return Problems.WebhookUnverified(refused.Reason);
            case WebhookReading.Accepted accepted:
                var isNew = await evidence.ReceiveAsync(gateway, accepted.EventId, accepted.News, body, context.RequestAborted);
                counts.Add(gateway, isNew ? "received" : "known");
                return TypedResults.Json(new ReceiptResource(isNew ? "received" : "known"), ApiJson.Default.ReceiptResource);
            default:
                throw new InvalidOperationException("A webhook is refused or accepted.");
        }
    }
}

/// <summary>Counts webhooks by processor and what became of them.</summary>
internal sealed class WebhookCounts : IDisposable
{
    private readonly Meter meter = new("Payments.Webhooks");
    private readonly Counter<long> webhooks;

    public WebhookCounts() => webhooks = meter.CreateCounter<long>("payments.webhooks", "{webhook}", "Webhooks of processors, by what became of them.");

    public void Add(string gateway, string result) => webhooks.Add(1, new("gateway", gateway), new KeyValuePair<string, object?>("result", result));

    public void Dispose() => meter.Dispose();
}
