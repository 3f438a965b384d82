using System.Collections.Immutable;
using Orleans;
using Orleans.CodeGeneration;

namespace Payments.Grains;

/// <summary>
/// A report: a job that writes a file. Its key is <c>{merchant id or platform}/{report id}</c>, see <see cref="GrainKeys"/>; the report's id is a function of the
/// idempotency key, so a repeated request finds it.
/// </summary>
[Alias("payments.IReportGrain"), Version(1)]
public interface IReportGrain : IGrainWithStringKey
{
    /// <summary>Makes the report, or finds it. Answers once it is stored; the file is written by and by.</summary>
    [Alias("Create")]
    Task<ReportReply> CreateAsync(ReportRequest request);

    /// <summary>Cancels it while it is open, and deletes its file when there is one; what has neither stays as it is.</summary>
    [Alias("End")]
    Task<ReportReply> EndAsync();

    /// <summary>Looks whether something is due, and begins to do it. A hint: when nothing is due, nothing happens.</summary>
    [Alias("Wake")]
    Task WakeAsync();
}

/// <summary>Finds reports that nobody goes on with, because their node is gone, and files whose time is over; and wakes their grains.</summary>
[Alias("payments.IReportWatchGrain"), Version(1)]
public interface IReportWatchGrain : IGrainWithStringKey
{
    /// <summary>Makes sure that reports are looked after from now on.</summary>
    [Alias("Start")]
    Task StartAsync();
}

/// <summary>What a report needs.</summary>
[GenerateSerializer, Immutable, Alias("payments.ReportRequest")]
public sealed record ReportRequest
{
    /// <summary>E.g. <c>balance_summary</c>.</summary>
    [Id(0)] public required string Type { get; init; }

    /// <summary>UTC, included; null: from the beginning.</summary>
    [Id(1)] public DateTimeOffset? From { get; init; }

    /// <summary>UTC, not included; null: until now.</summary>
    [Id(2)] public DateTimeOffset? To { get; init; }

    /// <summary>ISO 4217 code; null: all.</summary>
    [Id(3)] public string? Currency { get; init; }

    /// <summary>The account that it is of, where its type asks for one.</summary>
    [Id(4)] public string? Account { get; init; }

    /// <summary>In their order; none: the type's own.</summary>
    [Id(5)] public ImmutableArray<string> Columns { get; init; } = [];

    /// <summary><c>csv</c>, <c>json</c> or <c>ndjson</c>.</summary>
    [Id(6)] public string Format { get; init; } = "csv";

    public override string ToString() => nameof(ReportRequest);
}

/// <summary>The answer to a request to make or end a report.</summary>
[GenerateSerializer, Immutable, Alias("payments.ReportReply")]
public sealed record ReportReply
{
    [Id(0)] public required ReplyKind Kind { get; init; }

    /// <summary>Why it was refused, e.g. <c>too_many_reports</c>.</summary>
    [Id(1)] public string? Code { get; init; }

    /// <summary>The field that is wrong, when that is why.</summary>
    [Id(2)] public string? Field { get; init; }

    /// <summary>The rule that it breaks.</summary>
    [Id(3)] public string? Rule { get; init; }

    public override string ToString() => nameof(ReportReply);
}
