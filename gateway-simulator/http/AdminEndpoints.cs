using System.Text.Json;
using Payments.GatewaySimulator.Rules;

namespace Payments.GatewaySimulator.Http;

/// <summary>What tests and operators call: dial faults, and read what really happened.</summary>
internal static class AdminEndpoints
{
    private const int FlushAfterBytes = 64 * 1024;

    public static void MapAdmin(this WebApplication app, Processor processor, Webhooks webhooks)
    {
        app.MapGet("/health", context => HealthAsync(context, processor));
        app.MapGet("/admin/faults", context => context.WriteJsonAsync(processor.Faults, Json.Default.FaultDial));
        app.MapPost("/admin/faults", context => SetFaultsAsync(context, processor));
        app.MapGet("/admin/effects", context => EffectsAsync(context, processor));
        app.MapGet("/admin/effects/summary", context => SummaryAsync(context, processor, webhooks));
        app.MapPost("/admin/outage", context => GoDownAsync(context, processor));
    }

    private static Task HealthAsync(HttpContext context, Processor processor) => processor.IsHealthy
        ? context.WriteJsonAsync(new HealthReply("ok"), Json.Default.HealthReply)
        : context.RefuseAsync(
            new Refusal("record_failed", null, "The record cannot be written; restart."), StatusCodes.Status503ServiceUnavailable);

    private static async Task SetFaultsAsync(HttpContext context, Processor processor)
    {
        var (body, refusal) = await context.ReadJsonAsync(Json.Default.FaultsBody);
        refusal ??= Check.Probability("lost_before", body!.LostBefore) ?? Check.Probability("lost_after", body.LostAfter)
            ?? Check.Probability("unavailable", body.Unavailable) ?? Check.Probability("slow", body.Slow)
            ?? Check.Probability("slow_answer", body.SlowAnswer) ?? Check.Milliseconds("slow_ms", body.SlowMs) ?? Check.Webhooks(body.Webhooks)
            ?? Check.Probability("webhook_doubled", body.WebhookDoubled) ?? Check.Probability("webhook_lost", body.WebhookLost)
            ?? Check.Milliseconds("webhook_delay_ms", body.WebhookDelayMs);
        if (refusal is not null)
        {
            await context.RefuseAsync(refusal);
            return;
        }

        processor.Faults = new FaultDial(
            body!.Seed ?? 0, body.LostBefore ?? 0, body.LostAfter ?? 0, body.Unavailable ?? 0, body.Slow ?? 0, body.SlowAnswer ?? 0, body.SlowMs ?? 0,
            body.Webhooks ?? "late", body.WebhookDoubled ?? 0, body.WebhookLost ?? 0, body.WebhookDelayMs ?? 0);
        await context.WriteJsonAsync(processor.Faults, Json.Default.FaultDial);
    }

    private static async Task EffectsAsync(HttpContext context, Processor processor)
    {
        var after = 0L;
        if (context.Request.Query.TryGetValue("after", out var text) && !(long.TryParse(text, out after) && after >= 0))
        {
            await context.RefuseAsync(new Refusal("invalid_field", "after", "after must be the number of an effect."));
            return;
        }

        context.Response.ContentType = "application/x-ndjson";
        var target = context.Response.BodyWriter;
        using var json = new Utf8JsonWriter(target);
        foreach (var (number, effect) in processor.EffectsAfter(after))
        {
            JsonSerializer.Serialize(json, EffectReply.Of(number, effect), Json.Default.EffectReply);
            json.Reset(target);
            target.GetSpan(1)[0] = (byte)'\n';
            target.Advance(1);
            if (target.UnflushedBytes >= FlushAfterBytes)
            {
                await target.FlushAsync(context.RequestAborted);
            }
        }

        await target.FlushAsync(context.RequestAborted);
    }

    private static async Task GoDownAsync(HttpContext context, Processor processor)
    {
        var (body, refusal) = await context.ReadJsonAsync(Json.Default.OutageBody);
        refusal ??= Check.Milliseconds("ms", body!.Ms);
        if (refusal is not null)
        {
            await context.RefuseAsync(refusal);
            return;
        }

        processor.GoDown(TimeSpan.FromMilliseconds(body!.Ms ?? 0));
        await context.WriteJsonAsync(new HealthReply(processor.IsDown ? "down" : "ok"), Json.Default.HealthReply);
    }

    private static Task SummaryAsync(HttpContext context, Processor processor, Webhooks webhooks)
    {
        var totals = processor.Totals();
        var counts = processor.Counts;
        var (before, after) = (counts.LostBefore, counts.LostAfter);
        return context.WriteJsonAsync(
            new SummaryReply(
                totals[OperationKind.Charge],
                totals[OperationKind.Authorization],
                totals[OperationKind.Capture],
                totals[OperationKind.Void],
                totals[OperationKind.Refund],
                totals[OperationKind.Transfer],
                counts.Requests,
                counts.Replays,
                counts.Unavailable,
                before + after,
                before,
                after,
                webhooks.Counts.Sent,
                webhooks.Counts.Refused),
            Json.Default.SummaryReply);
    }
}
