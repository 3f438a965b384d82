using System.Data.Common;
using Orleans.Runtime;
using Payments.Storage;

namespace Payments.ClientApi.Errors;

/// <summary>The outermost layer: whatever fails below, and every bare status, becomes a problem.</summary>
internal sealed partial class ProblemMiddleware(RequestDelegate next, ILogger<ProblemMiddleware> logger)
{
    private const int ClientClosedRequest = 499;

    /// <summary>From here on the request may have had an effect, whatever else goes wrong.</summary>
    public static void CommandLeaves(HttpContext context) => context.Features.Set(new CommandLeft());

    public async Task InvokeAsync(HttpContext context)
    {
        var response = context.Response;
        try
        {
            await next(context);
            if (response is { HasStarted: false, StatusCode: >= 400, ContentType: null, ContentLength: null })
            {
                await Problems.OfStatus(response.StatusCode).ExecuteAsync(context);
            }
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            // Nobody listens any more. What was begun goes on: a client's impatience touches no commit.
            if (!response.HasStarted)
            {
                response.StatusCode = ClientClosedRequest;
            }
        }
        catch (Exception failure) when (!response.HasStarted)
        {
            response.Clear();
            await Of(context, failure).ExecuteAsync(context);
        }
    }

    private Problem Of(HttpContext context, Exception failure)
    {
        if (failure is BadHttpRequestException bad)
        {
            return Problems.OfStatus(bad.StatusCode);
        }

        if (failure is ArchivedException archived)
        {
            return Problems.Archived($"{archived.Month}");
        }

        if (failure is GrainsAwayException)
        {
            return Problems.Unavailable();
        }

        var commandLeft = context.Features.Get<CommandLeft>() is not null;
        LogFailure(failure, context.GetEndpoint()?.DisplayName, commandLeft);
        return failure switch
        {
            OrleansException when commandLeft => Problems.OutcomeUnknown(),
            _ when commandLeft => Problems.Internal(commandSent: true),
            DbException { IsTransient: true } or TimeoutException or OperationCanceledException => Problems.Unavailable(),
            _ => Problems.Internal(commandSent: false),
        };
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "{Endpoint} failed; a command had left: {CommandLeft}")]
    private partial void LogFailure(Exception failure, string? endpoint, bool commandLeft);

    private sealed class CommandLeft;
}
