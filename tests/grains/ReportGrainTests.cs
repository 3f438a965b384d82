using Npgsql;
using Payments.Domain;
using Payments.Grains;
using Payments.Storage;
using Payments.Storage.Postgres;
using Payments.Tests.Support;

namespace Payments.Tests.Grains;

/// <summary>Reports as jobs: written once, taken over from nodes that are gone, canceled, given up, and deleted one day.</summary>
public sealed class ReportGrainTests : IAsyncLifetime
{
    private static readonly ReportRequest Statement = new() { Type = "balance_change_from_activity.itemized" };

    private GrainCluster cluster = null!;
    private NpgsqlDataSource database = null!;
    private ReportStore store = null!;

    public async Task InitializeAsync()
    {
        cluster = await GrainCluster.StartAsync(1);
        for (var i = 0; i < 5; i++)
        {
            var payment = cluster.Payment(0, $"k-{i}");
            await payment.ChargeAsync(new() { Amount = 1999, Currency = "EUR", PaymentMethod = "tok" });
            await payment.WaitAsync(null, TimeSpan.FromSeconds(20));
        }

        database = cluster.Database.OpenAsApp();
        store = new(database, ReportLimits.Default);
    }

    public async Task DisposeAsync()
    {
        await database.DisposeAsync();
        await cluster.DisposeAsync();
    }

    [Fact]
    public async Task The_same_key_finds_the_same_report_and_another_request_under_it_is_refused()
    {
        Assert.Equal(ReplyKind.Accepted, (await Report(0, "a").CreateAsync(Statement)).Kind);
        var done = await BecomesAsync("a", ReportStatus.Succeeded);
        Assert.Equal((1, 100, 5L), (done.Attempt, done.Progress, done.File!.Rows));
        Assert.Equal(ReplyKind.Replayed, (await Report(0, "a").CreateAsync(Statement)).Kind);
        Assert.Equal(done, await FindAsync("a") with { Order = done.Order, File = done.File });
        var refused = await Report(0, "a").CreateAsync(Statement with { Format = "json" });
        Assert.Equal((ReplyKind.Refused, "idempotency_key_reused"), (refused.Kind, refused.Code));
        Assert.Equal(done.File.Bytes, (await FileAsync(done)).Length);
        Assert.Null(await store.ReportAsync(null, done.Id, default)); // the platform is an owner like others
    }

    [Fact]
    public async Task An_interval_must_be_over_and_an_account_there()
    {
        var now = TimeProvider.System.Now();
        foreach (var (request, field) in new[]
        {
            (Statement with { To = now.AddHours(1) }, "to"), (Statement with { From = now.AddHours(1) }, "from"), (Statement with { From = now.AddDays(-1), To = now.AddDays(-2) }, "to"),
        })
        {
            Assert.Equal(field, (await Report(0, "interval").CreateAsync(request)).Field);
        }

        Assert.Equal("account_not_found", (await Report(0, "nobody").CreateAsync(new() { Type = "account_statement", Account = "merchant:x:balance:EUR" })).Code);
    }

    [Fact]
    public async Task A_report_whose_node_died_while_it_wrote_is_written_elsewhere_and_comes_out_the_same()
    {
        await Report(0, "whole").CreateAsync(Statement with { To = TimeProvider.System.Now() });
        var whole = await BecomesAsync("whole", ReportStatus.Succeeded);

        // This node writes all pieces, and then is gone: it says nothing any more.
        DyingStore? dying = null;
        cluster.Reports = real => dying = new(real);
        await cluster.AddNodeAsync(PaymentPolicy.Default, null);
        await Report(1, "again").CreateAsync(Statement with { To = whole.Order.To });
        await dying!.Died.WaitAsync(TimeSpan.FromSeconds(20));
        Assert.Equal((ReportStatus.Running, 1), await FindAsync("again") is var running ? (running.Status, running.Attempt) : default);
        Assert.Equal(1, await ChunksAsync("again"));

        await cluster.Nodes[0].Grains.GetGrain<IReportWatchGrain>(GrainKeys.ReportWatch).StartAsync();
        var again = await BecomesAsync("again", ReportStatus.Succeeded);
        Assert.Equal(2, again.Attempt);
        Assert.Equal(1, await ChunksAsync("again")); // of the second attempt alone
        Assert.Equal(whole.File!.Digest.ToArray(), again.File!.Digest.ToArray());
        Assert.Equal(await FileAsync(whole), await FileAsync(again));
    }

