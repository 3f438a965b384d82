namespace Payments.Silo;

/// <summary>All that the host says, with event ids 3000 to 3099.</summary>
internal static partial class Log
{
    [LoggerMessage(3000, LogLevel.Warning, "Waiting for the database: {Reason}")]
    public static partial void WaitingForDatabase(ILogger log, string reason);

    [LoggerMessage(3001, LogLevel.Error, "No checkpoint was taken; the next try is in a minute")]
    public static partial void CheckpointFailed(ILogger log, Exception error);

    [LoggerMessage(3002, LogLevel.Information, "Node {Node} runs grains on the {Engine} engine, API at {Url}")]
    public static partial void Started(ILogger log, string node, string engine, Uri url);

    [LoggerMessage(3003, LogLevel.Warning, "Recovery shard {Shard} did not start yet ({Error}); it is tried again")]
    public static partial void RecoveryNotStarted(ILogger log, int shard, string error);
}
