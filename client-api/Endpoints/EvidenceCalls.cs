using System.Text;
using Orleans;
using Payments.Domain;
using Payments.Gateways;
using Payments.Grains;
using Payments.Storage;

namespace Payments.ClientApi.Endpoints;

/// <summary>Puts evidence into the inbox, and lets its grain know.</summary>
internal sealed partial class EvidenceCalls(IInbox inbox, IGrainFactory grains, TimeProvider time, ILogger<EvidenceCalls> logger)
{
    /// <summary>Stores what a processor told. Once it returns, nothing of it can be lost. True when it is new.</summary>
    public async Task<bool> ReceiveAsync(string gateway, string eventId, GatewayNews? news, ReadOnlyMemory<byte> body, CancellationToken cancellationToken)
    {
        var id = new EvidenceId(gateway, eventId);
        var row = RowOf(gateway, news);
        var isNew = await inbox.ReceiveAsync(
            row.Kind is null ? new(id, time.Now(), row, InboxState.NothingNew, Reason: "not_about_payments") : new(id, time.Now(), row), body, cancellationToken);
        if (row.Kind is not null)
        {
            // Nobody waits for it, and whatever becomes of it, the inbox is looked through.
            _ = DeliverAsync(id);
        }

        return isNew;
    }

    /// <summary>Stores what operators decided, and waits until it was brought to the payment, or could not be.</summary>
    public async Task DecidedAsync(OpenOperation operation, string outcome, Guid decisionId)
    {
        var id = new EvidenceId(EvidenceSources.Operator, Ids.Format(Ids.DecisionPrefix, decisionId));
        var row = new NewsRow
        {
            Kind = (outcome == "done" ? GatewayAnswerKind.Approved : GatewayAnswerKind.Declined).Name(),
            Gateway = operation.Gateway,
            OperationId = operation.Operation.Id,
            Code = "operator_decision",
        };
        await inbox.ReceiveAsync(new(id, time.Now(), row), Encoding.UTF8.GetBytes(id.EventId), CancellationToken.None);
        await DeliverAsync(id);
    }

    private async Task DeliverAsync(EvidenceId id)
    {
        try
        {
            await grains.GetGrain<IInboxGrain>(GrainKeys.InboxOf(id.EventId)).DeliverAsync(id.Source, id.EventId);
        }
        catch (Exception failure)
        {
            LogNotDelivered(failure, id.Source, id.EventId);
        }
    }

    private static NewsRow RowOf(string gateway, GatewayNews? news)
    {
        var operation = Ids.TryParse(Ids.OperationPrefix, news?.OperationReference, out var id) ? id : default(Guid?);
        var isOurs = operation is not null || news?.BegunReference is not null;
        return news switch
        {
            { Answer: { } answer } when isOurs => new()
            {
                Kind = answer.Kind.Name(),
                Gateway = gateway,
                OperationId = operation,
                BegunReference = news.BegunReference,
                Reference = answer.Reference,
                Code = answer.Code,
                Amount = answer.Told?.Minor,
                Currency = answer.Told?.Currency.Code,
                AuthorizedUntil = answer.AuthorizedUntil,
                ActionUrl = answer.ActionUrl,
                IsRetryable = answer.IsRetryable,
            },
            { Dispute: { } dispute } when isOurs => new()
            {
                Kind = dispute.Notice.Name(),
                Gateway = gateway,
                OperationId = operation,
                BegunReference = news.BegunReference,
                Reference = dispute.Reference,
                Code = dispute.Code,
                Amount = dispute.Amount.Minor,
                Currency = dispute.Amount.Currency.Code,
                Fee = dispute.Fee,
                Kept = dispute.Kept,
            },
            _ => new() { Kind = null, Gateway = gateway },
        };
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Event {EventId} of {Source} is stored, and was not delivered at once; it will be")]
    private partial void LogNotDelivered(Exception failure, string source, string eventId);
}
