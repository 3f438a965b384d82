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

/// <summary>Journal entries: reading any, and posting and taking back a merchant's own between its own accounts.</summary>
internal static class EntryEndpoints
{
    public static void Map(IEndpointRouteBuilder routes)
    {
        var ledger = routes.MapGroup("/v1/ledger").WithTags("Ledger");

        ledger.MapPut("accounts/{account}", OpenAsync)
            .WithName("putLedgerAccount")
            .WithSummary("Open an account of the merchant's own, or change its minimum")
            .WithDescription(
                "Own accounts are merchant:{merchant}:assets:{name}:{currency}, which grow by debits, and merchant:{merchant}:liabilities:{name}:{currency}, "
                + $"which grow by credits. A name has 1 to {ChartOfAccounts.MaxOwnName} lower case letters, digits or _ - .")
            .RequireScope(Scopes.Ledger)
            .TakesBody<AccountBody>()
            .Answers<AccountResource>(StatusCodes.Status200OK)
            .Refuses(400, 401, 403, 404, 413, 415, 500, 503);

        ledger.MapPost("entries", PostAsync)
            .WithName("createLedgerEntry")
            .WithSummary("Post an entry between the merchant's own accounts")
            .WithDescription(
                "It is posted whole or not at all. An account that would get smaller must keep its minimum, however many post at once. Nothing is ever changed "
                + "or deleted; what was wrong is taken back by a reversal.")
            .RequireScope(Scopes.Ledger)
            .TakesIdempotencyKey()
            .TakesBody<EntryBody>()
            .Answers<EntryResource>(StatusCodes.Status201Created)
            .Refuses(400, 401, 403, 404, 410, 413, 415, 422, 500, 503);

        ledger.MapGet("entries/{entry}", GetAsync)
            .WithName("getLedgerEntry")
            .WithSummary("Get a journal entry with all of its postings")
            .RequireScope(Scopes.Ledger, Scopes.Operator)
            .Answers<EntryResource>(StatusCodes.Status200OK)
            .Refuses(400, 401, 403, 404, 410, 500, 503);

        ledger.MapPost("entries/{entry}/reversal", ReverseAsync)
            .WithName("reverseLedgerEntry")
            .WithSummary("Take an own entry back, by an entry that moves the same the other way")
            .RequireScope(Scopes.Ledger)
            .TakesIdempotencyKey()
            .TakesBody<ReversalBody>()
            .Answers<EntryResource>(StatusCodes.Status201Created)
            .Refuses(400, 401, 403, 404, 409, 410, 413, 415, 422, 500, 503);
    }

    private static async Task<IResult> OpenAsync(
        HttpContext context, [Description("The account's id.")] string account, [FromServices] LedgerCalls calls, [FromServices] ILedgerQueries queries)
    {
        var caller = Caller.Of(context);
        var (_, minimum, problem) = await Command<long?>.ReadBodyAsync(
            context, fields => fields.OptionalNumber("minimum", -Money.MaxOperation, Money.MaxOperation));
        if (problem is not null)
        {
            return problem;
        }

        var isOwn = AccountId.TryParse(account, out var id) && ChartOfAccounts.IsOwn(id) && ChartOfAccounts.Owner(id) == caller.Merchant;
        if (!isOwn)
        {
            return Problems.AccountNotFound();
        }

        return await calls.OpenAsync(context, account, minimum) is not { } isOpen ? Problems.OutcomeUnknown()
            : isOpen && await queries.AccountAsync(caller.Merchant, account, null, CancellationToken.None) is { } opened
                ? TypedResults.Json(AccountResource.Of(opened), ApiJson.Default.AccountResource)
                : Problems.AccountNotFound();
    }

    private static Task<IResult> PostAsync(HttpContext context, [FromServices] LedgerCalls calls, [FromServices] ILedgerQueries queries) =>
        MakeAsync(context, queries, fields =>
        {
            var (postings, description, metadata) = (
                fields.Postings("postings"), fields.OptionalText("description", FieldRules.MaxDescription), fields.Metadata("metadata"));
            var request = new EntryRequest { Postings = postings, Description = description, Metadata = metadata };
            return (caller, key) =>
            {
                var entryId = Ids.OwnEntry(caller.Salt.AsSpan(), caller.Mode, key);
                return (entryId, () => calls.PostAsync(context, caller.Merchant, entryId, request));
            };
        });

    private static Task<IResult> ReverseAsync(
        HttpContext context, [Description("The entry.")] string entry, [FromServices] LedgerCalls calls, [FromServices] ILedgerQueries queries) =>
        MakeAsync(context, queries, fields =>
        {
            var (description, metadata) = (fields.OptionalText("description", FieldRules.MaxDescription), fields.Metadata("metadata"));
            return (caller, key) =>
            {
                if (!Ids.TryParse(Ids.EntryPrefix, entry, out var original))
                {
                    return (default, () => Task.FromResult(new EntryReply { Kind = ReplyKind.Refused, Code = "entry_not_found" }));
                }

                var entryId = Ids.Reversal(caller.Salt.AsSpan(), caller.Mode, original, key);
                var request = new ReversalRequest { EntryId = original, Description = description, Metadata = metadata };
                return (entryId, () => calls.ReverseAsync(context, caller.Merchant, entryId, request));
            };
        });

    private static async Task<IResult> MakeAsync(
        HttpContext context, ILedgerQueries queries, Func<Fields, Func<Caller, string, (Guid Id, Func<Task<EntryReply>> Send)>> read)
    {
        var caller = Caller.Of(context);
        var (key, prepare, problem) = await Command<Func<Caller, string, (Guid Id, Func<Task<EntryReply>> Send)>>.ReadAsync(context, read);
        if (problem is not null)
        {
            return problem;
        }

        var (id, send) = prepare(caller, key);
        var reply = await send();
        if (Answers.Refusal(reply) is { } refusal)
        {
            return refusal;
        }

        if (await queries.EntryAsync(caller.Merchant, id, CancellationToken.None) is not { } posted)
        {
            return Problems.OutcomeUnknown();
        }

        if (posted.Archived is { } month)
        {
            // It was made before, and left since.
            return Problems.Archived($"{month}") with { Outcome = "done" };
        }

        Answers.MarkReplayed(context, reply.Kind == ReplyKind.Replayed);
        context.Response.Headers.Location = $"/v1/ledger/entries/{Ids.Format(Ids.EntryPrefix, id)}";
        return TypedResults.Json(EntryResource.Of(posted), ApiJson.Default.EntryResource, statusCode: StatusCodes.Status201Created);
    }

    private static async Task<IResult> GetAsync(HttpContext context, [Description("The entry.")] string entry, [FromServices] ILedgerQueries queries) =>
        Ids.TryParse(Ids.EntryPrefix, entry, out var id) && await queries.EntryAsync(Caller.Of(context).MerchantId, id, context.RequestAborted) is { } found
            ? found.Archived is { } month ? Problems.Archived($"{month}") : TypedResults.Json(EntryResource.Of(found), ApiJson.Default.EntryResource)
            : Problems.EntryNotFound();
}
