using System.ComponentModel;
using Payments.ClientApi.Endpoints;
using Payments.Domain;
using Payments.Storage;

namespace Payments.ClientApi.Resources;

/// <summary>One piece of evidence of what happened to a payment.</summary>
internal sealed record TimelineItemResource
{
    public required DateTime At { get; init; }

    [Description(
        "request: something was asked for and accepted. claim: an attempt was claimed before it was made. send, query: what the attempt did. "
        + "answer: what it brought. wait: evidence is waited for. webhook: what the processor told by itself. notice: what it did by itself. "
        + "decision: what operators decided. posting: what the ledger recorded. event: what the merchant was told.")]
    [OneOf("request", "claim", "send", "query", "answer", "wait", "webhook", "notice", "decision", "posting", "event")]
    public required string Kind { get; init; }

    [Description("The audit trail's word for the change, the entry's kind, or the event's type.")]
    public required string Name { get; init; }

    [Description("What that means, in one line.")]
    public required string Meaning { get; init; }

    [Description("The payment's version that the change made; null for entries.")]
    public required long? Version { get; init; }

    [Description("Our reference of the operation at the processor.")]
    public required string Operation { get; init; }

    [Description("What this is about: the payment itself, or one of its captures, cancellations or refunds.")]
    public required string Subject { get; init; }

    [Description("Which attempt it was.")]
    public required int? Attempt { get; init; }

    [OneOf("send", "query", "notice")]
    public required string? AttemptKind { get; init; }

    [Description("What the attempt brought.")]
    [OneOf("approved", "declined", "pending", "not_sent", "unknown", "not_found", "expired", "requires_action", "reversed")]
    public required string? Answer { get; init; }

    [Description("The processor's reason, or the transport's.")]
    public required string? Code { get; init; }

    [Description("The event or decision that it followed from, and who sent it.")]
    public required string? Evidence { get; init; }

    [Description("Where the payment then stood.")]
    public required string? Status { get; init; }

    [Description("The journal entry.")]
    public required string? Entry { get; init; }

    [Description("The entry's lines; they add up to zero.")]
    public required IReadOnlyList<PostingResource> Postings { get; init; }

    public static IEnumerable<TimelineItemResource> Of(Guid paymentId, TimelineItem item)
    {
        var subject = item.OperationKind == OperationKind.Dispute.Name() ? Ids.Format(Ids.DisputePrefix, item.OperationId)
            : OperationName.Of(StatusNames.Parse<OperationKind>(item.OperationKind, StatusNames.Name)) is { } name ? Ids.Format(name.Prefix, item.OperationId)
            : Ids.Format(Ids.PaymentPrefix, paymentId);
        return Meanings.KindsOf(item).Select(kind => new TimelineItemResource
        {
            At = item.At.UtcDateTime,
            Kind = kind,
            Name = item.Name,
            Meaning = Meanings.Of(item, kind),
            Version = item.Version > 0 ? item.Version : null,
            Operation = Ids.ProcessorReference(item.OperationId),
            Subject = subject,
            Attempt = item.Attempt,
            AttemptKind = item.AttemptKind,
            Answer = kind is "answer" or "webhook" or "decision" ? item.Answer : null,
            Code = item.Code,
            Evidence = item.Evidence,
            Status = item.Status,
            Entry = item.EntryId is { } entry ? Ids.Format(Ids.EntryPrefix, entry) : null,
            Postings = item.Postings.IsDefault ? [] : [.. item.Postings.Select(posting => new PostingResource(posting.Account, posting.Amount))],
        });
    }
}

/// <summary>One line of a journal entry.</summary>
internal sealed record PostingResource(
    string Account,
    [property: Description("Minor units: debit positive, credit negative.")] long Amount);
