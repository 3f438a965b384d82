using System.ComponentModel;
using Microsoft.AspNetCore.Mvc;
using Payments.ClientApi.Documents;
using Payments.ClientApi.Errors;
using Payments.ClientApi.Requests;
using Payments.ClientApi.Resources;
using Payments.ClientApi.Security;
using Payments.Domain;
using Payments.Grains;
using Payments.Storage;

namespace Payments.ClientApi.Endpoints;

/// <summary>Payouts: merchants ask for them and look at them, operators say how they are made, and what the bank's statement says.</summary>
internal static class PayoutEndpoints
{
    private const int MaxDelayDays = 365;

    public static void Map(IEndpointRouteBuilder routes)
    {
        var payouts = routes.MapGroup("/v1/payouts").WithTags("Payouts");

        payouts.MapPost("", CreateAsync)
            .WithName("createPayout")
            .WithSummary("Pay an amount of the balance out to the merchant's bank account")
            .WithDescription(
                "At most what GET /v1/balance/payable says is available. The amount leaves the balance at once; what the bank makes of it shows the payout's status. "
                + "What it does not pay, and what comes back, is in the balance again.")
            .RequireScope(Scopes.Write)
            .TakesIdempotencyKey()
            .TakesBody<PayoutBody>()
            .Answers<PayoutResource>(StatusCodes.Status201Created)
            .Refuses(400, 401, 403, 413, 415, 422, 500, 503);

        payouts.MapGet("", ListAsync)
            .WithName("listPayouts")
            .WithSummary("List the payouts, the newest first")
            .RequireScope(Scopes.Read)
            .Answers<Page<PayoutResource>>(StatusCodes.Status200OK)
            .Refuses(400, 401, 403, 500, 503);

        payouts.MapGet("{payout}", GetAsync)
            .WithName("getPayout")
            .WithSummary("Get a payout")
            .RequireScope(Scopes.Read)
            .Answers<PayoutResource>(StatusCodes.Status200OK)
            .Refuses(400, 401, 403, 404, 500, 503);

        routes.MapGet("/v1/balance/payable", PayableAsync)
            .WithTags("Payouts")
            .WithName("getPayableBalance")
            .WithSummary("Get what could be paid out now")
            .WithDescription("available is the balance less held (charges and captures younger than the delay, whatever was refunded of them) and less the reserve, all of one instant.")
            .RequireScope(Scopes.Read)
            .Answers<PayableBalanceResource>(StatusCodes.Status200OK)
            .Refuses(400, 401, 403, 500, 503);

        var admin = routes.MapGroup("/v1/admin").WithTags("Payouts");

        admin.MapGet("merchants/{merchant}/payout-settings", SettingsAsync)
            .WithName("listPayoutSettings")
            .WithSummary("List how a merchant's payouts are made, by currency")
            .RequireScope(Scopes.Operator)
            .Answers<Page<PayoutSettingsResource>>(StatusCodes.Status200OK)
            .Refuses(400, 401, 403, 404, 500, 503);

        admin.MapPut("merchants/{merchant}/payout-settings/{currency}", SetAsync)
            .WithName("putPayoutSettings")
            .WithSummary("Set how a merchant's payouts in a currency are made")
            .WithDescription("A schedule that is new begins with its next day. Payouts that are under way keep the account that they were made with.")
            .RequireScope(Scopes.Operator)
            .TakesBody<PayoutSettingsBody>()
            .Answers<PayoutSettingsResource>(StatusCodes.Status200OK)
            .Refuses(400, 401, 403, 404, 413, 415, 500, 503);

        admin.MapPost("payouts/{payout}/outcome", DecideAsync)
            .WithName("decidePayout")
            .WithSummary("Say what the bank's statement says of a payout")
            .WithDescription("For what the bank does not tell by itself. It is recorded for ever, with who said it and why. The same outcome again changes nothing.")
            .RequireScope(Scopes.Operator)
            .TakesIdempotencyKey()
            .TakesBody<PayoutOutcomeBody>()
            .Answers<PayoutResource>(StatusCodes.Status200OK)
            .Refuses(400, 401, 403, 404, 409, 413, 415, 500, 503);
    }

    private static async Task<IResult> CreateAsync(HttpContext context, [FromServices] PayoutCalls calls, [FromServices] IPayoutStore store)
    {
        var (key, asked, problem) = await Command<(long Amount, string Currency, string? Description)>.ReadAsync(
            context, fields => (fields.Amount("amount"), fields.Currency("currency"), fields.OptionalText("description", FieldRules.MaxDescription)));
        if (problem is not null)
        {
            return problem;
        }

        var caller = Caller.Of(context);
        var id = Ids.Payout(caller.Salt.AsSpan(), caller.Mode, key);
        var reply = await calls.RequestAsync(
            context, caller.Merchant, id, new() { Amount = asked.Amount, Currency = asked.Currency, Description = asked.Description });
        if (Answers.Refusal(reply) is { } refusal)
        {
            return refusal;
        }

        Answers.MarkReplayed(context, reply.Kind == ReplyKind.Replayed);
        context.Response.Headers.Location = $"/v1/payouts/{Ids.Format(Ids.PayoutPrefix, id)}";
        var payout = await store.PayoutAsync(caller.Merchant, id, CancellationToken.None);
        return TypedResults.Json(PayoutResource.Of(payout!), ApiJson.Default.PayoutResource, statusCode: StatusCodes.Status201Created);
    }

