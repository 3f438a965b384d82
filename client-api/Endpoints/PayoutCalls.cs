using Orleans;
using Payments.ClientApi.Errors;
using Payments.Grains;

namespace Payments.ClientApi.Endpoints;

/// <summary>Calls payouts' grains. A call that brings no answer is unknown, as with payments.</summary>
internal sealed partial class PayoutCalls(IGrainFactory grains, ILogger<PayoutCalls> logger)
{
    public Task<PayoutReply> RequestAsync(HttpContext context, string merchantId, Guid payoutId, PayoutRequest request) =>
        CommandAsync(context, () => Payout(merchantId, payoutId).RequestAsync(request));

    public Task<PayoutReply> RuleAsync(HttpContext context, string merchantId, Guid payoutId, PayoutOutcome outcome) =>
        CommandAsync(context, () => Payout(merchantId, payoutId).RuleAsync(outcome));

    private async Task<PayoutReply> CommandAsync(HttpContext context, Func<Task<PayoutReply>> command)
    {
        ProblemMiddleware.CommandLeaves(context);
        try
        {
            return await command();
        }
        catch (Exception failure)
        {
            LogCommandFailed(failure);
            return new(ReplyKind.Unknown);
        }
    }

    private IPayoutGrain Payout(string merchantId, Guid payoutId) => grains.GetGrain<IPayoutGrain>(GrainKeys.Payout(merchantId, payoutId));

    [LoggerMessage(Level = LogLevel.Error, Message = "A command to a payout brought no answer; the client is told that its outcome is unknown.")]
    private partial void LogCommandFailed(Exception failure);
}
