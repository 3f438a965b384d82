using Orleans;
using Payments.ClientApi.Errors;
using Payments.Grains;

namespace Payments.ClientApi.Endpoints;

/// <summary>Calls the ledger's grains. A call that brings no answer is unknown, as with payments.</summary>
internal sealed partial class LedgerCalls(IGrainFactory grains, ILogger<LedgerCalls> logger)
{
    public Task<EntryReply> PostAsync(HttpContext context, string merchantId, Guid entryId, EntryRequest request) =>
        CommandAsync(context, () => Entry(merchantId, entryId).PostAsync(request));

    public Task<EntryReply> ReverseAsync(HttpContext context, string merchantId, Guid entryId, ReversalRequest request) =>
        CommandAsync(context, () => Entry(merchantId, entryId).ReverseAsync(request));

    /// <summary>Opens an account, or changes its minimum; false when it is none of an existing merchant's own.</summary>
    public Task<bool> OpenAsync(HttpContext context, string accountId, long? minimum)
    {
        ProblemMiddleware.CommandLeaves(context);
        return grains.GetGrain<ILedgerAccountGrain>(GrainKeys.LedgerAccount(accountId)).OpenAsync(minimum);
    }

    private async Task<EntryReply> CommandAsync(HttpContext context, Func<Task<EntryReply>> command)
    {
        ProblemMiddleware.CommandLeaves(context);
        try
        {
            return await command();
        }
        catch (Exception failure)
        {
            LogCommandFailed(failure);
            return new() { Kind = ReplyKind.Unknown };
        }
    }

    private ILedgerEntryGrain Entry(string merchantId, Guid entryId) =>
        grains.GetGrain<ILedgerEntryGrain>(GrainKeys.LedgerEntry(merchantId, entryId));

    [LoggerMessage(Level = LogLevel.Error, Message = "A command to the ledger brought no answer; the client is told that its outcome is unknown.")]
    private partial void LogCommandFailed(Exception failure);
}
