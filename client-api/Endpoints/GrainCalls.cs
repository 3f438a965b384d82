using Orleans.Runtime;
using Payments.ClientApi.Errors;

namespace Payments.ClientApi.Endpoints;

/// <summary>
/// Sends commands to grains. One that fails or takes too long is answered as well: it may have been carried out, so its outcome is unknown, and the
/// client may safely repeat it under its key.
/// </summary>
internal sealed partial class GrainCalls(IEnumerable<IReadiness> hosts, ILogger<GrainCalls> logger)
{
    /// <param name="unknown">What is replied when no answer came.</param>
    /// <exception cref="GrainsAwayException">Nothing was sent.</exception>
    public async Task<TReply> CommandAsync<TReply>(HttpContext context, Func<Task<TReply>> command, TReply unknown)
    {
        if (!hosts.All(host => host.ReachesGrains))
        {
            throw new GrainsAwayException();
        }

        ProblemMiddleware.CommandLeaves(context);
        try
        {
            return await command();
        }
        catch (OrleansMessageRejectionException)
        {
            // A node that goes away turns calls down, and whoever takes over its grains does not: under its key the command may be sent again.
        }
        catch (Exception failure)
        {
            LogCommandFailed(failure);
            return unknown;
        }

        try
        {
            return await command();
        }
        catch (Exception failure)
        {
            LogCommandFailed(failure);
            return unknown;
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "A command brought no answer; the client is told that its outcome is unknown.")]
    private partial void LogCommandFailed(Exception failure);
}