    private static async Task<IResult> ListAsync(
        HttpContext context, [FromServices] IPayoutStore store, [FromServices] Cursors cursors,
        [FromQuery, Description(Paging.LimitNote)] string? limit = null, [FromQuery, Description(Paging.CursorNote)] string? cursor = null)
    {
        var merchant = Caller.Of(context).Merchant;
        var parameters = new Parameters(context.Request.Query);
        var paging = Paging.Of(parameters);
        return parameters.Problem ?? await paging.AnswerAsync(
            context, cursors, $"payouts of {merchant}", (after, count) => store.PayoutsAsync(merchant, Place(after), count, context.RequestAborted),
            payout => $"{payout.CreatedAt.UtcTicks} {payout.Id}", PayoutResource.Of, ApiJson.Default.PagePayoutResource);
    }

    private static PayoutPlace? Place(string? after) => after?.Split(' ', 2) is [var ticks, var id]
        ? new(new DateTimeOffset(long.Parse(ticks), TimeSpan.Zero), Guid.Parse(id))
        : null;

    private static async Task<IResult> GetAsync(
        HttpContext context, [Description("The payout.")] string payout, [FromServices] IPayoutStore store) =>
        Ids.TryParse(Ids.PayoutPrefix, payout, out var id) && await store.PayoutAsync(Caller.Of(context).Merchant, id, context.RequestAborted) is { } found
            ? TypedResults.Json(PayoutResource.Of(found), ApiJson.Default.PayoutResource)
            : Problems.PayoutNotFound();

    private static async Task<IResult> PayableAsync(HttpContext context, [FromServices] IPayoutStore store, [FromServices] TimeProvider time) => TypedResults.Json(
        PayableBalanceResource.Of(await store.PayableAsync(Caller.Of(context).Merchant, null, time.Now(), context.RequestAborted)),
        ApiJson.Default.PayableBalanceResource);

    private static async Task<IResult> SettingsAsync(
        HttpContext context, [Description("The merchant.")] string merchant, [FromServices] IPayoutStore store, [FromServices] IMerchantStore merchants) =>
        await merchants.MerchantAsync(merchant, context.RequestAborted) is not null
            ? TypedResults.Json(
                new Page<PayoutSettingsResource>
                {
                    Data = [.. (await store.SettingsAsync(merchant, context.RequestAborted)).Select(PayoutSettingsResource.Of)],
                    NextCursor = null,
                },
                ApiJson.Default.PagePayoutSettingsResource)
            : Problems.MerchantNotFound();

    private static async Task<IResult> SetAsync(
        HttpContext context, [Description("The merchant.")] string merchant, [Description("ISO 4217 code.")] string currency, [FromServices] IPayoutStore store,
        [FromServices] TimeProvider time)
    {
        var now = time.Now();
        var (_, settings, problem) = await Command<PayoutSettings>.ReadBodyAsync(context, fields => new(
            merchant, currency,
            fields.RequiredText("schedule", text => text is "manual" or "daily" or "weekly" or "monthly", "must be manual, daily, weekly or monthly"),
            fields.OptionalNumber("minimum", 1, Money.MaxOperation) ?? 1,
            (int)(fields.OptionalNumber("delay_days", 0, MaxDelayDays) ?? 2),
            fields.OptionalNumber("reserve", 0, Money.MaxOperation) ?? 0,
            fields.RequiredText("destination", Iban.IsValid, Iban.Rule),
            fields.Text("holder", FieldRules.MaxHolder),
            DateOnly.FromDateTime(now.UtcDateTime), now));
        if (problem is not null)
        {
            return problem;
        }

        if (!Currency.TryParse(currency, out _))
        {
            return Problems.FieldInvalid("currency", FieldRules.CurrencyRule);
        }

        return await store.SetAsync(settings, Caller.Of(context).KeyId, CancellationToken.None)
            ? TypedResults.Json(PayoutSettingsResource.Of(settings), ApiJson.Default.PayoutSettingsResource)
            : Problems.MerchantNotFound();
    }

    private static Task<IResult> DecideAsync(
        HttpContext context, [Description("The payout.")] string payout, [FromServices] AdminCalls admin, [FromServices] PayoutCalls calls,
        [FromServices] IPayoutStore store) =>
        admin.MakeAsync(context, "payout_outcome", fields =>
        {
            var outcome = fields.RequiredText("outcome", text => text is "paid" or "failed" or "returned", "must be paid, failed or returned");
            var reason = fields.Text("reason", FieldRules.MaxDescription);
            return async _ =>
            {
                if (!Ids.TryParse(Ids.PayoutPrefix, payout, out var id) || await store.OwnerAsync(id, context.RequestAborted) is not { } merchant)
                {
                    return Problems.PayoutNotFound();
                }

                var reply = await calls.RuleAsync(context, merchant, id, new(outcome, reason, Caller.Of(context).KeyId));
                if (Answers.Refusal(reply) is { } refusal)
                {
                    return refusal;
                }

                Answers.MarkReplayed(context, reply.Kind == ReplyKind.Replayed);
                return TypedResults.Json(PayoutResource.Of((await store.PayoutAsync(merchant, id, CancellationToken.None))!), ApiJson.Default.PayoutResource);
            };
        });
}
