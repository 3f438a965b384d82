using System.ComponentModel;
using Payments.Domain;
using Payments.Storage;

namespace Payments.ClientApi.Resources;

/// <summary>Processors' receivables over a range of time.</summary>
internal sealed record ReconciliationSummaryResource
{
    [OneOf("reconciliation_summary")]
    public string Object => "reconciliation_summary";

    public required DateTime? From { get; init; }
    public required DateTime? To { get; init; }

    [Description("One a processor and currency.")]
    public required IReadOnlyList<ReceivableResource> Data { get; init; }

    public static ReconciliationSummaryResource Of(DateTimeOffset? from, DateTimeOffset? to, IReadOnlyList<ReceivableSummary> lines) => new()
    {
        From = from?.UtcDateTime,
        To = to?.UtcDateTime,
        Data = [.. lines.Select(line => new ReceivableResource
        {
            Gateway = line.Gateway,
            Currency = line.Currency,
            Opening = line.Opening,
            Activity = line.Activity,
            Settled = line.Settled,
            Corrected = line.Corrected,
            Closing = line.Closing,
            InTransit = line.InTransit,
            Fees = line.Fees,
            Suspense = line.Suspense,
            OpenBreaks = line.OpenBreaks,
        })],
    };
}

/// <summary>What one processor owes in one currency. Minor units, + is owed to us.</summary>
internal sealed record ReceivableResource
{
    public required string Gateway { get; init; }
    public required string Currency { get; init; }
    public required long Opening { get; init; }

    [Description("What payments added.")]
    public required long Activity { get; init; }

    [Description("What settlement files took off.")]
    public required long Settled { get; init; }

    [Description("What the ends of breaks added.")]
    public required long Corrected { get; init; }

    [Description("opening + activity - settled + corrected.")]
    public required long Closing { get; init; }

    [Description("Settled, and not at our bank at the end.")]
    public required long InTransit { get; init; }

    [Description("What the processor kept meanwhile.")]
    public required long Fees { get; init; }

    [Description("Settled, and not explained at the end; + is more than we can explain.")]
    public required long Suspense { get; init; }

    [Description("How many breaks are open now.")]
    public required long OpenBreaks { get; init; }
}

/// <summary>A difference between a processor's files and our books.</summary>
internal sealed record BreakResource
{
    public required string Id { get; init; }

    [OneOf("break")]
    public string Object => "break";

    public required string Gateway { get; init; }

    [OneOf(
        "missing_at_us", "outcome_unknown", "missing_at_processor", "amount_differs", "currency_differs", "fee_differs", "duplicate", "wrong_period", "unknown_type",
        "ledger_differs")]
    public required string Kind { get; init; }

    [OneOf("open", "resolved")]
    public required string State { get; init; }

    [Description("Minor units of what waits in suspense, or for missing_at_processor is still owed; + is more than we can explain.")]
    public required long Amount { get; init; }

    public required string Currency { get; init; }

    [Description("When it happened: at the processor, or here for what is missing there.")]
    public required DateTime At { get; init; }

    [Description("The operation that it is about, by our reference of it at the processor; null when we have none.")]
    public required string? Operation { get; init; }

    [Description("The settlement file.")]
    public required string? File { get; init; }

    [Description("The line of the file.")]
    public required int? Line { get; init; }

    [Description("The processor's own id of the line.")]
    public required string? LineId { get; init; }

    [Description("What the processor calls this kind of line.")]
    public required string? LineType { get; init; }

    public required DateTime OpenedAt { get; init; }

    [Description("Who looks into it.")]
    public required string? Owner { get; init; }

    [Description("How it ended; null while it is open.")]
    [OneOf("matched", "receivable", "fees", "write_off", "accepted")]
    public required string? Resolution { get; init; }

    public required string? Reason { get; init; }

    [Description("The operator's key and its decision, or system.")]
    public required string? ResolvedBy { get; init; }

    public required DateTime? ResolvedAt { get; init; }

    [Description("Whether its entry is in the ledger; null where it has none.")]
    public required bool? Posted { get; init; }

    public static BreakResource Of(BreakRow found) => new()
    {
        Id = Ids.Format(Ids.BreakPrefix, found.Id),
        Gateway = found.Gateway,
        Kind = found.Kind,
        State = found.Ended is null ? "open" : "resolved",
        Amount = found.Amount,
        Currency = found.Currency,
        At = found.At.UtcDateTime,
        Operation = found.OperationId is { } operation ? Ids.ProcessorReference(operation) : null,
        File = found.File,
        Line = found.Line,
        LineId = found.LineId,
        LineType = found.Type,
        OpenedAt = found.OpenedAt.UtcDateTime,
        Owner = found.Owner,
        Resolution = found.Ended?.Resolution,
        Reason = found.Ended?.Reason,
        ResolvedBy = found.Ended?.By,
        ResolvedAt = found.Ended?.At.UtcDateTime,
        Posted = found.Ended?.IsPosted,
    };
}
