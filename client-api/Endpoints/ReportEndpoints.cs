using System.ComponentModel;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Net.Http.Headers;
using Payments.ClientApi.Documents;
using Payments.ClientApi.Errors;
using Payments.ClientApi.Requests;
using Payments.ClientApi.Resources;
using Payments.ClientApi.Security;
using Payments.Domain;
using Payments.Grains;
using Payments.Storage;

namespace Payments.ClientApi.Endpoints;

/// <summary>Reports: a merchant's about itself, an operator's about the whole platform.</summary>
internal static class ReportEndpoints
{
    public static void Map(IEndpointRouteBuilder routes)
    {
        var reports = routes.MapGroup("/v1/reports").WithTags("Reports");

        reports.MapPost("", CreateAsync)
            .WithName("createReport")
            .WithSummary("Ask for a report")
            .WithDescription(
                "It is written by and by: look at it until its status is succeeded, and then get its file. What it tells is fixed when it is asked for; the same key finds the "
                + "same report. A merchant's key asks about the merchant, an operator's about the whole platform.")
            .RequireScope(Scopes.Ledger, Scopes.Operator)
            .TakesIdempotencyKey()
            .TakesBody<ReportBody>()
            .Answers<ReportResource>(StatusCodes.Status201Created)
            .Refuses(400, 401, 403, 404, 410, 413, 415, 422, 500, 503);

        reports.MapGet("", ListAsync)
            .WithName("listReports")
            .WithSummary("List reports, newest first")
            .RequireScope(Scopes.Ledger, Scopes.Operator)
            .Answers<Page<ReportResource>>(StatusCodes.Status200OK)
            .Refuses(400, 401, 403, 500, 503);

        reports.MapGet("{report}", GetAsync)
            .WithName("getReport")
            .WithSummary("Get a report: how far it is, or what came of it")
            .RequireScope(Scopes.Ledger, Scopes.Operator)
            .Answers<ReportResource>(StatusCodes.Status200OK)
            .Refuses(400, 401, 403, 404, 500, 503);

        reports.MapDelete("{report}", EndAsync)
            .WithName("endReport")
            .WithSummary("Cancel a report that is not finished, or delete its file")
            .WithDescription("The report itself stays. What is neither open nor has a file stays as it is.")
            .RequireScope(Scopes.Ledger, Scopes.Operator)
            .Answers<ReportResource>(StatusCodes.Status200OK)
            .Refuses(400, 401, 403, 404, 500, 503);

        reports.MapGet("{report}/file", FileAsync)
            .WithName("getReportFile")
            .WithSummary("Get the file of a report")
            .WithDescription("Amounts are in major units in CSV (19.99) and in minor units in JSON (1999).")
            .RequireScope(Scopes.Ledger, Scopes.Operator)
            .Produces<string>(StatusCodes.Status200OK, "text/csv", "application/json", "application/x-ndjson")
            .Refuses(400, 401, 403, 404, 409, 500, 503);
    }

    private static async Task<IResult> CreateAsync(
        HttpContext context, [FromServices] ReportCalls calls, [FromServices] IReportStore store, [FromServices] IPaymentQueries queries)
    {
        var caller = Caller.Of(context);
        var (key, request, problem) = await Command<ReportRequest>.ReadAsync(context, fields => new()
        {
            Type = fields.Text("type", FieldRules.MaxName),
            From = fields.OptionalInstant("from"),
            To = fields.OptionalInstant("to"),
            Currency = fields.OptionalText("currency", text => Currency.TryParse(text, out _), FieldRules.CurrencyRule),
            Account = fields.OptionalText("account", FieldRules.MaxAccount),
            Columns = fields.OptionalTexts("columns", ReportOrder.MaxColumns, FieldRules.MaxName),
            Format = fields.OptionalText("format", text => text is "csv" or "json" or "ndjson", "must be csv, json or ndjson") ?? "csv",
        });
        if (problem is not null)
        {
            return problem;
        }

        // Operators have no salt of their own: the platform's secret makes ids that nobody else can guess.
        var id = caller.MerchantId is null
            ? Ids.OfOperator(await queries.PlatformSecretAsync(context.RequestAborted), "report", key)
            : Ids.Report(caller.Salt.AsSpan(), caller.Mode, key);
        var reply = await calls.CreateAsync(context, caller.MerchantId, id, request);
        if (Answers.Refusal(reply) is { } refusal)
        {
            return refusal;
        }

        if (await store.ReportAsync(caller.MerchantId, id, CancellationToken.None) is not { } made)
        {
            return Problems.OutcomeUnknown();
        }

        Answers.MarkReplayed(context, reply.Kind == ReplyKind.Replayed);
        context.Response.Headers.Location = $"/v1/reports/{Ids.Format(Ids.ReportPrefix, id)}";
        return TypedResults.Json(ReportResource.Of(made), ApiJson.Default.ReportResource, statusCode: StatusCodes.Status201Created);
    }

