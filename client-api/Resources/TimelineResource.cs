using System.ComponentModel;
using Payments.Domain;
using Payments.Storage;

namespace Payments.ClientApi.Resources;

/// <summary>One thing that happened to a payment.</summary>
internal sealed record TimelineItemResource
{
    public required DateTime At { get; init; }

    [Description("audit: a change of state. entry: what the ledger recorded with it. event: what the merchant was told.")]
    [OneOf("audit", "entry", "event")]
    public required string Kind { get; init; }

    public required string Name { get; init; }

    [Description("What that means, in one line.")]
    public required string Meaning { get; init; }

    [Description("The payment's version that the change made; null for entries.")]
    public required long? Version { get; init; }

    [Description("Our reference of the operation at the processor.")]
    public required string Operation { get; init; }

    [Description("The refund that this is about; null for the charge.")]
    public required string? Refund { get; init; }

    [Description("Which attempt it was.")]
    public required int? Attempt { get; init; }

    [OneOf("send", "query")]
    public required string? AttemptKind { get; init; }

    [Description("What the attempt brought.")]
    [OneOf("approved", "declined", "pending", "not_sent", "unknown", "not_found")]
    public required string? Answer { get; init; }

    [Description("The processor's reason, or the transport's.")]
    public required string? Code { get; init; }

    [Description("Where the payment then stood.")]
    public required string? Status { get; init; }

    [Description("The journal entry.")]
    public required string? Entry { get; init; }

    [Description("The entry's lines; they add up to zero.")]
    public required IReadOnlyList<PostingResource> Postings { get; init; }

    public static TimelineItemResource Of(Guid paymentId, TimelineItem item)
    {
        var isCharge = item.OperationId == Ids.Charge(paymentId);
        return new()
        {
            At = item.At.UtcDateTime,
            Kind = item.Kind,
            Name = item.Name,
            Meaning = Meanings.Of(item, isCharge ? "charge" : "refund"),
            Version = item.Version > 0 ? item.Version : null,
            Operation = Ids.ProcessorReference(item.OperationId),
            Refund = isCharge ? null : Ids.Format(Ids.RefundPrefix, item.OperationId),
            Attempt = item.Attempt,
            AttemptKind = item.AttemptKind,
            Answer = item.Answer,
            Code = item.Code,
            Status = item.Status,
            Entry = item.EntryId is { } entry ? Ids.Format("je", entry) : null,
            Postings = item.Postings.IsDefault ? [] : [.. item.Postings.Select(posting => new PostingResource(posting.Account, posting.Amount))],
        };
    }
}

/// <summary>One line of a journal entry.</summary>
internal sealed record PostingResource(
    string Account,
    [property: Description("Minor units: debit positive, credit negative.")] long Amount);
