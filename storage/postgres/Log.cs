using Microsoft.Extensions.Logging;

namespace Payments.Storage.Postgres;

/// <summary>All that the store says, with event ids 1000 to 1099.</summary>
internal static partial class Log
{
    [LoggerMessage(1000, LogLevel.Debug, "A batch met another one and is judged again ({SqlState} {Constraint})")]
    public static partial void Collision(ILogger log, string sqlState, string? constraint);

    [LoggerMessage(1001, LogLevel.Warning, "The connection was lost ({Error}); {Commits} commits are unknown until the same batch was tried again")]
    public static partial void ConnectionLost(ILogger log, string error, int commits);

    [LoggerMessage(1002, LogLevel.Error, "The database refuses a commit ({Action}); this is a bug")]
    public static partial void Rejected(ILogger log, Exception error, string action);

    [LoggerMessage(1003, LogLevel.Warning, "The database refuses a batch of {Commits} ({Error}); looking for the one that it means")]
    public static partial void Bisecting(ILogger log, string error, int commits);
}
