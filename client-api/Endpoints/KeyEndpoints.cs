using System.Collections.Immutable;
using System.ComponentModel;
using Microsoft.AspNetCore.Mvc;
using Payments.ClientApi.Documents;
using Payments.ClientApi.Errors;
using Payments.ClientApi.Requests;
using Payments.ClientApi.Resources;
using Payments.ClientApi.Security;
using Payments.Domain;
using Payments.Storage;

namespace Payments.ClientApi.Endpoints;

/// <summary>Merchants' API keys, for operators. Operators' own keys are made and ended with the command line alone.</summary>
internal static class KeyEndpoints
{
    private const int MaxGraceSeconds = 366 * 86_400;
    private const int DefaultGraceSeconds = 86_400;
    private static readonly ImmutableArray<string> MerchantScopes = [Scopes.Read, Scopes.Write, Scopes.Ledger];

    public static void Map(IEndpointRouteBuilder routes)
    {
        var keys = routes.MapGroup("/v1/admin/keys").WithTags("Administration");

        keys.MapPost("", CreateAsync)
            .WithName("createKey")
            .WithSummary("Make an API key of a merchant")
            .WithDescription("Its secret is in this answer and never again; a repeated request finds the key without it.")
            .RequireScope(Scopes.Operator)
            .TakesIdempotencyKey()
            .TakesBody<KeyBody>()
            .Answers<KeyResource>(StatusCodes.Status201Created)
            .Refuses(400, 401, 403, 404, 413, 415, 422, 500, 503);

        keys.MapGet("", ListAsync)
            .WithName("listKeys")
            .WithSummary("List merchants' API keys, oldest first")
            .RequireScope(Scopes.Operator)
            .Answers<Page<KeyResource>>(StatusCodes.Status200OK)
            .Refuses(400, 401, 403, 500, 503);

        keys.MapGet("{key}", GetAsync)
            .WithName("getKey")
            .WithSummary("Get an API key")
            .RequireScope(Scopes.Operator)
            .Answers<KeyResource>(StatusCodes.Status200OK)
            .Refuses(400, 401, 403, 404, 500, 503);

        keys.MapPost("{key}/rotate", RotateAsync)
            .WithName("rotateKey")
            .WithSummary("Make a key in place of another, which ends after a grace")
            .RequireScope(Scopes.Operator)
            .TakesIdempotencyKey()
            .TakesBody<RotateBody>()
            .Answers<KeyResource>(StatusCodes.Status201Created)
            .Refuses(400, 401, 403, 404, 409, 413, 415, 422, 500, 503);

        keys.MapDelete("{key}", RevokeAsync)
            .WithName("revokeKey")
            .WithSummary("End a key at once and for good")
            .WithDescription("Nodes that know the key forget it within seconds.")
            .RequireScope(Scopes.Operator)
            .Answers<KeyResource>(StatusCodes.Status200OK)
            .Refuses(400, 401, 403, 404, 500, 503);
    }

    private static Task<IResult> CreateAsync(HttpContext context, [FromServices] AdminCalls calls, [FromServices] IMerchantStore store) =>
        calls.MakeAsync(context, "key", fields =>
        {
            var (merchant, name, scopes) = (
                fields.Text("merchant", FieldRules.MaxName), fields.OptionalText("name", FieldRules.MaxName), fields.Words("scopes", MerchantScopes));
            var request = Fingerprint.Of(("merchant", merchant), ("name", name), ("scopes", string.Join(' ', scopes.Order(StringComparer.Ordinal))));
            return async id => Ids.TryParse(Ids.MerchantPrefix, merchant, out _)
                && await store.CreateKeyAsync(id, merchant, name, scopes, request, CancellationToken.None) is { } made
                ? Made(context, made, request)
                : Problems.MerchantNotFound();
        });

    private static Task<IResult> RotateAsync(
        HttpContext context, [Description("The key.")] string key, [FromServices] AdminCalls calls, [FromServices] IMerchantStore store) =>
        calls.MakeAsync(context, $"rotation of {key}", fields =>
        {
            var grace = fields.OptionalNumber("grace_seconds", 0, MaxGraceSeconds) ?? DefaultGraceSeconds;
            var request = Fingerprint.Of(("rotated", key), ("grace_seconds", $"{grace}"));
            return async newId =>
            {
                if (await FindAsync(store, key) is not { } old)
                {
                    return Problems.KeyNotFound();
                }

                return await store.RotateKeyAsync(old.Id, newId, TimeSpan.FromSeconds(grace), request, CancellationToken.None) is { } made
                    ? Made(context, made, request)
                    : Problems.KeyNotRotatable();
            };
        });

    private static async Task<IResult> ListAsync(
        HttpContext context, [FromServices] IMerchantStore store, [FromServices] Cursors cursors,
        [FromQuery, Description("Only this merchant's.")] string? merchant = null,
        [FromQuery, Description(Paging.LimitNote)] string? limit = null, [FromQuery, Description(Paging.CursorNote)] string? cursor = null)
    {
        var parameters = new Parameters(context.Request.Query);
        var (wanted, paging) = (parameters.Text(nameof(merchant), FieldRules.MaxName), Paging.Of(parameters));
        return parameters.Problem ?? await paging.AnswerAsync(
            context, cursors, $"keys of {wanted ?? "all"}", (after, count) => store.KeysAsync(wanted, Place(after), count, context.RequestAborted),
            key => $"{key.Id:N}", key => KeyResource.Of(key), ApiJson.Default.PageKeyResource);

        static Guid? Place(string? after) => after is null ? null : Guid.Parse(after);
    }

    private static async Task<IResult> GetAsync([Description("The key.")] string key, [FromServices] IMerchantStore store) =>
        await FindAsync(store, key) is { } found ? TypedResults.Json(KeyResource.Of(found), ApiJson.Default.KeyResource) : Problems.KeyNotFound();

    private static async Task<IResult> RevokeAsync([Description("The key.")] string key, [FromServices] IMerchantStore store) =>
        await FindAsync(store, key) is { } found && await store.RevokeKeyAsync(found.Id, CancellationToken.None) is { } revoked
            ? TypedResults.Json(KeyResource.Of(revoked), ApiJson.Default.KeyResource)
            : Problems.KeyNotFound();

    private static async Task<KeyRow?> FindAsync(IMerchantStore store, string key) =>
        Ids.TryParse(Ids.KeyPrefix, key, out var id) && await store.KeyAsync(id, CancellationToken.None) is { MerchantId: not null } found ? found : null;

    private static IResult Made(HttpContext context, MadeKey made, string request) => AdminCalls.Made(
        context, made.Secret is not null, made.Key.Request, request, $"/v1/admin/keys/{Ids.Format(Ids.KeyPrefix, made.Key.Id)}",
        () => TypedResults.Json(KeyResource.Of(made.Key, made.Secret), ApiJson.Default.KeyResource, statusCode: StatusCodes.Status201Created));
}
