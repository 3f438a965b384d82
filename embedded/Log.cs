using Microsoft.Extensions.Logging;

namespace Payments.Embedded;

/// <summary>Every message of the engine: failures that no caller is told of.</summary>
internal static partial class Log
{
    [LoggerMessage(1, LogLevel.Error, "The timer of {grain} failed.")]
    internal static partial void TimerFailed(this ILogger logger, Exception exception, string grain);

    [LoggerMessage(2, LogLevel.Error, "The reminder {reminder} of {grainType}/{key} failed.")]
    internal static partial void ReminderFailed(this ILogger logger, Exception exception, string reminder, string grainType, string key);

    [LoggerMessage(3, LogLevel.Error, "Due reminders could not be claimed; the next poll tries again.")]
    internal static partial void ReminderPollFailed(this ILogger logger, Exception exception);

    [LoggerMessage(4, LogLevel.Error, "The one-way call {method} to {grain} failed.")]
    internal static partial void OneWayCallFailed(this ILogger logger, Exception exception, string method, string grain);

    [LoggerMessage(5, LogLevel.Error, "The deactivation of {grain} failed.")]
    internal static partial void DeactivationFailed(this ILogger logger, Exception exception, string grain);

    [LoggerMessage(6, LogLevel.Warning, "The activation of {grain} failed.")]
    internal static partial void ActivationFailed(this ILogger logger, Exception exception, string grain);

    [LoggerMessage(7, LogLevel.Warning, "The node was told to stop at once, with {open} open requests.")]
    internal static partial void StoppedAtOnce(this ILogger logger, int open);
}
