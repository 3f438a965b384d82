using System.Text;
using Payments.Storage;

namespace Payments.Tests.Api;

/// <summary>Reports as a test says.</summary>
public sealed class FakeReports : IReportStore
{
    /// <summary>Whatever is asked for.</summary>
    public ReportRow? Any { get; set; }

    public IReadOnlyList<ReportType> Types => [];

    public static ReportRow Report(ReportStatus status, string format = "csv") => new(
        Guid.Empty, ApiHost.Merchant, "v1", new("payments", null, null, null, null, ["net"], format), DateTimeOffset.UnixEpoch, status, 1, 0,
        status == ReportStatus.Succeeded ? new(1, 9, [.. new byte[32]]) : null, null, DateTimeOffset.UnixEpoch, null, DateTimeOffset.UnixEpoch);

    public Task<(ReportMade Made, ReportRow? Report)> CreateAsync(
        Guid id, string? merchantId, ReportOrder order, string request, DateTimeOffset now, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<ReportRow?> ReportAsync(string? merchantId, Guid id, CancellationToken cancellationToken) =>
        Task.FromResult(merchantId == Any?.MerchantId ? Any : null);

    public Task<IReadOnlyList<ReportRow>> ReportsAsync(string? merchantId, Guid? after, int limit, CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyList<ReportRow>>(Any is null ? [] : [Any]);

    public Task<IReadOnlyList<(string? MerchantId, Guid Id)>> DueAsync(DateTimeOffset now, int limit, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<bool> MoveAsync(ReportRow from, ReportRow to, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<ReportFile> WriteAsync(ReportRow claimed, IProgress<int> progress, CancellationToken cancellationToken) => throw new NotSupportedException();

    public async IAsyncEnumerable<ReadOnlyMemory<byte>> FileAsync(ReportRow report, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await Task.CompletedTask;
        yield return Encoding.UTF8.GetBytes("net\n");
        yield return Encoding.UTF8.GetBytes("19.11\n"[..5]);
    }
}
