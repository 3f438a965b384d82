namespace Payments.Hosting;

/// <summary>What all hosts say, with event ids 3100 to 3199.</summary>
internal static partial class Log
{
    [LoggerMessage(3100, LogLevel.Information, "{Node} serves the API at {Url}; grains: {Engine}")]
    public static partial void Started(ILogger log, string node, string engine, Uri url);

    [LoggerMessage(3101, LogLevel.Warning, "Which processors are closed for new payments could not be read ({Error}); what was known is believed")]
    public static partial void DrainsNotRead(ILogger log, string error);
}
