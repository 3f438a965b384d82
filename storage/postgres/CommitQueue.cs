using System.Diagnostics;
using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Payments.Storage.Postgres;

/// <summary>Commits that wait, and the writer that takes whatever is there, at its <see cref="BatchPace"/>, and writes it as one transaction.</summary>
internal sealed class CommitQueue(GroupCommitterOptions options, TimeProvider time, ILogger<GroupCommitter> log, CommitTelemetry telemetry) : IAsyncDisposable
{
    private readonly Channel<Waiting> queue = Channel.CreateBounded<Waiting>(new BoundedChannelOptions(options.Capacity) { FullMode = BoundedChannelFullMode.Wait });
    private readonly CancellationTokenSource abandoned = new();
    private long settlingSince = long.MaxValue;
    private Task running = Task.CompletedTask;

    /// <summary>How many commits wait.</summary>
    public int Queued => queue.Reader.Count;

    /// <summary>Since when the oldest commit has been without an answer, queued or being written, as a timestamp of the clock; the largest number where none is.</summary>
    public long OldestSince => Math.Min(Volatile.Read(ref settlingSince), queue.Reader.TryPeek(out var first) ? first.Since : long.MaxValue);

    public void Start(BatchWriter writer) => running = Task.Run(() => RunAsync(writer), CancellationToken.None);

    /// <summary>Queues a commit; answers when it is durable, refused, or not known.</summary>
    public Task<CommitResult> CommitAsync(Commit commit)
    {
        // Only what somebody will find: a trace that is recorded.
        var trace = Activity.Current is { Recorded: true, IdFormat: ActivityIdFormat.W3C } recorded ? recorded : null;
        var waiting = new Waiting(trace is null ? commit : commit with { Trace = trace.Id }, time.GetTimestamp(), trace?.Context ?? default);
        if (queue.Writer.TryWrite(waiting))
        {
            return waiting.Answer.Task;
        }

        telemetry.Answered(CommitVerdict.Busy);
        return Task.FromResult(new CommitResult(CommitVerdict.Busy));
    }

    /// <summary>Takes no more commits, and writes those that wait. While the database is away this waits for <see cref="GroupCommitterOptions.Patience"/>.</summary>
    public async ValueTask DisposeAsync()
    {
        queue.Writer.TryComplete();
        abandoned.CancelAfter(options.Patience);
        await running;
        abandoned.Dispose();
    }

    private async Task RunAsync(BatchWriter writer)
    {
        Waiting? first = null;
        var (commits, began, took) = (0, time.GetTimestamp(), TimeSpan.Zero);
        while (first is not null || await queue.Reader.WaitToReadAsync())
        {
            if (queue.Reader.Count < options.MaxBatch && BatchPace.Rest(commits, took, time.GetElapsedTime(began)) is var rest && rest > TimeSpan.Zero)
            {
                await Task.Delay(rest, time);
            }

            began = time.GetTimestamp();
            var batch = Take(first, out first);
            commits = batch.Count;
            if (batch.Count > 0)
            {
                Volatile.Write(ref settlingSince, batch[0].Since);
                await SettleAsync(writer, batch);
                took = time.GetElapsedTime(began);
                Volatile.Write(ref settlingSince, long.MaxValue);
            }
        }
    }

    // At most one commit of a payment or payout in a batch: the second opens the next one.
    private List<Waiting> Take(Waiting? first, out Waiting? next)
    {
        var batch = new List<Waiting>();
        var subjects = new HashSet<(string, Guid)>();
        next = null;
        while (batch.Count < options.MaxBatch && (first ?? TryRead()) is { } waiting)
        {
            first = null;
            var subject = waiting.Commit.Payment is { } payment ? (payment.MerchantId, payment.Id)
                : waiting.Commit.Payout is { } payout ? (payout.MerchantId, payout.Id)
                : default((string, Guid)?);
            if (subject is { } one && !subjects.Add(one))
            {
                next = waiting;
                break;
            }

            batch.Add(waiting);
        }

        return batch;

        Waiting? TryRead() => queue.Reader.TryRead(out var waiting) ? waiting : null;
    }

    private async Task SettleAsync(BatchWriter writer, IReadOnlyList<Waiting> batch)
    {
        var commits = batch.Select(waiting => waiting.Commit).ToArray();
        using var span = CommitTelemetry.IsTraced ? CommitTelemetry.BeginBatch(batch.Select(waiting => waiting.Trace)) : null;
        var started = time.GetTimestamp();
        var collisions = 0;
        while (true)
        {
            try
            {
                var results = await writer.WriteAsync(commits);
                telemetry.Written(batch.Count, time.GetElapsedTime(started));
                for (var i = 0; i < batch.Count; i++)
                {
                    telemetry.Answered(results[i].Verdict);
                    batch[i].Answer.TrySetResult(results[i]);
                }

                return;
            }
            catch (PostgresException collision) when (Failure.IsCollision(collision, collisions))
            {
                // Rolled back for certain, by another batch's doing: judge again from the rows as they are now.
                collisions++;
                Log.Collision(log, collision.SqlState, collision.ConstraintName);
            }
            catch (Exception lost) when (Failure.IsLostConnection(lost))
            {
                // It may have been committed. The next try under the same number finds out; until then nobody is told anything but "unknown".
                Log.ConnectionLost(log, lost.GetType().Name, commits.Length);
                if (time.GetElapsedTime(started) > options.Patience)
                {
                    Answer(batch, new(CommitVerdict.Unknown, "the database is away"));
                }

                AnswerThoseWhoWaitedTooLong();
                if (!await PauseAsync())
                {
                    Answer(batch, new(CommitVerdict.Unknown, "the node stopped while the database was away"));
                    return;
                }
            }
            catch (Exception refused) when (batch.Count == 1)
            {
                Log.Rejected(log, refused, batch[0].Commit.Action);
                Answer(batch, new(CommitVerdict.Rejected, refused is PostgresException { ConstraintName: { } name } ? name : refused.Message));
                return;
            }
            catch (Exception refused)
            {
                // One of them is bad. Rolled back for certain, so its neighbours go on without it.
                Log.Bisecting(log, refused.Message, batch.Count);
                await SettleAsync(writer, [.. batch.Take(batch.Count / 2)]);
                await SettleAsync(writer, [.. batch.Skip(batch.Count / 2)]);
                return;
            }
        }
    }

    // What is still queued was certainly not written: its callers may be told to come back.
    private void AnswerThoseWhoWaitedTooLong()
    {
        while (queue.Reader.TryPeek(out var oldest) && time.GetElapsedTime(oldest.Since) > options.Patience && queue.Reader.TryRead(out oldest))
        {
            oldest.Answer.TrySetResult(new(CommitVerdict.Busy, "the database is away"));
        }
    }

    private async Task<bool> PauseAsync()
    {
        try
        {
            await Task.Delay(options.Pause, time, abandoned.Token);
            return true;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    private void Answer(IReadOnlyList<Waiting> batch, CommitResult result)
    {
        foreach (var waiting in batch)
        {
            telemetry.Answered(result.Verdict);
            waiting.Answer.TrySetResult(result);
        }
    }

    private sealed record Waiting(Commit Commit, long Since, ActivityContext Trace)
    {
        public TaskCompletionSource<CommitResult> Answer { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
