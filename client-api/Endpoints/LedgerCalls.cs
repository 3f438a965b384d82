using Orleans;
using Payments.Grains;

namespace Payments.ClientApi.Endpoints;

/// <summary>Calls the ledger's grains.</summary>
internal sealed class LedgerCalls(IGrainFactory grains, GrainCalls calls)
{
    public Task<EntryReply> PostAsync(HttpContext context, string merchantId, Guid entryId, EntryRequest request) =>
        CommandAsync(context, () => Entry(merchantId, entryId).PostAsync(request));

    public Task<EntryReply> ReverseAsync(HttpContext context, string merchantId, Guid entryId, ReversalRequest request) =>
        CommandAsync(context, () => Entry(merchantId, entryId).ReverseAsync(request));

    /// <summary>Opens an account, or changes its minimum; false when it is none of an existing merchant's own, null when no answer came.</summary>
    public Task<bool?> OpenAsync(HttpContext context, string accountId, long? minimum) => calls.CommandAsync<bool?>(
        context, async () => await grains.GetGrain<ILedgerAccountGrain>(GrainKeys.LedgerAccount(accountId)).OpenAsync(minimum), unknown: null);

    private Task<EntryReply> CommandAsync(HttpContext context, Func<Task<EntryReply>> command) =>
        calls.CommandAsync(context, command, new EntryReply { Kind = ReplyKind.Unknown });

    private ILedgerEntryGrain Entry(string merchantId, Guid entryId) =>
        grains.GetGrain<ILedgerEntryGrain>(GrainKeys.LedgerEntry(merchantId, entryId));
}
