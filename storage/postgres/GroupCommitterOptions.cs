namespace Payments.Storage.Postgres;

/// <summary>The bounds of the group commit.</summary>
public sealed record GroupCommitterOptions
{
    /// <summary>The node's name, kept with each writer.</summary>
    public required string Node { get; init; }

    /// <summary>The most commits of one transaction. Larger batches gain little and hold the hot rows longer.</summary>
    public int MaxBatch { get; init; } = 256;

    /// <summary>The most commits that wait in a queue; beyond it a commit is refused as busy (I9).</summary>
    public int Capacity { get; init; } = 4096;

    /// <summary>How long a caller waits while the database is away, before it is told that the outcome is not known.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>The pause between attempts while the database is away.</summary>
    public TimeSpan Pause { get; init; } = TimeSpan.FromMilliseconds(200);
}
