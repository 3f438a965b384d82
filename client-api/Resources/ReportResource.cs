using System.ComponentModel;
using Payments.Domain;
using Payments.Storage;

namespace Payments.ClientApi.Resources;

/// <summary>A report: a job that writes a file.</summary>
internal sealed record ReportResource
{
    public required string Id { get; init; }

    [OneOf("report")]
    public string Object => "report";

    [Description("What it tells.")]
    public required string Type { get; init; }

    [Description("pending and running go on by themselves; succeeded has a file; failed says why in failure_code; canceled was given up; deleted had a file.")]
    [OneOf("pending", "running", "succeeded", "failed", "canceled", "deleted")]
    public required string Status { get; init; }

    [Description("In percent.")]
    public required int Progress { get; init; }

    [Description("The first instant that it tells of; null: the beginning.")]
    public required DateTime? From { get; init; }

    [Description("The end that was asked for, not included; null: until it was asked for.")]
    public required DateTime? To { get; init; }

    [Description("The last instant that it tells of, included: whatever was posted later lies later.")]
    public required DateTime AsOf { get; init; }

    public required string? Currency { get; init; }

    public required string? Account { get; init; }

    [Description("The columns that were chosen, in their order; empty: all of its type.")]
    public required IReadOnlyList<string> Columns { get; init; }

    [OneOf("csv", "json", "ndjson")]
    public required string Format { get; init; }

    [Description("Why it failed: file_too_large (ask for less at once), given_up (every attempt broke off), archived (it would need what has left: ask from a later time on). Ask again under another key.")]
    public required string? FailureCode { get; init; }

    [Description("The file, once there is one.")]
    public required ReportFileResource? File { get; init; }

    public required DateTime CreatedAt { get; init; }

    public required DateTime? FinishedAt { get; init; }

    public static ReportResource Of(ReportRow report) => new()
    {
        Id = Ids.Format(Ids.ReportPrefix, report.Id),
        Type = report.Order.Type,
        Status = report.Status.Name(),
        Progress = report.Progress,
        From = report.Order.From?.UtcDateTime,
        To = report.Order.To?.UtcDateTime,
        AsOf = report.AsOf.UtcDateTime,
        Currency = report.Order.Currency,
        Account = report.Order.Account,
        Columns = report.Order.Columns,
        Format = report.Order.Format,
        FailureCode = report.Code,
        File = report is { Status: ReportStatus.Succeeded, File: { } file, NextActionAt: { } until }
            ? new(file.Rows, file.Bytes, Convert.ToHexStringLower(file.Digest.AsSpan()), until.UtcDateTime) : null,
        CreatedAt = report.CreatedAt.UtcDateTime,
        FinishedAt = report.FinishedAt?.UtcDateTime,
    };
}

/// <summary>The file of a report.</summary>
internal sealed record ReportFileResource(
    [property: Description("Without the line of names.")] long Rows,
    long Bytes,
    [property: Description("SHA-256 of the file, in hex digits.")] string Sha256,
    [property: Description("When it is deleted.")] DateTime KeptUntil);
