using System.ComponentModel;
using Microsoft.AspNetCore.Mvc;
using Payments.ClientApi.Documents;
using Payments.ClientApi.Errors;
using Payments.ClientApi.Requests;
using Payments.ClientApi.Resources;
using Payments.ClientApi.Security;
using Payments.Storage;

namespace Payments.ClientApi.Endpoints;

/// <summary>One account and its statement, and a merchant's balance: now, or as they were.</summary>
internal static class StatementEndpoints
{
    public static void Map(IEndpointRouteBuilder routes)
    {
        var ledger = routes.MapGroup("/v1/ledger").WithTags("Ledger");

        ledger.MapGet("accounts/{account}", AccountAsync)
            .WithName("getLedgerAccount")
            .WithSummary("Get a ledger account, now or as it was")
            .RequireScope(Scopes.Ledger, Scopes.Operator)
            .Answers<AccountResource>(StatusCodes.Status200OK)
            .Refuses(400, 401, 403, 404, 410, 500, 503);

        ledger.MapGet("accounts/{account}/entries", StatementAsync)
            .WithName("getStatement")
            .WithSummary("Get the statement of an account: its postings with the running balance, newest first")
            .RequireScope(Scopes.Ledger, Scopes.Operator)
            .Answers<Page<StatementLineResource>>(StatusCodes.Status200OK)
            .Refuses(400, 401, 403, 404, 410, 500, 503);

        routes.MapGet("/v1/balance", BalanceAsync)
            .WithTags("Ledger")
            .WithName("getBalance")
            .WithSummary("Get the merchant's balance in every currency, now or as it was")
            .RequireScope(Scopes.Read)
            .Answers<BalanceResource>(StatusCodes.Status200OK)
            .Refuses(400, 401, 403, 410, 500, 503);
    }

    private static async Task<IResult> AccountAsync(
        HttpContext context, [Description("The account's id.")] string account, [FromServices] ILedgerQueries queries,
        [FromQuery, Description("As it was then.")] string? at = null)
    {
        var parameters = new Parameters(context.Request.Query);
        var instant = parameters.Instant(nameof(at));
        if (parameters.Problem is { } wrong)
        {
            return wrong;
        }

        return await queries.AccountAsync(Caller.Of(context).MerchantId, account, instant, context.RequestAborted) is { } found
            ? TypedResults.Json(AccountResource.Of(found), ApiJson.Default.AccountResource)
            : Problems.AccountNotFound();
    }

    private static async Task<IResult> StatementAsync(
        HttpContext context, [Description("The account's id.")] string account, [FromServices] ILedgerQueries queries, [FromServices] Cursors cursors,
        [FromQuery, Description("Only what was posted then or later.")] string? from = null,
        [FromQuery, Description("Only what was posted before then.")] string? to = null,
        [FromQuery, Description(Paging.LimitNote)] string? limit = null, [FromQuery, Description(Paging.CursorNote)] string? cursor = null)
    {
        var parameters = new Parameters(context.Request.Query);
        var (since, until) = parameters.Range(nameof(from), nameof(to));
        var paging = Paging.Of(parameters);
        if (parameters.Problem is { } wrong)
        {
            return wrong;
        }

        var merchantId = Caller.Of(context).MerchantId;
        if (await queries.AccountAsync(merchantId, account, null, context.RequestAborted) is not { } known)
        {
            return Problems.AccountNotFound();
        }

        return await paging.AnswerAsync(
            context, cursors, $"statement for {merchantId ?? "all"} of {account} from {since:O} to {until:O}",
            (after, count) => queries.StatementAsync(merchantId, account, since, until, Place(after), count, context.RequestAborted),
            line => $"{line.Seq}", line => StatementLineResource.Of(known, line), ApiJson.Default.PageStatementLineResource);

        static long? Place(string? after) => after is null ? null : long.Parse(after);
    }

    private static async Task<IResult> BalanceAsync(
        HttpContext context, [FromServices] ILedgerQueries queries, [FromQuery, Description("As it was then.")] string? at = null)
    {
        var parameters = new Parameters(context.Request.Query);
        var instant = parameters.Instant(nameof(at));
        return parameters.Problem is { } wrong
            ? wrong
            : TypedResults.Json(
                BalanceResource.Of(await queries.AccountsAsync(Caller.Of(context).Merchant, instant, null, int.MaxValue, context.RequestAborted)), ApiJson.Default.BalanceResource);
    }
}
