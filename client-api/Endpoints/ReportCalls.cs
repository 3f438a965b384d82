using Orleans;
using Payments.ClientApi.Errors;
using Payments.Grains;

namespace Payments.ClientApi.Endpoints;

/// <summary>Calls the grains of reports. A call that brings no answer is unknown, as with payments.</summary>
internal sealed partial class ReportCalls(IGrainFactory grains, ILogger<ReportCalls> logger)
{
    public Task<ReportReply> CreateAsync(HttpContext context, string? merchantId, Guid id, ReportRequest request) =>
        CommandAsync(context, () => Report(merchantId, id).CreateAsync(request));

    public Task<ReportReply> EndAsync(HttpContext context, string? merchantId, Guid id) => CommandAsync(context, () => Report(merchantId, id).EndAsync());

    private async Task<ReportReply> CommandAsync(HttpContext context, Func<Task<ReportReply>> command)
    {
        ProblemMiddleware.CommandLeaves(context);
        try
        {
            return await command();
        }
        catch (Exception failure)
        {
            LogCommandFailed(failure);
            return new() { Kind = ReplyKind.Unknown };
        }
    }

    private IReportGrain Report(string? merchantId, Guid id) => grains.GetGrain<IReportGrain>(GrainKeys.Report(merchantId, id));

    [LoggerMessage(Level = LogLevel.Error, Message = "A command to a report brought no answer; the client is told that its outcome is unknown.")]
    private partial void LogCommandFailed(Exception failure);
}
