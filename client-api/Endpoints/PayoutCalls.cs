using Orleans;
using Payments.Grains;

namespace Payments.ClientApi.Endpoints;

/// <summary>Calls payouts' grains.</summary>
internal sealed class PayoutCalls(IGrainFactory grains, GrainCalls calls)
{
    public Task<PayoutReply> RequestAsync(HttpContext context, string merchantId, Guid payoutId, PayoutRequest request) =>
        CommandAsync(context, () => Payout(merchantId, payoutId).RequestAsync(request));

    public Task<PayoutReply> RuleAsync(HttpContext context, string merchantId, Guid payoutId, PayoutOutcome outcome) =>
        CommandAsync(context, () => Payout(merchantId, payoutId).RuleAsync(outcome));

    private Task<PayoutReply> CommandAsync(HttpContext context, Func<Task<PayoutReply>> command) =>
        calls.CommandAsync(context, command, new PayoutReply(ReplyKind.Unknown));

    private IPayoutGrain Payout(string merchantId, Guid payoutId) => grains.GetGrain<IPayoutGrain>(GrainKeys.Payout(merchantId, payoutId));
}
