using System.Collections.Concurrent;
using System.Data;
using Npgsql;

namespace Payments.Storage.Postgres.Auditing;

/// <summary>
/// Runs checks side by side: each lane is a connection of its own, and all look at the same snapshot. One statement of a check keeps one of the
/// database's processors busy for most of its time, so two lanes take little more than half the time.
/// </summary>
internal sealed class AuditLanes(NpgsqlDataSource database, AuditScope scope, IProgress<AuditProgress>? progress)
{
    private const int Lanes = 2;

    private readonly ConcurrentQueue<(string Name, Func<NpgsqlConnection, CancellationToken, Task> Run)> work = [];
    private readonly ConcurrentDictionary<string, Lazy<Task<long>>> counts = [];
    private string? snapshot;
    private int total;
    private int begun;

    /// <summary>What is to be done; what takes longest should be added first.</summary>
    public void Add(Findings.Check check, Func<NpgsqlConnection, CancellationToken, Task> run)
    {
        work.Enqueue((check.Name, run));
        total++;
    }

    /// <summary>A rule that the database checks by itself.</summary>
    public void Add(Findings.Check check, SqlRule rule) => Add(check, async (connection, cancellationToken) =>
    {
        await using (var command = scope.Command(connection, rule.Breaches))
        await using (var reader = await command.ExecuteReaderAsync(cancellationToken))
        {
            while (await reader.ReadAsync(cancellationToken))
            {
                check.Breach(reader.GetString(0));
            }
        }

        // Many rules look at the same rows.
        check.Done(await counts.GetOrAdd(rule.Rows, _ => new(() => CountAsync(connection, rule.Rows, cancellationToken))).Value);
    });

    /// <summary>Does all of it in the snapshot that <paramref name="first"/> has taken.</summary>
    public async Task RunAsync(NpgsqlConnection first, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand("SELECT pg_export_snapshot()", first);
        snapshot = (string)(await command.ExecuteScalarAsync(cancellationToken))!;
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var lanes = Enumerable.Range(0, Lanes).Select(lane => lane == 0 ? LaneAsync(first, stop) : OpenLaneAsync(stop)).ToArray();
        await Task.WhenAll(lanes);
        progress?.Report(new("done", total, total));
    }

    /// <summary>One more connection that looks at the same snapshot, for as long as it is open.</summary>
    public async Task<NpgsqlConnection> OpenAsync(CancellationToken cancellationToken)
    {
        var connection = await database.OpenConnectionAsync(cancellationToken);
        try
        {
            // Closing the connection ends it.
            await connection.BeginTransactionAsync(IsolationLevel.RepeatableRead, cancellationToken);
            await scope.PrepareAsync(connection, $"SET TRANSACTION SNAPSHOT '{snapshot}'", cancellationToken);
            return connection;
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    private async Task OpenLaneAsync(CancellationTokenSource stop)
    {
        await using var connection = await OpenAsync(stop.Token);
        await LaneAsync(connection, stop);
    }

    // A lane that fails ends the others: half an audit is none.
    private async Task LaneAsync(NpgsqlConnection connection, CancellationTokenSource stop)
    {
        try
        {
            while (work.TryDequeue(out var next))
            {
                progress?.Report(new(next.Name, Interlocked.Increment(ref begun) - 1, total));
                await next.Run(connection, stop.Token);
            }
        }
        catch
        {
            await stop.CancelAsync();
            throw;
        }
    }

    private async Task<long> CountAsync(NpgsqlConnection connection, string rows, CancellationToken cancellationToken)
    {
        await using var count = scope.Command(connection, $"SELECT count(*) FROM {rows}");
        return (long)(await count.ExecuteScalarAsync(cancellationToken))!;
    }
}