    [Fact]
    public async Task A_payment_of_which_the_fee_takes_all_is_reported_though_no_balance_moved()
    {
        var tiny = cluster.Payment(0, "tiny");
        await tiny.ChargeAsync(new() { Amount = 20, Currency = "USD", PaymentMethod = "tok" });
        await tiny.WaitAsync(null, TimeSpan.FromSeconds(20));
        foreach (var (type, columns, row) in new[] { ("payments", "gross fee net", "0.20,0.20,0.00"), ("fees", "fee fee_type", "0.20,payment_fee") })
        {
            await Report(0, type).CreateAsync(new() { Type = type, Currency = "USD", Columns = [.. columns.Split(' ')] });
            var file = await FileAsync(await BecomesAsync(type, ReportStatus.Succeeded));
            Assert.Equal($"{columns.Replace(' ', ',')}\n{row}\n", System.Text.Encoding.UTF8.GetString(file));
        }
    }

    [Fact]
    public async Task A_canceled_report_stops_and_leaves_nothing_behind_but_that_it_was()
    {
        await HoldBackAsync();
        await Report(1, "unwanted").CreateAsync(Statement);
        await BecomesAsync("unwanted", ReportStatus.Running);

        // Through another node, as embedded nodes know nothing of each other's grains.
        Assert.Equal(ReplyKind.Accepted, (await Report(0, "unwanted").EndAsync()).Kind);
        await held!.Stopped.WaitAsync(TimeSpan.FromSeconds(20));
        Assert.Equal(ReportStatus.Canceled, (await FindAsync("unwanted")).Status);
        Assert.Equal(0, await ChunksAsync("unwanted"));
        Assert.Equal(ReplyKind.Replayed, (await Report(0, "unwanted").EndAsync()).Kind);
        Assert.Equal("report_not_found", (await Report(0, "unknown").EndAsync()).Code);
    }

    [Fact]
    public async Task There_are_only_so_many_open_ones_however_many_ask_at_once()
    {
        await HoldBackAsync();
        var replies = await Task.WhenAll(Enumerable.Range(0, 8).Select(i => Report(1, $"many-{i}").CreateAsync(Statement)));
        Assert.Equal(3, replies.Count(reply => reply.Kind == ReplyKind.Accepted));
        Assert.All(replies.Where(reply => reply.Kind != ReplyKind.Accepted), reply => Assert.Equal("too_many_reports", reply.Code));
        await Task.WhenAll(Enumerable.Range(0, 8).Select(i => Report(1, $"many-{i}").EndAsync()));
        Assert.Equal(ReplyKind.Accepted, (await Report(0, "one more").CreateAsync(Statement)).Kind);
    }

    [Fact]
    public async Task A_report_that_fails_every_time_is_given_up_and_says_so()
    {
        cluster.Reports = real => new FailingStore(real, Id("hopeless"));
        await cluster.AddNodeAsync(PaymentPolicy.Default, null);
        await cluster.Nodes[1].Grains.GetGrain<IReportWatchGrain>(GrainKeys.ReportWatch).StartAsync();
        await Report(1, "hopeless").CreateAsync(Statement);
        var failed = await BecomesAsync("hopeless", ReportStatus.Failed);
        Assert.Equal(("given_up", 3), (failed.Code, failed.Attempt));
        // And its place is free: the node that gave it up writes the next one.
        Assert.Equal(ReplyKind.Accepted, (await Report(1, "anew").CreateAsync(Statement)).Kind);
        await BecomesAsync("anew", ReportStatus.Succeeded);
    }

    [Fact]
    public async Task A_file_is_deleted_when_its_time_is_over_and_the_report_stays()
    {
        cluster.Kept = TimeSpan.FromMilliseconds(300);
        await cluster.AddNodeAsync(PaymentPolicy.Default, null);
        await cluster.Nodes[1].Grains.GetGrain<IReportWatchGrain>(GrainKeys.ReportWatch).StartAsync();
        await Report(1, "short").CreateAsync(Statement);
        var deleted = await BecomesAsync("short", ReportStatus.Deleted);
        Assert.Equal((5L, 0L), (deleted.File!.Rows, await ChunksAsync("short")));
    }

    [Fact]
    public async Task The_database_keeps_what_is_written_by_whoever_writes_it()
    {
        await Report(0, "kept").CreateAsync(Statement);
        await BecomesAsync("kept", ReportStatus.Succeeded);
        Assert.Contains("file is there", await RefusalAsync("DELETE FROM report_chunks"), StringComparison.Ordinal);
        Assert.Contains("change of a report's file", await RefusalAsync("UPDATE report_chunks SET data = 'x'"), StringComparison.Ordinal);
        Assert.Contains("not being written", await RefusalAsync("INSERT INTO report_chunks SELECT report_id, attempt, n + 1, data FROM report_chunks"), StringComparison.Ordinal);
        Assert.Contains("no report makes", await RefusalAsync("UPDATE reports SET status = 'running', digest = NULL, rows = NULL, bytes = NULL, finished_at = NULL, progress = 1"), StringComparison.Ordinal);
        Assert.Contains("no report makes", await RefusalAsync("UPDATE reports SET merchant_id = NULL"), StringComparison.Ordinal);
        Assert.Contains("change of history", await RefusalAsync("DELETE FROM reports"), StringComparison.Ordinal);
    }

