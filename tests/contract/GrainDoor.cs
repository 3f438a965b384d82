using Payments.Domain;
using Payments.Grains;
using Payments.Tests.Grains;

namespace Payments.Tests.Contract;

/// <summary>As a service inside the cluster calls.</summary>
internal sealed class GrainDoor(GrainCluster cluster) : IDoor
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);
    private static readonly byte[] Salt = new byte[32];

    public string Merchant => cluster.Database.MerchantId;

    public Task<Seen> ChargeAsync(string key, ChargeRequest request) => FollowAsync(key, null, grain => grain.ChargeAsync(request));

    public Task<Seen> CaptureAsync(string key, string captureKey, long? amount, bool isFinal)
    {
        var id = cluster.CaptureId(key, captureKey);
        return FollowAsync(key, id, grain => grain.CaptureAsync(new() { CaptureId = id, Amount = amount, IsFinal = isFinal }));
    }

    public Task<Seen> CancelAsync(string key, string cancelKey)
    {
        var id = cluster.CancellationId(key, cancelKey);
        return FollowAsync(key, id, grain => grain.CancelAsync(new() { CancellationId = id }));
    }

    public Task<Seen> RefundAsync(string key, string refundKey, long? amount, string? reason)
    {
        var id = cluster.RefundId(key, refundKey);
        return FollowAsync(key, id, grain => grain.RefundAsync(new() { RefundId = id, Amount = amount, Reason = reason }));
    }

    public async Task<Seen> GetAsync(string key) => See(await cluster.Payment(0, key).GetAsync()) with { Operation = null };

    public Task<bool> OpenAsync(string account, long? minimum) =>
        cluster.Nodes[0].Grains.GetGrain<ILedgerAccountGrain>(GrainKeys.LedgerAccount(account)).OpenAsync(minimum);

    public async Task<Posted> PostAsync(string key, EntryRequest request) => See(await Entry(EntryId(key)).PostAsync(request));

    public async Task<Posted> ReverseAsync(string entryKey, string reversalKey)
    {
        var original = EntryId(entryKey);
        return See(await Entry(Ids.Reversal(Salt, Mode.Test, original, reversalKey)).ReverseAsync(new() { EntryId = original }));
    }

    public async Task<long> BalanceAsync(string account) => ChartOfAccounts.Natural(
        AccountId.Parse(account),
        (await cluster.Nodes[0].Grains.GetGrain<ILedgerAccountGrain>(GrainKeys.LedgerAccount(account)).BalanceAsync())!.Balance);

    public ValueTask DisposeAsync() => cluster.DisposeAsync();

    private static Guid EntryId(string key) => Ids.OwnEntry(Salt, Mode.Test, key);

    private ILedgerEntryGrain Entry(Guid id) => cluster.Nodes[0].Grains.GetGrain<ILedgerEntryGrain>(GrainKeys.LedgerEntry(Merchant, id));

    private async Task<Seen> FollowAsync(string key, Guid? operation, Func<IPaymentGrain, Task<PaymentReply>> send)
    {
        var reply = await send(cluster.Payment(0, key));
        if (reply.Kind is not (ReplyKind.Accepted or ReplyKind.Replayed))
        {
            return See(reply) with { Payment = null, Operation = null };
        }

        var seen = See(await cluster.Payment(0, key).WaitAsync(operation, Patience));
        return seen with { Answer = See(reply).Answer, Operation = operation is null ? null : seen.Operation };
    }

    private static Seen See(PaymentReply reply) => new(
        Answer(reply.Kind, reply.Code),
        reply.Payment is { } payment
            ? new(payment.Status, payment.Outcome, payment.Captured, payment.Capturable, payment.Refunded, payment.Fee, payment.Customer,
                payment.Metadata.GetValueOrDefault("note"))
            : null,
        reply.Operation is { } operation ? new(operation.Status, operation.Outcome, operation.Amount) : null,
        reply.Field);

    private static Posted See(EntryReply reply) => new(Answer(reply.Kind, reply.Code), reply.Code == "field_invalid" ? reply.Field : null);

    private static string Answer(ReplyKind kind, string? code) => kind == ReplyKind.Refused ? code! : kind.ToString().ToLowerInvariant();
}
