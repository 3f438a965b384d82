#if ORLEANS
using Orleans;
using Payments.ClientApi.Errors;

namespace Payments.ClientApi.Host;

/// <summary>
/// Whether there is a node to call. While there is none, calls end at once: nothing was sent. (Orleans' client would lose what is called before it is
/// connected, and the caller would wait for a timeout and know nothing.)
/// </summary>
internal sealed partial class ClusterConnection(TimeProvider time, ILogger<ClusterConnection> log) : IOutgoingGrainCallFilter, IClusterConnectionStatusObserver, IClientConnectionRetryFilter
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(500);

    private volatile bool isThere;

    public bool IsThere => isThere;

    /// <summary>The client has found the cluster.</summary>
    public void Found()
    {
        isThere = true;
        LogFound();
    }

    // Orleans' own calls find the cluster, so they must not wait for it.
    Task IOutgoingGrainCallFilter.Invoke(IOutgoingGrainCallContext context) =>
        isThere || context.Grain is not IGrainWithStringKey ? context.Invoke() : throw new GrainsAwayException();

    void IClusterConnectionStatusObserver.NotifyClusterConnectionLost()
    {
        isThere = false;
        LogLost();
    }

    void IClusterConnectionStatusObserver.NotifyGatewayCountChanged(int currentNumberOfGateways, int previousNumberOfGateways, bool connectionRecovered)
    {
        if (connectionRecovered)
        {
            Found();
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