    private HoldingStore? held;

    private async Task HoldBackAsync()
    {
        cluster.Reports = real => held = new(real);
        await cluster.AddNodeAsync(PaymentPolicy.Default, null);
    }

    private static Guid Id(string key) => Ids.Report(new byte[32], Mode.Test, key);

    private IReportGrain Report(int node, string key) => cluster.Nodes[node].Grains.GetGrain<IReportGrain>(GrainKeys.Report(cluster.Database.MerchantId, Id(key)));

    private async Task<ReportRow> FindAsync(string key) => (await store.ReportAsync(cluster.Database.MerchantId, Id(key), default))!;

    private async Task<ReportRow> BecomesAsync(string key, ReportStatus status)
    {
        await Eventually.BecomesAsync(status, async () => (await FindAsync(key)).Status, TimeSpan.FromSeconds(20));
        return await FindAsync(key);
    }

    private Task<long> ChunksAsync(string key) => cluster.Database.ScalarAsync<long>($"SELECT count(*) FROM report_chunks WHERE report_id = '{Id(key)}'");

    private async Task<byte[]> FileAsync(ReportRow report)
    {
        using var file = new MemoryStream();
        await foreach (var piece in store.FileAsync(report, default))
        {
            file.Write(piece.Span);
        }

        return file.ToArray();
    }

    private async Task<string> RefusalAsync(string sql) => (await Assert.ThrowsAsync<PostgresException>(() => cluster.Database.ExecuteAsync(sql))).MessageText;

    /// <summary>The store of a node: a test says what becomes of its writing.</summary>
    private abstract class NodeStore(IReportStore real) : IReportStore
    {
        protected IReportStore Real => real;

        public IReadOnlyList<ReportType> Types => real.Types;

        public Task<(ReportMade Made, ReportRow? Report)> CreateAsync(
            Guid id, string? merchantId, ReportOrder order, string request, DateTimeOffset now, CancellationToken cancellationToken) =>
            real.CreateAsync(id, merchantId, order, request, now, cancellationToken);

        public Task<ReportRow?> ReportAsync(string? merchantId, Guid id, CancellationToken cancellationToken) => real.ReportAsync(merchantId, id, cancellationToken);

        public Task<IReadOnlyList<ReportRow>> ReportsAsync(string? merchantId, Guid? after, int limit, CancellationToken cancellationToken) =>
            real.ReportsAsync(merchantId, after, limit, cancellationToken);

        public Task<IReadOnlyList<(string? MerchantId, Guid Id)>> DueAsync(DateTimeOffset now, int limit, CancellationToken cancellationToken) =>
            real.DueAsync(now, limit, cancellationToken);

        public virtual Task<bool> MoveAsync(ReportRow from, ReportRow to, CancellationToken cancellationToken) => real.MoveAsync(from, to, cancellationToken);

        public abstract Task<ReportFile> WriteAsync(ReportRow claimed, IProgress<int> progress, CancellationToken cancellationToken);

        public IAsyncEnumerable<ReadOnlyMemory<byte>> FileAsync(ReportRow report, CancellationToken cancellationToken) => real.FileAsync(report, cancellationToken);
    }

    private sealed class DyingStore(IReportStore real) : NodeStore(real)
    {
        private readonly TaskCompletionSource died = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task Died => died.Task;

        public override async Task<ReportFile> WriteAsync(ReportRow claimed, IProgress<int> progress, CancellationToken cancellationToken)
        {
            await Real.WriteAsync(claimed, progress, cancellationToken);
            died.SetResult();
            await Task.Delay(Timeout.Infinite, cancellationToken);
            throw new InvalidOperationException("The dead do not return.");
        }

        public override Task<bool> MoveAsync(ReportRow from, ReportRow to, CancellationToken cancellationToken) =>
            from.Attempt == 0 ? base.MoveAsync(from, to, cancellationToken) : Task.FromResult(true);
    }

    private sealed class HoldingStore(IReportStore real) : NodeStore(real)
    {
        private readonly TaskCompletionSource stopped = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task Stopped => stopped.Task;

        public override async Task<ReportFile> WriteAsync(ReportRow claimed, IProgress<int> progress, CancellationToken cancellationToken)
        {
            try
            {
                await Real.WriteAsync(claimed, progress, cancellationToken);
                await Task.Delay(Timeout.Infinite, cancellationToken);
            }
            finally
            {
                stopped.TrySetResult();
            }

            throw new InvalidOperationException("It is held for ever.");
        }
    }

    private sealed class FailingStore(IReportStore real, Guid hopeless) : NodeStore(real)
    {
        public override async Task<ReportFile> WriteAsync(ReportRow claimed, IProgress<int> progress, CancellationToken cancellationToken)
        {
            var file = await Real.WriteAsync(claimed, progress, cancellationToken);
            return claimed.Id != hopeless ? file : throw new IOException("The disk is full.");
        }
    }
}
