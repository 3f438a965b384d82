using Microsoft.Extensions.Logging;
using Npgsql;
using Payments.Domain;

namespace Payments.Storage.Postgres;

/// <summary>
/// The one way into the books: commits that wait at the same time are written as one transaction. The cost of a durable write, and the time for which hot rows are
/// locked, is paid once a batch and not once a payment.
/// </summary>
/// <remarks>Two queues, a writer each. What posts or tells needs rows that others need too: the platform's accounts, a merchant's event numbers. What does neither, a
/// new payment above all, has its payment's rows to itself, and waits for nobody.</remarks>
public sealed class GroupCommitter : IAsyncDisposable
{
    private readonly NpgsqlDataSource database;
    private readonly GroupCommitterOptions options;
    private readonly TimeProvider time;
    private readonly CommitTelemetry telemetry;
    private readonly CommitQueue own;
    private readonly CommitQueue shared;
    private int disposed;

    public GroupCommitter(NpgsqlDataSource database, GroupCommitterOptions options, TimeProvider time, ILogger<GroupCommitter> log)
    {
        (this.database, this.options, this.time) = (database, options, time);
        telemetry = new(() => Queued);
        (own, shared) = (new(options, time, log, telemetry), new(options, time, log, telemetry));
    }

    /// <summary>How many commits wait.</summary>
    public int Queued => own.Queued + shared.Queued;

    /// <summary>How long the oldest commit has been without an answer, queued or being written.</summary>
    public TimeSpan LongestWait => Math.Min(own.OldestSince, shared.OldestSince) is var oldest and not long.MaxValue ? time.GetElapsedTime(oldest) : TimeSpan.Zero;

    /// <summary>Registers this incarnation's writers, and starts them.</summary>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        var accounts = new AccountNumbers();
        var (first, second) = (await RegisterAsync(), await RegisterAsync());
        own.Start(first);
        shared.Start(second);

        async Task<BatchWriter> RegisterAsync()
        {
            await using var command = database.CreateCommand("INSERT INTO ledger_writers (node, started_at) VALUES ($1, $2) RETURNING no");
            command.Parameters.Add(new() { Value = options.Node });
            command.Parameters.Add(new() { Value = time.Now() });
            return new(database, accounts, time, (long)(await command.ExecuteScalarAsync(cancellationToken))!);
        }
    }

    /// <summary>Queues a commit; answers when it is durable, refused, or not known. Takes no cancellation on purpose.</summary>
    public Task<CommitResult> CommitAsync(Commit commit) => CommitTelemetry.IsTraced ? TracedAsync(commit) : QueueAsync(commit);

    private async Task<CommitResult> TracedAsync(Commit commit)
    {
        using var span = CommitTelemetry.Begin(commit);
        return await QueueAsync(commit);
    }

    private Task<CommitResult> QueueAsync(Commit commit) => (commit.TakesSharedRows ? shared : own).CommitAsync(commit);

    /// <summary>Takes no more commits, and writes those that wait. While the database is away this waits for <see cref="GroupCommitterOptions.Patience"/>.
    /// May be called twice: the host stops the committer in its order, and its container once more.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref disposed, 1) == 1)
        {
            return;
        }

        await Task.WhenAll(own.DisposeAsync().AsTask(), shared.DisposeAsync().AsTask());
        telemetry.Dispose();
    }
}