    private static async Task<IResult> ListAsync(
        HttpContext context, [FromServices] IReportStore store, [FromServices] Cursors cursors,
        [FromQuery, Description(Paging.LimitNote)] string? limit = null, [FromQuery, Description(Paging.CursorNote)] string? cursor = null)
    {
        var parameters = new Parameters(context.Request.Query);
        var (paging, merchantId) = (Paging.Of(parameters), Caller.Of(context).MerchantId);
        return parameters.Problem ?? await paging.AnswerAsync(
            context, cursors, $"reports of {merchantId ?? "the platform"}", (after, count) => store.ReportsAsync(merchantId, Place(after), count, context.RequestAborted),
            report => $"{report.Id:N}", ReportResource.Of, ApiJson.Default.PageReportResource);

        static Guid? Place(string? after) => after is null ? null : Guid.Parse(after);
    }

    private static async Task<IResult> GetAsync(HttpContext context, [Description("The report.")] string report, [FromServices] IReportStore store) =>
        await FindAsync(context, report, store) is { } found ? TypedResults.Json(ReportResource.Of(found), ApiJson.Default.ReportResource) : Problems.ReportNotFound();

    private static async Task<IResult> EndAsync(
        HttpContext context, [Description("The report.")] string report, [FromServices] ReportCalls calls, [FromServices] IReportStore store)
    {
        // Read first: an id that is not there, or somebody else's, must activate nothing.
        if (await FindAsync(context, report, store) is not { } found)
        {
            return Problems.ReportNotFound();
        }

        return Answers.Refusal(await calls.EndAsync(context, found.MerchantId, found.Id)) ?? await GetAsync(context, report, store);
    }

    private static async Task<IResult> FileAsync(HttpContext context, [Description("The report.")] string report, [FromServices] IReportStore store) =>
        await FindAsync(context, report, store) is not { } found ? Problems.ReportNotFound()
        : found.IsOpen ? Problems.ReportNotReady()
        : found.Status != ReportStatus.Succeeded ? Problems.ReportHasNoFile(found.Status)
        : new ReportFileResult(store, found);

    private static async Task<ReportRow?> FindAsync(HttpContext context, string report, IReportStore store) =>
        Ids.TryParse(Ids.ReportPrefix, report, out var id) ? await store.ReportAsync(Caller.Of(context).MerchantId, id, context.RequestAborted) : null;

    /// <summary>Sends the file piece by piece. A client that gets less than Content-Length knows that it was cut off.</summary>
    private sealed class ReportFileResult(IReportStore store, ReportRow report) : IResult
    {
        public async Task ExecuteAsync(HttpContext httpContext)
        {
            var response = httpContext.Response;
            response.ContentType = report.Order.Format switch
            {
                "csv" => "text/csv; charset=utf-8",
                "ndjson" => "application/x-ndjson",
                _ => "application/json",
            };
            response.ContentLength = report.File!.Bytes;
            response.Headers.ContentDisposition = new ContentDispositionHeaderValue("attachment")
            {
                FileName = $"{report.Order.Type}-{Ids.Format(Ids.ReportPrefix, report.Id)}.{report.Order.Format}",
            }.ToString();
            response.Headers.ETag = $"\"{Convert.ToHexStringLower(report.File.Digest.AsSpan())}\"";
            await foreach (var piece in store.FileAsync(report, httpContext.RequestAborted))
            {
                await response.Body.WriteAsync(piece, httpContext.RequestAborted);
            }
        }
    }
}
