using System.ComponentModel;
using Microsoft.AspNetCore.Mvc;
using Payments.ClientApi.Documents;
using Payments.ClientApi.Requests;
using Payments.ClientApi.Resources;
using Payments.ClientApi.Security;
using Payments.Storage;

namespace Payments.ClientApi.Endpoints;

/// <summary>The books: a merchant sees its own accounts, an operator all.</summary>
internal static class LedgerEndpoints
{
    public static void Map(IEndpointRouteBuilder routes)
    {
        var ledger = routes.MapGroup("/v1/ledger").WithTags("Ledger");

        ledger.MapGet("accounts", AccountsAsync)
            .WithName("listLedgerAccounts")
            .WithSummary("List ledger accounts with their balances")
            .RequireScope(Scopes.Ledger, Scopes.Operator)
            .Answers<Page<AccountResource>>(StatusCodes.Status200OK)
            .Refuses(400, 401, 403, 410, 500, 503);

        ledger.MapGet("trial_balance", TrialBalanceAsync)
            .WithName("getTrialBalance")
            .WithSummary("Get the trial balance")
            .WithDescription("Balances summed up by kind of account and currency. For an operator it says whether all debits equal all credits.")
            .RequireScope(Scopes.Ledger, Scopes.Operator)
            .Answers<TrialBalanceResource>(StatusCodes.Status200OK)
            .Refuses(400, 401, 403, 410, 500, 503);
    }

    private static async Task<IResult> AccountsAsync(
        HttpContext context, [FromServices] ILedgerQueries queries, [FromServices] Cursors cursors,
        [FromQuery, Description(Paging.LimitNote)] string? limit = null, [FromQuery, Description(Paging.CursorNote)] string? cursor = null,
        [FromQuery, Description("As they were then.")] string? at = null)
    {
        var parameters = new Parameters(context.Request.Query);
        var (paging, instant, merchantId) = (Paging.Of(parameters), parameters.Instant(nameof(at)), Caller.Of(context).MerchantId);
        return parameters.Problem ?? await paging.AnswerAsync(
            context, cursors, $"accounts of {merchantId ?? "all"} at {instant:O}",
            (after, count) => queries.AccountsAsync(merchantId, instant, after, count, context.RequestAborted),
            account => account.Id, AccountResource.Of, ApiJson.Default.PageAccountResource);
    }

    private static async Task<IResult> TrialBalanceAsync(
        HttpContext context, [FromServices] ILedgerQueries queries,
        [FromQuery, Description("As it was then.")] string? at = null)
    {
        var parameters = new Parameters(context.Request.Query);
        var instant = parameters.Instant(nameof(at));
        if (parameters.Problem is { } wrong)
        {
            return wrong;
        }

        var merchantId = Caller.Of(context).MerchantId;
        var lines = await queries.TrialBalanceAsync(merchantId, instant, context.RequestAborted);
        return TypedResults.Json(TrialBalanceResource.Of(merchantId, lines), ApiJson.Default.TrialBalanceResource);
    }
}
