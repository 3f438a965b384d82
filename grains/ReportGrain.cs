using Microsoft.Extensions.Logging;
using Orleans;
using Orleans.Runtime;
using Payments.Domain;
using Payments.Storage;

namespace Payments.Grains;

/// <summary>
/// A report is begun by whoever wakes it: claim it for a while, write its file beside the grain's turns, renew the claim meanwhile, and say that it is done. When the
/// node dies the claim ends, and the watch wakes the report elsewhere: it begins from zero, under the next number, and comes out the same.
/// </summary>
public sealed class ReportGrain(IReportStore store, ReportPolicy policy, ReportPlaces places, TimeProvider time, ILogger<ReportGrain> log) : Grain, IReportGrain
{
    private string? merchantId;
    private Guid id;
    private ReportRow? claimed;
    private CancellationTokenSource? writing;
    private IGrainTimer? start;

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        (merchantId, id) = GrainKeys.ParseReport(this.GetPrimaryKeyString());
        return Task.CompletedTask;
    }

    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        writing?.Cancel();
        return Task.CompletedTask;
    }

    public async Task<ReportReply> CreateAsync(ReportRequest request)
    {
        var order = new ReportOrder(request.Type, request.From, request.To, request.Currency, request.Account, request.Columns, request.Format);
        if (order.FirstMistake(store.Types, merchantId is null, time.Now()) is { } mistake)
        {
            return Refused("field_invalid", mistake.Field, mistake.Rule);
        }

        ReportMade made;
        ReportRow? report;
        try
        {
            (made, report) = await store.CreateAsync(id, merchantId, order, order.Fingerprint(), time.Now(), CancellationToken.None);
        }
        catch (ArchivedException archived)
        {
            return Refused("archived", $"{archived.Month}");
        }

        switch (made)
        {
            case ReportMade.Created:
                StartSoon();
                return new() { Kind = ReplyKind.Accepted };
            case ReportMade.Found:
                return report?.Request == order.Fingerprint() ? new() { Kind = ReplyKind.Replayed } : Refused("idempotency_key_reused");
            case ReportMade.TooMany:
                return Refused("too_many_reports");
            case ReportMade.NotOver:
                return Refused("field_invalid", "to", "must be over: a report tells what was");
            case ReportMade.NoSuchAccount:
                return Refused("account_not_found");
            default:
                throw new InvalidOperationException($"The store says {made}.");
        }
    }

    public async Task<ReportReply> EndAsync()
    {
        while (true)
        {
            if (await store.ReportAsync(merchantId, id, CancellationToken.None) is not { } report)
            {
                return Refused("report_not_found");
            }

            var ended = report.Ended(time.Now());
            if (ended == report)
            {
                return new() { Kind = ReplyKind.Replayed };
            }

            // Where it was brought on meanwhile, what it has come to is ended.
            if (await store.MoveAsync(report, ended, CancellationToken.None))
            {
                writing?.Cancel();
                return new() { Kind = ReplyKind.Accepted };
            }
        }
    }

    public Task WakeAsync()
    {
        StartSoon();
        return Task.CompletedTask;
    }

    // What takes minutes is no request: a tick of its own, beside which the grain still answers.
    private void StartSoon()
    {
        if (writing is null && start is null)
        {
            start = this.RegisterGrainTimer(
                static (grain, stop) => grain.GoOnAsync(stop), this,
                new() { DueTime = TimeSpan.Zero, Period = Timeout.InfiniteTimeSpan, Interleave = true, KeepAlive = true });
        }
    }

    private async Task GoOnAsync(CancellationToken stop)
    {
        var timer = start;
        try
        {
            await LookAsync(stop);
        }
        catch (Exception lost)
        {
            Log.ReportNotGoneOnWith(log, id, lost.GetType().Name, lost.Message);
        }
        finally
        {
            start = null;
            timer?.Dispose();
        }
    }

    private async Task LookAsync(CancellationToken stop)
    {
        if (await store.ReportAsync(merchantId, id, stop) is not { NextActionAt: { } due } report || due > time.Now())
        {
            return;
        }

        if (report.Status == ReportStatus.Succeeded)
        {
            await store.MoveAsync(report, report.Ended(time.Now()), CancellationToken.None);
        }
        else if (report.Attempt >= policy.MaxAttempts)
        {
            await store.MoveAsync(report, report.Failed("given_up", time.Now()), CancellationToken.None);
        }
        else if (places.TryTake())
        {
            try
            {
                var next = report.Claimed(time.Now() + policy.Claim);
                if (await store.MoveAsync(report, next, CancellationToken.None))
                {
                    await WriteAsync(next, stop);
                }
            }
            finally
            {
                places.Release();
            }
        }
    }

    private async Task WriteAsync(ReportRow report, CancellationToken stop)
    {
        var gauge = new Gauge();
        using var end = CancellationTokenSource.CreateLinkedTokenSource(stop);
        (claimed, writing) = (report, end);
        using var beat = this.RegisterGrainTimer(
            static (state, _) => state.Grain.BeatAsync(state.Gauge), (Grain: this, Gauge: gauge),
            new() { DueTime = policy.Beat, Period = policy.Beat, Interleave = true, KeepAlive = true });
        try
        {
            var file = await store.WriteAsync(report, gauge, end.Token);
            writing = null;
            await store.MoveAsync(report, report.Succeeded(file, time.Now(), time.Now() + policy.Kept), CancellationToken.None);
        }
        catch (ReportImpossibleException impossible)
        {
            await store.MoveAsync(report, report.Failed(impossible.Code, time.Now()), CancellationToken.None);
        }
        catch (ReportLostException)
        {
            // Whoever has it now goes on with it, or has ended it.
        }
        catch (Exception failed)
        {
            // A node that stops lets go at once; what failed is tried again, ever later.
            var pause = stop.IsCancellationRequested ? TimeSpan.Zero : policy.Pause * report.Attempt;
            if (!end.IsCancellationRequested)
            {
                Log.ReportFailed(log, id, report.Attempt, failed);
            }

            await store.MoveAsync(report, report.Going(gauge.Percent, time.Now() + pause), CancellationToken.None);
        }
        finally
        {
            (claimed, writing) = (null, null);
        }
    }

    private async Task BeatAsync(Gauge gauge)
    {
        if (claimed is not { } report || writing is not { } end)
        {
            return;
        }

        try
        {
            if (!await store.MoveAsync(report, report.Going(gauge.Percent, time.Now() + policy.Claim), CancellationToken.None) && writing == end)
            {
                end.Cancel();
            }
        }
        catch (Exception lost)
        {
            // The next beat tries again; if none comes through, the claim ends.
            Log.ReportNotGoneOnWith(log, id, lost.GetType().Name, lost.Message);
        }
    }

    private static ReportReply Refused(string code, string? field = null, string? rule = null) =>
        new() { Kind = ReplyKind.Refused, Code = code, Field = field, Rule = rule };

    private sealed class Gauge : IProgress<int>
    {
        private volatile int percent;

        public int Percent => percent;

        public void Report(int value) => percent = value;
    }
}
