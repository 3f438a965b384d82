using Microsoft.Extensions.Logging;
using Orleans;
using Orleans.Concurrency;
using Orleans.Runtime;
using Payments.Domain;
using Payments.Storage;

namespace Payments.Grains;

/// <summary>
/// Brings evidence to its payment. Whatever goes wrong on the way, the inbox still says that it was received and not applied: a timer looks
/// through it, and a reminder brings the grain back. Reentrant: while one piece waits for its payment, others go on.
/// </summary>
[Reentrant]
public sealed class InboxGrain(IInbox inbox, InboxPolicy policy, TimeProvider time, Dice dice, ILogger<InboxGrain> log) : Grain, IInboxGrain, IRemindable
{
    private int shard;
    private bool looking;

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        shard = int.Parse(this.GetPrimaryKeyString().AsSpan("inbox/".Length));
        this.RegisterGrainTimer(
            static (grain, _) => grain.LookAsync(), this,
            new() { DueTime = policy.Period * dice(), Period = policy.Period, Interleave = true, KeepAlive = true });
        return Task.CompletedTask;
    }

    public Task StartAsync() => this.RegisterOrUpdateReminder("look", TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(1));

    // A node that puts idle grains away before their timer ticks still looks when the reminder does.
    public Task ReceiveReminder(string reminderName, TickStatus status) => LookAsync();

    public Task DeliverAsync(string source, string eventId) => TryAsync(new EvidenceId(source, eventId));

    private async Task LookAsync()
    {
        if (looking)
        {
            return;
        }

        looking = true;
        try
        {
            // Whatever is tried leaves the page, as it is settled, or due later; unless something is broken: then the next look is soon enough.
            var allWell = true;
            while (allWell && await inbox.DueAsync(time.Now() - policy.Grace, shard, GrainKeys.InboxShards, policy.Page, CancellationToken.None) is { Count: > 0 } page)
            {
                foreach (var group in page.Chunk(policy.Concurrency))
                {
                    allWell &= (await Task.WhenAll(group.Select(TryAsync))).All(isWell => isWell);
                }

                if (page.Count < policy.Page)
                {
                    return;
                }
            }
        }
        catch (Exception lost)
        {
            Log.InboxFailed(log, shard, lost.GetType().Name, lost.Message);
        }
        finally
        {
            looking = false;
        }
    }

    private async Task<bool> TryAsync(EvidenceId id)
    {
        try
        {
            if (await inbox.FindAsync(id, CancellationToken.None) is { State: InboxState.Received } found)
            {
                await BringAsync(found);
            }

            return true;
        }
        catch (Exception lost)
        {
            Log.EvidenceNotDelivered(log, id.Source, id.EventId, lost.GetType().Name);
            return false;
        }
    }

    private async Task BringAsync(InboxEvent received)
    {
        var news = received.News;
        var place = await inbox.PlaceAsync(news.Gateway, news.OperationId, news.BegunReference, CancellationToken.None);
        if (place is null)
        {
            // Its payment may yet come to be known: a database may have been restored, or two systems share a processor's account.
            await PostponeAsync(received, "unmatched", null);
            return;
        }

        var payment = GrainFactory.GetGrain<IPaymentNews>(GrainKeys.Payment(place.MerchantId, place.PaymentId));
        var reply = await payment.HearAsync(new(received.Id, place.OperationId, news));
        switch (reply.Kind)
        {
            case ReplyKind.Accepted or ReplyKind.Replayed:
                return;
            case ReplyKind.Busy or ReplyKind.Unknown:
                await PostponeAsync(received, "busy", place);
                return;
            case ReplyKind.Refused when reply.Code is "not_yet" or "unknown_operation":
                await PostponeAsync(received, reply.Code, place);
                return;
            case ReplyKind.Refused:
                var isNothingNew = reply.Code is "already_final" or "superseded";
                await inbox.SettleAsync(
                    received.Id, isNothingNew ? InboxState.NothingNew : InboxState.Flagged, reply.Code, place, time.Now(), CancellationToken.None);
                if (!isNothingNew)
                {
                    Log.EvidenceFlagged(log, received.Id.Source, received.Id.EventId, reply.Code);
                }

                return;
        }
    }

    private Task PostponeAsync(InboxEvent received, string reason, OperationPlace? place) => inbox.PostponeAsync(
        received.Id, reason, place, time.Now() + policy.Steps[Math.Min(received.Tries, policy.Steps.Length - 1)] * (1 + dice() / 4), CancellationToken.None);
}
