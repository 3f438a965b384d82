using Orleans;
using Payments.ClientApi.Errors;
using Payments.Grains;

namespace Payments.ClientApi.Endpoints;

/// <summary>
/// Calls payment grains. A call that fails or takes too long is an answer as well: the command may have been carried out, so it is
/// unknown, and the client may safely repeat it under its key.
/// </summary>
internal sealed partial class PaymentCalls(IGrainFactory grains, ILogger<PaymentCalls> logger)
{
    public Task<PaymentReply> ChargeAsync(HttpContext context, string merchantId, Guid paymentId, ChargeRequest request) =>
        CommandAsync(context, Grain(merchantId, paymentId).ChargeAsync, request);

    public Task<PaymentReply> CaptureAsync(HttpContext context, string merchantId, Guid paymentId, CaptureRequest request) =>
        CommandAsync(context, Grain(merchantId, paymentId).CaptureAsync, request);

    public Task<PaymentReply> CancelAsync(HttpContext context, string merchantId, Guid paymentId, CancelRequest request) =>
        CommandAsync(context, Grain(merchantId, paymentId).CancelAsync, request);

    public Task<PaymentReply> RefundAsync(HttpContext context, string merchantId, Guid paymentId, RefundRequest request) =>
        CommandAsync(context, Grain(merchantId, paymentId).RefundAsync, request);

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

    private async Task<PaymentReply> CommandAsync<TRequest>(HttpContext context, Func<TRequest, Task<PaymentReply>> command, TRequest request)
    {
        ProblemMiddleware.CommandLeaves(context);
        try
        {
            return await command(request);
        }
        catch (Exception failure)
        {
            LogCommandFailed(failure);
            return new PaymentReply { Kind = ReplyKind.Unknown };
        }
    }

    private IPaymentGrain Grain(string merchantId, Guid paymentId) => grains.GetGrain<IPaymentGrain>(GrainKeys.Payment(merchantId, paymentId));

    [LoggerMessage(Level = LogLevel.Error, Message = "A command to a payment brought no answer; the client is told that its outcome is unknown.")]
    private partial void LogCommandFailed(Exception failure);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Waiting for a payment failed; the client is told what was known before.")]
    private partial void LogWaitFailed(Exception failure);
}
