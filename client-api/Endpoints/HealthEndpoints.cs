using Microsoft.AspNetCore.Http.HttpResults;
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
        var hasBeenReady = false;

        health.MapGet("live", Live)
            .WithName("isLive")
            .WithSummary("Does the process answer?")
            .Answers<HealthResource>(StatusCodes.Status200OK);

        health.MapGet("ready", (Delegate)ReadyAsync)
            .WithName("isReady")
            .WithSummary("Can it serve: is the database there and as it should be?")
            .Answers<HealthResource>(StatusCodes.Status200OK)
            .Refuses(503);

        health.MapGet("startup", (Delegate)StartedAsync)
            .WithName("hasStarted")
            .WithSummary("Has it been able to serve once?")
            .Answers<HealthResource>(StatusCodes.Status200OK)
            .Refuses(503);

        async Task<IResult> StartedAsync(HttpContext context)
        {
            var answer = hasBeenReady ? Live() : await ReadyAsync(context);
            hasBeenReady = answer is JsonHttpResult<HealthResource>;
            return answer;
        }
    }

    private static JsonHttpResult<HealthResource> Live() => TypedResults.Json(new HealthResource("ok"), ApiJson.Default.HealthResource);

    private static async Task<IResult> ReadyAsync(HttpContext context)
    {
        var services = context.RequestServices;
        var (queries, time, options) = (
            services.GetRequiredService<IPaymentQueries>(), services.GetRequiredService<TimeProvider>(), services.GetRequiredService<IOptions<PaymentsApiOptions>>());
        var log = services.GetRequiredService<ILoggerFactory>().CreateLogger(typeof(HealthEndpoints));
        if (services.GetServices<IReadiness>().Select(one => one.Problem).FirstOrDefault(problem => problem is not null) is { } found)
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
