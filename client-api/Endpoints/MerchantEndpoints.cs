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

/// <summary>Merchants, for operators.</summary>
internal static class MerchantEndpoints
{
    public static void Map(IEndpointRouteBuilder routes)
    {
        var merchants = routes.MapGroup("/v1/admin/merchants").WithTags("Administration");

        merchants.MapPost("", CreateAsync)
            .WithName("createMerchant")
            .WithSummary("Make a merchant")
            .RequireScope(Scopes.Operator)
            .TakesIdempotencyKey()
            .TakesBody<MerchantBody>()
            .Answers<MerchantResource>(StatusCodes.Status201Created)
            .Refuses(400, 401, 403, 413, 415, 422, 500, 503);

        merchants.MapGet("", ListAsync)
            .WithName("listMerchants")
            .WithSummary("List the merchants, oldest first")
            .RequireScope(Scopes.Operator)
            .Answers<Page<MerchantResource>>(StatusCodes.Status200OK)
            .Refuses(400, 401, 403, 500, 503);

        merchants.MapGet("{merchant}", GetAsync)
            .WithName("getMerchant")
            .WithSummary("Get a merchant")
            .RequireScope(Scopes.Operator)
            .Answers<MerchantResource>(StatusCodes.Status200OK)
            .Refuses(400, 401, 403, 404, 500, 503);

        merchants.MapPatch("{merchant}", UpdateAsync)
            .WithName("updateMerchant")
            .WithSummary("Change what is given of a merchant")
            .WithDescription("Payments keep the fee that they were made with.")
            .RequireScope(Scopes.Operator)
            .TakesBody<MerchantPatchBody>()
            .Answers<MerchantResource>(StatusCodes.Status200OK)
            .Refuses(400, 401, 403, 404, 413, 415, 500, 503);
    }

    private static Task<IResult> CreateAsync(HttpContext context, [FromServices] AdminCalls calls, [FromServices] IMerchantStore store) =>
        calls.MakeAsync(context, "merchant", fields =>
        {
            var name = fields.Text("name", FieldRules.MaxName);
            var mode = fields.OptionalText("mode", text => text is "test" or "live", "must be test or live") ?? Mode.Test.Name();
            var (basisPoints, fixedFee, returned) = ReadFee(fields);
            var fee = new FeeTerms((int)(basisPoints ?? 0), fixedFee ?? 0, returned ?? false);
            var request = Fingerprint.Of(
                ("name", name), ("mode", mode), ("fee_basis_points", $"{fee.BasisPoints}"), ("fee_fixed", $"{fee.Fixed}"),
                ("fee_returned_on_refund", $"{fee.ReturnedOnRefund}"));
            return async id =>
            {
                var (merchant, isNew) = await store.CreateMerchantAsync(
                    id, name, StatusNames.Parse<Mode>(mode, ModeNames.Name), fee, request, CancellationToken.None);
                return AdminCalls.Made(
                    context, isNew, merchant.Request, request, $"/v1/admin/merchants/{merchant.Id}",
                    () => TypedResults.Json(MerchantResource.Of(merchant), ApiJson.Default.MerchantResource, statusCode: StatusCodes.Status201Created));
            };
        });

    private static async Task<IResult> ListAsync(
        HttpContext context, [FromServices] IMerchantStore store, [FromServices] Cursors cursors,
        [FromQuery, Description(Paging.LimitNote)] string? limit = null, [FromQuery, Description(Paging.CursorNote)] string? cursor = null)
    {
        var parameters = new Parameters(context.Request.Query);
        var paging = Paging.Of(parameters);
        return parameters.Problem ?? await paging.AnswerAsync(
            context, cursors, "merchants", (after, count) => store.MerchantsAsync(after, count, context.RequestAborted),
            merchant => merchant.Id, MerchantResource.Of, ApiJson.Default.PageMerchantResource);
    }

    private static async Task<IResult> GetAsync(
        HttpContext context, [Description("The merchant.")] string merchant, [FromServices] IMerchantStore store) =>
        Ids.TryParse(Ids.MerchantPrefix, merchant, out _) && await store.MerchantAsync(merchant, context.RequestAborted) is { } found
            ? TypedResults.Json(MerchantResource.Of(found), ApiJson.Default.MerchantResource)
            : Problems.MerchantNotFound();

    private static async Task<IResult> UpdateAsync(
        HttpContext context, [Description("The merchant.")] string merchant, [FromServices] IMerchantStore store)
    {
        var (_, (name, fee), problem) = await Command<(string?, (long? BasisPoints, long? Fixed, bool? Returned))>.ReadBodyAsync(
            context, fields => (fields.OptionalText("name", FieldRules.MaxName), ReadFee(fields)));
        if (problem is not null)
        {
            return problem;
        }

        return Ids.TryParse(Ids.MerchantPrefix, merchant, out _)
            && await store.UpdateMerchantAsync(merchant, name, (int?)fee.BasisPoints, fee.Fixed, fee.Returned, CancellationToken.None) is { } changed
            ? TypedResults.Json(MerchantResource.Of(changed), ApiJson.Default.MerchantResource)
            : Problems.MerchantNotFound();
    }

    private static (long? BasisPoints, long? Fixed, bool? Returned) ReadFee(Fields fields) => (
        fields.OptionalNumber("fee_basis_points", 0, FeeTerms.MaxBasisPoints), fields.OptionalNumber("fee_fixed", 0, Money.MaxOperation),
        fields.OptionalBoolean("fee_returned_on_refund"));
}
