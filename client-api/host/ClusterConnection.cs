#if ORLEANS
using Orleans;

namespace Payments.ClientApi.Host;

/// <summary>Whether there is a node to call. While there is none, nothing is sent, and that is what callers are told.</summary>
internal sealed partial class ClusterConnection(TimeProvider time, ILogger<ClusterConnection> log) : IReadiness, IClusterConnectionStatusObserver, IClientConnectionRetryFilter
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(500);

    private volatile bool hasStarted;
    private volatile bool isThere;

    /// <inheritdoc/>
    public string? Problem => isThere ? null : "no node of the cluster";

    /// <inheritdoc/>
    public bool ReachesGrains => isThere;

    /// <summary>The client is connected for the first time.</summary>
    public void Started()
    {
        (hasStarted, isThere) = (true, true);
        LogFound();
    }

    void IClusterConnectionStatusObserver.NotifyClusterConnectionLost()
    {
        isThere = false;
        LogLost();
    }

    void IClusterConnectionStatusObserver.NotifyGatewayCountChanged(int currentNumberOfGateways, int previousNumberOfGateways, bool connectionRecovered)
    {
        // Before the client has started, a node that is known is not one that is connected.
        if (connectionRecovered && hasStarted)
        {
            isThere = true;
            LogFound();
        }
    }

    async Task<bool> IClientConnectionRetryFilter.ShouldRetryConnectionAttempt(Exception exception, CancellationToken cancellationToken)
    {
        LogWaiting(exception.Message);
        await Task.Delay(Pause, time, cancellationToken);
        return true;
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "The cluster is there.")]
    private partial void LogFound();

    [LoggerMessage(Level = LogLevel.Error, Message = "No node of the cluster can be reached; requests are answered with 503 until one can.")]
    private partial void LogLost();

    [LoggerMessage(Level = LogLevel.Warning, Message = "Waiting for a node of the cluster: {Reason}")]
    private partial void LogWaiting(string reason);
}
#endif
