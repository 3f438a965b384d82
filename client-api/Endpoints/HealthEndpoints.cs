using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Extensions.Options;
using Payments.ClientApi.Documents;
using Payments.ClientApi.Errors;
using Payments.ClientApi.Resources;
using Payments.Storage;

namespace Payments.ClientApi.Endpoints;

/// <summary>For whoever starts, routes to and restarts this process.</summary>
internal static partial class HealthEndpoints
{
    public static void Map(IEndpointRouteBuilder routes)
    {
        var health = routes.MapGroup("/health").WithTags("Health");

        health.MapGet("live", Live)
            .WithName("isLive")
            .WithSummary("Does the process answer?")
            .Answers<HealthResource>(StatusCodes.Status200OK);

        health.MapGet("ready", ReadyAsync)
            .WithName("isReady")
            .WithSummary("Can it serve: is the database there and as it should be?")
            .Answers<HealthResource>(StatusCodes.Status200OK)
            .Refuses(503);
    }

    private static JsonHttpResult<HealthResource> Live() => TypedResults.Json(new HealthResource("ok"), ApiJson.Default.HealthResource);

    private static async Task<IResult> ReadyAsync(
        HttpContext context, [FromServices] IPaymentQueries queries, [FromServices] IEnumerable<IReadiness> others, [FromServices] TimeProvider time,
        [FromServices] IOptions<PaymentsApiOptions> options, [FromServices] ILoggerFactory loggers)
    {
        var log = loggers.CreateLogger(typeof(HealthEndpoints));
        if (others.Select(one => one.Problem).FirstOrDefault(problem => problem is not null) is { } found)
        {
            LogNotReady(log, found);
            return Problems.NotReady();
        }

        try
        {
            using var patience = new CancellationTokenSource(options.Value.ReadinessTimeout, time);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, context.RequestAborted);
            await queries.CheckReadyAsync(either.Token).WaitAsync(either.Token);
            return Live();
        }
        catch (Exception failure) when (!context.RequestAborted.IsCancellationRequested)
        {
            LogNotReady(log, failure.GetType().Name);
            return Problems.NotReady();
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Not ready: {Failure}")]
    private static partial void LogNotReady(ILogger logger, string failure);
}
