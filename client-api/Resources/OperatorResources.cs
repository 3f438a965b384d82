using System.ComponentModel;
using Payments.Domain;
using Payments.Gateways;
using Payments.Grains;
using Payments.Storage;

namespace Payments.ClientApi.Resources;

/// <summary>An operation at a processor, with what one must know to judge it.</summary>
internal sealed record ProcessorOperationResource
{
    [Description("Our reference of it at the processor.")]
    public required string Id { get; init; }

    [OneOf("operation")]
    public string Object => "operation";

    public required string Merchant { get; init; }
    public required string Payment { get; init; }

    [Description("Where that payment stands.")]
    [OneOf("processing", "requires_action", "authorized", "succeeded", "declined", "failed", "canceled")]
    public required string PaymentStatus { get; init; }

    [OneOf("charge", "authorize", "capture", "void", "refund", "dispute", "dispute_won", "dispute_lost", "refund_failure")]
    public required string Kind { get; init; }

    [OneOf("pending", "succeeded", "declined", "failed")]
    public required string Status { get; init; }

    [Description("What is known of its effect. unknown: it may or may not have happened, and nobody assumes either.")]
    [OneOf("not_sent", "unknown", "declined", "done")]
    public required string Outcome { get; init; }

    [Description("Minor units.")]
    public required long Amount { get; init; }

    public required string Currency { get; init; }
    public required string Gateway { get; init; }

    [Description("How often it was sent or asked about.")]
    public required int Attempts { get; init; }

    [Description("What the latest attempt brought; null while its answer is awaited.")]
    public required string? Answer { get; init; }

    [Description("Why, in the processor's words or the transport's.")]
    public required string? Code { get; init; }

    public required string? ProcessorReference { get; init; }
    public required DateTime FirstSentAt { get; init; }
    public required DateTime LastSentAt { get; init; }

    [Description("When the payment looks at it again by itself; null when it is decided.")]
    public required DateTime? NextActionAt { get; init; }

    [Description("What operators decided about it so far.")]
    public required IReadOnlyList<DecisionResource> Decisions { get; init; }

    public static ProcessorOperationResource Of(OpenOperation found) => new()
    {
        Id = Ids.ProcessorReference(found.Operation.Id),
        Merchant = found.MerchantId,
        Payment = Ids.Format(Ids.PaymentPrefix, found.PaymentId),
        PaymentStatus = found.PaymentStatus,
        Kind = found.Operation.Kind.Name(),
        Status = found.Operation.Status.Name(),
        Outcome = found.Operation.Outcome.Name(),
        Amount = found.Operation.Amount,
        Currency = found.Currency,
        Gateway = found.Gateway,
        Attempts = found.Operation.Attempt,
        Answer = found.Operation.Answer?.Name(),
        Code = found.Operation.Code,
        ProcessorReference = found.Operation.ProcessorReference,
        FirstSentAt = found.Operation.FirstSentAt.UtcDateTime,
        LastSentAt = found.Operation.LastSentAt.UtcDateTime,
        NextActionAt = found.Operation.NextActionAt?.UtcDateTime,
        Decisions = [.. found.Decisions.Select(DecisionResource.Of)],
    };
}

/// <summary>What one operator decided.</summary>
internal sealed record DecisionResource(
    string Id,
    [property: Description("done: it happened. declined: it did not.")][property: OneOf("done", "declined")] string Outcome,
    [property: Description("The evidence, in the operator's words.")] string Reason,
    [property: Description("The operator's key.")] string DecidedBy,
    [property: Description("How many operators must agree.")] int Needed,
    DateTime DecidedAt)
{
    public static DecisionResource Of(DecisionRow decision) => new(
        Ids.Format(Ids.DecisionPrefix, decision.Id), decision.Outcome, decision.Reason, Ids.Format(Ids.KeyPrefix, decision.DecidedBy), decision.Needed,
        decision.DecidedAt.UtcDateTime);
}

