using Orleans;
using Payments.Domain;
using Payments.Grains;

namespace Payments.ClientApi.Endpoints;

/// <summary>Calls payments' grains.</summary>
internal sealed partial class PaymentCalls(IGrainFactory grains, GrainCalls calls, TimeProvider time, ILogger<PaymentCalls> logger)
{
    // Waiting is asked for again and again: while a call is under way its activation cannot move, as it has to when a node is lost.
    private static readonly TimeSpan Slice = TimeSpan.FromSeconds(1);

    // An answer that is later than this by itself went down with a node.
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(2);

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
            var begun = time.GetTimestamp();
            while (true)
            {
                var (left, asked) = (patience - time.GetElapsedTime(begun), time.GetTimestamp());
                try
                {
                    var reply = await Grain(merchantId, paymentId).WaitAsync(operationId, left < Slice ? left : Slice).WaitAsync(Slice + Grace, time);
                    // Who answers before the time is up has nothing more to wait for, as while the customer has to do something.
                    if (left <= Slice || reply.Operation?.Status != OperationStatus.Pending.Name() || time.GetElapsedTime(asked) < Slice / 2)
                    {
                        return reply.Kind is ReplyKind.Accepted or ReplyKind.Replayed ? reply : null;
                    }
                }
                catch (TimeoutException) when (left > Slice && time.GetElapsedTime(asked) >= Slice)
                {
                    // Asked again, it is answered by another node.
                }
            }
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
