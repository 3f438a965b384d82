namespace Payments.Silo;

/// <summary>All that the host says, with event ids 3000 to 3099.</summary>
internal static partial class Log
{
    [LoggerMessage(3000, LogLevel.Warning, "Waiting for the database: {Reason}")]
    public static partial void WaitingForDatabase(ILogger log, string reason);

    [LoggerMessage(3001, LogLevel.Error, "No checkpoint was taken; the next try is in a minute")]
    public static partial void CheckpointFailed(ILogger log, Exception error);

    [LoggerMessage(3005, LogLevel.Error, "{Count} operations over {Amount} minor units of {Currency} at {Gateway} are of unknown outcome, the oldest since {Oldest}; look at GET /v1/operations?outcome=unknown")]
    public static partial void UnknownForLong(ILogger log, long count, long amount, string currency, string gateway, DateTimeOffset oldest);

    [LoggerMessage(3006, LogLevel.Error, "{Count} pieces of evidence do not fit what is known; look at GET /v1/admin/evidence")]
    public static partial void EvidenceFlagged(ILogger log, long count);

    [LoggerMessage(3007, LogLevel.Warning, "{What} could not be measured ({Error})")]
    public static partial void NotWatched(ILogger log, string what, string error);

    [LoggerMessage(3008, LogLevel.Warning, "How {Gateway} looks from here could not be told ({Error}); it is told again with the next beat")]
    public static partial void GatewayNotReported(ILogger log, string gateway, string error);

    [LoggerMessage(3003, LogLevel.Warning, "{Grain} did not start yet ({Error}); it is tried again")]
    public static partial void GrainNotStarted(ILogger log, string grain, string error);
}
