using Orleans;
using Payments.Grains;

namespace Payments.ClientApi.Endpoints;

/// <summary>Calls the grains of reports.</summary>
internal sealed class ReportCalls(IGrainFactory grains, GrainCalls calls)
{
    public Task<ReportReply> CreateAsync(HttpContext context, string? merchantId, Guid id, ReportRequest request) =>
        CommandAsync(context, () => Report(merchantId, id).CreateAsync(request));

    public Task<ReportReply> EndAsync(HttpContext context, string? merchantId, Guid id) => CommandAsync(context, () => Report(merchantId, id).EndAsync());

    private Task<ReportReply> CommandAsync(HttpContext context, Func<Task<ReportReply>> command) =>
        calls.CommandAsync(context, command, new ReportReply { Kind = ReplyKind.Unknown });

    private IReportGrain Report(string? merchantId, Guid id) => grains.GetGrain<IReportGrain>(GrainKeys.Report(merchantId, id));
}
