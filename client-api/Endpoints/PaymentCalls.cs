using Orleans;
using Payments.Grains;

namespace Payments.ClientApi.Endpoints;

/// <summary>Calls payments' grains.</summary>
internal sealed partial class PaymentCalls(IGrainFactory grains, GrainCalls calls, ILogger<PaymentCalls> logger)
{
    public Task<PaymentReply> ChargeAsync(HttpContext context, string merchantId, Guid paymentId, ChargeRequest request) =>
        CommandAsync(context, () => Grain(merchantId, paymentId).ChargeAsync(request));

    public Task<PaymentReply> CaptureAsync(HttpContext context, string merchantId, Guid paymentId, CaptureRequest request) =>
        CommandAsync(context, () => Grain(merchantId, paymentId).CaptureAsync(request));

    public Task<PaymentReply> CancelAsync(HttpContext context, string merchantId, Guid paymentId, CancelRequest request) =>
        CommandAsync(context, () => Grain(merchantId, paymentId).CancelAsync(request));

    public Task<PaymentReply> RefundAsync(HttpContext context, string merchantId, Guid paymentId, RefundRequest request) =>
        CommandAsync(context, () => Grain(merchantId, paymentId).RefundAsync(request));

    /// <summary>Asks the processor; null when that itself failed: nothing is lost by it.</summary>
    public async Task<PaymentReply?> RefreshAsync(string merchantId, Guid paymentId)
    {
        try
        {
            return await Grain(merchantId, paymentId).RefreshAsync() is { Kind: ReplyKind.Accepted } reply ? reply : null;
        }
        catch (Exception failure)
        {
            LogWaitFailed(failure);
            return null;
        }
    }

    /// <summary>What is known when the operation is final, or patience ends; null when waiting itself failed. What was accepted stays accepted.</summary>
    public async Task<PaymentReply?> WaitAsync(string merchantId, Guid paymentId, Guid? operationId, TimeSpan patience)
    {
        try
        {
            var reply = await Grain(merchantId, paymentId).WaitAsync(operationId, patience);
            return reply.Kind is ReplyKind.Accepted or ReplyKind.Replayed ? reply : null;
        }
        catch (Exception failure)
        {
            LogWaitFailed(failure);
            return null;
        }
    }

    private Task<PaymentReply> CommandAsync(HttpContext context, Func<Task<PaymentReply>> command) =>
        calls.CommandAsync(context, command, new PaymentReply { Kind = ReplyKind.Unknown });

    private IPaymentGrain Grain(string merchantId, Guid paymentId) => grains.GetGrain<IPaymentGrain>(GrainKeys.Payment(merchantId, paymentId));

    [LoggerMessage(Level = LogLevel.Warning, Message = "Waiting for a payment failed; the client is told what was known before.")]
    private partial void LogWaitFailed(Exception failure);
}