/// <summary>Evidence that a person must look at.</summary>
internal sealed record EvidenceResource
{
    [Description("The processor's own id of the event.")]
    public required string Id { get; init; }

    [OneOf("evidence")]
    public string Object => "evidence";

    [Description("Who sent it.")]
    public required string Source { get; init; }

    [Description("Why nobody but a person can judge it: amount_mismatch (another amount or currency than ours), contradicts_final (what is final for us is otherwise for the processor), too_many_notices.")]
    public required string Reason { get; init; }

    public required string? Merchant { get; init; }
    public required string? Payment { get; init; }

    [Description("The operation, as far as it names ours.")]
    public required string? Operation { get; init; }

    [Description("What it says.")]
    public required string? Says { get; init; }

    [Description("Minor units, as the processor has it.")]
    public required long? Amount { get; init; }

    public required string? Currency { get; init; }
    public required DateTime ReceivedAt { get; init; }

    public static EvidenceResource Of(FlaggedEvidence flagged) => new()
    {
        Id = flagged.Id.EventId,
        Source = flagged.Id.Source,
        Reason = flagged.Reason,
        Merchant = flagged.MerchantId,
        Payment = flagged.PaymentId is { } payment ? Ids.Format(Ids.PaymentPrefix, payment) : null,
        Operation = flagged.News.OperationId is { } operation ? Ids.ProcessorReference(operation) : null,
        Says = flagged.News.Kind,
        Amount = flagged.News.Amount,
        Currency = flagged.News.Currency,
        ReceivedAt = flagged.ReceivedAt.UtcDateTime,
    };
}

/// <summary>A processor as the nodes see it.</summary>
internal sealed record GatewayResource(
    string Name,
    [property: OneOf("test", "live")] string Mode,
    [property: Description("The worst of the nodes' breakers. closed: calls go through. open: too many failed, none goes through for a while. half_open: one is let through to see. unknown: no node has told of it lately.")]
    [property: OneOf("closed", "open", "half_open", "unknown")] string Breaker,
    [property: Description("Calls that were under way, of all nodes.")] int InFlight,
    [property: Description("How many may be, of one node.")] int MaxInFlight,
    [property: Description("Calls that the nodes did not make since they started, because of the breaker or because too many were under way.")] long TurnedAway,
    [property: Description("Closed by an operator for new payments; what was begun there goes on.")] bool Drained,
    [property: Description("What each node told last.")] IReadOnlyList<GatewayNodeResource> Nodes)
{
    private static readonly string[] WorstFirst = ["open", "half_open", "closed"];

    [OneOf("gateway")]
    public string Object => "gateway";

    public static GatewayResource Of(GatewayState state, IReadOnlyList<GatewayReport> reports) => new(
        state.Name, state.Mode, WorstFirst.FirstOrDefault(breaker => reports.Any(report => report.Breaker == breaker)) ?? "unknown",
        reports.Sum(report => report.InFlight), state.MaxInFlight, reports.Sum(report => report.TurnedAway), state.IsDrained,
        [.. reports.Select(GatewayNodeResource.Of)]);
}

/// <summary>A processor as one node sees it.</summary>
internal sealed record GatewayNodeResource(
    string Node,
    [property: OneOf("closed", "open", "half_open")] string Breaker,
    [property: Description("Since when the breaker has been seen so.")] DateTime Since,
    int InFlight,
    long TurnedAway,
    [property: Description("When the node told of it.")] DateTime HeardAt)
{
    public static GatewayNodeResource Of(GatewayReport report) => new(
        report.Node, report.Breaker, report.Since.UtcDateTime, report.InFlight, report.TurnedAway, report.HeardAt.UtcDateTime);
}

/// <summary>The answer to a webhook.</summary>
internal sealed record ReceiptResource(
    [property: Description("received: it was stored now. known: it was stored before.")][property: OneOf("received", "known")] string Status)
{
    [OneOf("webhook_receipt")]
    public string Object => "webhook_receipt";
}
