using System.ComponentModel;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Net.Http.Headers;
using Payments.ClientApi.Documents;
using Payments.ClientApi.Errors;
using Payments.ClientApi.Requests;
using Payments.ClientApi.Resources;
using Payments.ClientApi.Security;
using Payments.Domain;
using Payments.Gateways.Settlement;
using Payments.Storage;

namespace Payments.ClientApi.Endpoints;

/// <summary>Processors' settlement files, for operators.</summary>
internal static class SettlementEndpoints
{
    public static void Map(IEndpointRouteBuilder routes)
    {
        var files = routes.MapGroup("/v1/admin/settlement-files").WithTags("Settlement");

        files.MapPost("", ImportAsync)
            .WithName("importSettlementFile")
            .WithSummary("Import a processor's settlement file")
            .WithDescription(
                "The body is the file as the processor made it. Every line is held to the rules of its format; it is imported whole or not at all, and once: its name is its key. "
                + "The same file again, under whatever name, changes nothing (200); another content under the name of an imported file is refused.")
            .RequireScope(Scopes.Operator)
            .TakesCsv()
            .Answers<SettlementFileResource>(StatusCodes.Status200OK, StatusCodes.Status201Created)
            .Refuses(400, 401, 403, 404, 409, 413, 415, 422, 500, 503);

        files.MapGet("", ListAsync)
            .WithName("listSettlementFiles")
            .WithSummary("List the imported settlement files, the latest first")
            .RequireScope(Scopes.Operator)
            .Answers<Page<SettlementFileResource>>(StatusCodes.Status200OK)
            .Refuses(400, 401, 403, 500, 503);
    }

    private static async Task<IResult> ImportAsync(
        HttpContext context, [FromServices] SettlementImport import,
        [FromQuery, Description("The processor, by its name in the gateways file.")] string? gateway = null,
        [FromQuery, Description("Whose format the file has.")] string? format = null,
        [FromQuery, Description("What the file is called: one name, one content.")] string? name = null)
    {
        var parameters = new Parameters(context.Request.Query);
        var processor = parameters.Required(nameof(gateway), FieldRules.MaxName);
        var known = parameters.OneOf(nameof(format), [.. SettlementFormat.All.Select(one => one.Name)]);
        var called = parameters.Required(nameof(name), FieldRules.MaxName);
        if ((parameters.Problem ?? (known is null ? Problems.ParameterInvalid(nameof(format), "is required") : null)
            ?? (CardNumber.IsIn(called!) ? Problems.CardNumberRefused(nameof(name)) : null)) is { } problem)
        {
            return problem;
        }

        if (!IsCsv(context.Request))
        {
            return Problems.UnsupportedMediaType("text/csv");
        }

        if (context.Request.ContentLength > SettlementFile.MaxBytes)
        {
            return Problems.BodyTooLarge(SettlementFile.MaxBytes);
        }

        // Who imports it counts the bytes; the server's own limit would answer for another one.
        context.Features.Get<IHttpMaxRequestBodySizeFeature>()?.MaxRequestBodySize = null;
        try
        {
            var (file, isNew) = await import.ImportAsync(
                processor!, called!, SettlementFormat.All.Single(one => one.Name == known), Ids.Format(Ids.KeyPrefix, Caller.Of(context).KeyId), context.Request.Body,
                context.RequestAborted);
            return TypedResults.Json(
                SettlementFileResource.Of(file), ApiJson.Default.SettlementFileResource, statusCode: isNew ? StatusCodes.Status201Created : StatusCodes.Status200OK);
        }
        catch (SettlementFileException wrong)
        {
            return Problems.SettlementFileInvalid(CardNumber.IsIn(wrong.Message) ? $"line {wrong.Line}: what stands there looks like a card number." : wrong.Message);
        }
        catch (SettlementTooLongException)
        {
            return Problems.BodyTooLarge(SettlementFile.MaxBytes);
        }
        catch (SettlementImportException refused)
        {
            return refused.Refusal switch
            {
                SettlementRefusal.ContentDiffers => Problems.SettlementFileDiffers(),
                SettlementRefusal.Overtaken => Problems.SettlementImportUnderWay(),
                SettlementRefusal.GatewayUnknown => Problems.GatewayNotFound(),
            };
        }
    }

    private static async Task<IResult> ListAsync(
        HttpContext context, [FromServices] ISettlementFiles files, [FromServices] Cursors cursors,
        [FromQuery, Description(Paging.LimitNote)] string? limit = null, [FromQuery, Description(Paging.CursorNote)] string? cursor = null)
    {
        var parameters = new Parameters(context.Request.Query);
        var paging = Paging.Of(parameters);
        return parameters.Problem ?? await paging.AnswerAsync(
            context, cursors, "settlement files", (after, count) => files.ListAsync(Place(after), count, context.RequestAborted),
            file => $"{file.ImportedAt.UtcTicks} {file.No}", SettlementFileResource.Of, ApiJson.Default.PageSettlementFileResource);
    }

    private static SettlementFilePlace? Place(string? after) => after?.Split(' ', 2) is [var ticks, var no]
        ? new(new DateTimeOffset(long.Parse(ticks), TimeSpan.Zero), long.Parse(no))
        : null;

    private static bool IsCsv(HttpRequest request) =>
        MediaTypeHeaderValue.TryParse(request.ContentType, out var type)
        && type.MediaType.Equals("text/csv", StringComparison.OrdinalIgnoreCase)
        && (!type.Charset.HasValue || type.Charset.Equals("utf-8", StringComparison.OrdinalIgnoreCase))
        && request.Headers.ContentEncoding.Count == 0;
}
