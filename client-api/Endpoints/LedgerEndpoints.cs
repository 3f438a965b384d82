using System.ComponentModel;
using System.Globalization;
using Microsoft.AspNetCore.Mvc;
using Payments.ClientApi.Documents;
using Payments.ClientApi.Errors;
using Payments.ClientApi.Resources;
using Payments.ClientApi.Security;
using Payments.Storage;

namespace Payments.ClientApi.Endpoints;

/// <summary>The books: a merchant sees its own accounts, an operator all.</summary>
internal static class LedgerEndpoints
{
    private const int MaxAccountId = 200;

    public static void Map(IEndpointRouteBuilder routes)
    {
        var ledger = routes.MapGroup("/v1/ledger").WithTags("Ledger");

        ledger.MapGet("accounts", AccountsAsync)
            .WithName("listLedgerAccounts")
            .WithSummary("List ledger accounts with their balances")
            .RequireScope(Scopes.Ledger, Scopes.Operator)
            .Answers<Page<AccountResource>>(StatusCodes.Status200OK)
            .Refuses(400, 401, 403, 500, 503);

        ledger.MapGet("trial_balance", TrialBalanceAsync)
            .WithName("getTrialBalance")
            .WithSummary("Get the trial balance")
            .WithDescription("Balances summed up by kind of account and currency. For an operator it says whether all debits equal all credits.")
            .RequireScope(Scopes.Ledger, Scopes.Operator)
            .Answers<TrialBalanceResource>(StatusCodes.Status200OK)
            .Refuses(401, 403, 500, 503);
    }

    private static async Task<IResult> AccountsAsync(
        HttpContext context, [FromServices] IPaymentQueries queries,
        [FromQuery, Description("How many at most.")] string? limit = null,
        [FromQuery(Name = "starting_after"), Description("The id of the last account of the page before.")] string? startingAfter = null)
    {
        var count = ApiLimits.DefaultPage;
        if (limit is not null
            && (!int.TryParse(limit, NumberStyles.None, CultureInfo.InvariantCulture, out count) || count is < 1 or > ApiLimits.MaxPage))
        {
            return Problems.ParameterInvalid("limit", $"must be a whole number from 1 to {ApiLimits.MaxPage}");
        }

        if (startingAfter is not null && !IsAccountId(startingAfter))
        {
            return Problems.ParameterInvalid("starting_after", "must be the id of an account");
        }

        // One more than asked for tells whether there is more.
        var rows = await queries.AccountsAsync(Caller.Of(context).MerchantId, startingAfter, count + 1, context.RequestAborted);
        var page = new Page<AccountResource> { Data = [.. rows.Take(count).Select(AccountResource.Of)], HasMore = rows.Count > count };
        return TypedResults.Json(page, ApiJson.Default.PageAccountResource);
    }

    private static async Task<IResult> TrialBalanceAsync(HttpContext context, [FromServices] IPaymentQueries queries)
    {
        var merchantId = Caller.Of(context).MerchantId;
        var lines = await queries.TrialBalanceAsync(merchantId, context.RequestAborted);
        return TypedResults.Json(TrialBalanceResource.Of(merchantId, lines), ApiJson.Default.TrialBalanceResource);
    }

    private static bool IsAccountId(string text) =>
        text.Length is > 0 and <= MaxAccountId
        && text.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is ':' or '_' or '#' or '-' or '.');
}
